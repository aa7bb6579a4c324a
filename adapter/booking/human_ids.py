"""Visit ids as people type them (frontend contract, "Value formats")."""

from __future__ import annotations

import re
import uuid

_CROCKFORD = re.compile(r"[0-9A-HJKMNP-TV-Z]{8}")
_DROPPED = re.compile(r"[\s-]+")
_LOOKALIKES = str.maketrans({"I": "1", "L": "1", "O": "0"})


def as_human_id(text: str) -> str | None:
    """The 8 characters meant, or None: longer texts are no human ids."""
    if len(text) > 64:
        return None
    plain = _DROPPED.sub("", text).upper().translate(_LOOKALIKES)
    return plain if _CROCKFORD.fullmatch(plain) else None


def as_visit_id(text: str) -> str | None:
    """The UUID meant, in its plain spelling, or None."""
    if len(text) > 64:
        return None
    try:
        return str(uuid.UUID(text.strip()))
    except ValueError:
        return None
