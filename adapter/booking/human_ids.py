"""Visit ids as people type them (frontend contract, "Value formats")."""

from __future__ import annotations

import re
import uuid

_CROCKFORD = re.compile(r"[0-9A-HJKMNP-TV-Z]{8}")
_UUID = re.compile(r"[0-9A-F]{32}")
_DROPPED = re.compile(r"[\s-]+")
_LOOKALIKES = str.maketrans({"I": "1", "L": "1", "O": "0"})
_LONGEST = 128
"""Characters of a text in which we look for an id: a UUID with blanks about it, and no more."""


def as_human_id(text: str) -> str | None:
    """The 8 characters meant, or None: longer texts are no human ids."""
    plain = _plain(text)
    return plain if _CROCKFORD.fullmatch(plain) else None


def as_visit_id(text: str) -> str | None:
    """The UUID meant, in its usual spelling, or None."""
    plain = _plain(text)
    return str(uuid.UUID(plain)) if _UUID.fullmatch(plain) else None


def _plain(text: str) -> str:
    """Without blanks and hyphens, in capitals, with digits for the letters that look like them."""
    return _DROPPED.sub("", text).upper().translate(_LOOKALIKES) if len(text) <= _LONGEST else ""
