"""Ids of visits as people type them."""

from __future__ import annotations

import re

_CONFUSED = str.maketrans({"I": "1", "L": "1", "O": "0"})
_UUID = re.compile(r"[0-9a-f]{32}")
HUMAN_ID_LENGTH = 8


def read_visit_id(text: str) -> str | None:
    """The id that `text` means: a human id (8 characters, upper case) or a UUID (36, lower case); None for neither.

    Blanks and hyphens are dropped, any case is read, and in a human id I and L are 1, O is 0.
    """
    typed = "".join(text.split()).replace("-", "")
    if not typed.isascii() or not typed.isalnum():
        return None
    if len(typed) <= HUMAN_ID_LENGTH:
        return typed.upper().translate(_CONFUSED)
    digits = typed.lower()
    if not _UUID.fullmatch(digits):
        return None
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
