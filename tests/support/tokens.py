"""Static tokens for tests."""

from __future__ import annotations

import hashlib
from pathlib import Path

FIRST = "first-token-0123456789"
SECOND = "second-token-0123456789"


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def tokens_file(folder: Path) -> tuple[Path, str, str]:
    """A file with two callers, `site` and `other`, and their tokens."""
    path = folder / "tokens"
    path.write_text(f"# who may call\n\nsite {digest_of(FIRST)}\nother  {digest_of(SECOND).upper()}\n")
    return path, FIRST, SECOND
