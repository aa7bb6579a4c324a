"""The keys that sign links: a file of lines, the first signs, all verify."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


class BadLinkKeys(Exception):
    """The file of link keys can't be used; the text never repeats what is in it."""


_SHORTEST = 32
"""Characters; a key that a person made up is too easy to guess."""


def read_keys(path: Path, *, make: bool) -> tuple[str, ...]:
    """The keys at `path`, the signing one first; with `make`, a file that is absent is made, readable by us alone.

    Blank lines and those that begin with # are skipped. Raises `BadLinkKeys`.
    """
    try:
        if make and not path.exists():
            _make(path)
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise BadLinkKeys(f"{path}: the link keys can't be read") from None
    keys = tuple(line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#"))
    if not keys or any(len(key) < _SHORTEST for key in keys):
        raise BadLinkKeys(f"{path}: must hold one key a line, each of {_SHORTEST} characters or more")
    return keys


def _make(path: Path) -> None:
    """Whole or not at all: of processes that start together, one makes it and all read the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{secrets.token_hex(32)}\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path) if os.name == "nt" else _link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _link(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)  # unlike a rename, never over the keys that another process has just made
    except FileExistsError:
        return
