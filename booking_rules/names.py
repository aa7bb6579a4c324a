"""Names of people: what may be one, and when two are the same."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_LENGTH: Final = 30

_APOSTROPHES: Final = frozenset("'`´‘’‚‛′‵＇ʹʻʼʽʾʿˈˊˋ՚׳ꞌꞋ᾽᾿῾")
_MORE_HYPHENS: Final = frozenset("\u00ad\u2212\u2043")  # soft hyphen, minus sign, hyphen bullet
_TURNS_DIRECTION: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_CONTROLS: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_ASCII: Final = str.maketrans({"'": None, "`": None, "-": " "})
_LINK: Final = re.compile(r"://|www\.", re.IGNORECASE)


def name_fault(name: str) -> str | None:
    """What stands against `name`, already trimmed, as a person's first or last name; None if nothing does.

    The words never repeat the name.
    """
    if name.isalpha() and len(name) <= MAX_LENGTH:
        return None  # letters alone, as most names are: the rest needn't be asked
    if not any(unicodedata.category(char)[0] not in "CZ" for char in name):
        return "must not be blank"
    if len(name) > MAX_LENGTH:
        return f"must be at most {MAX_LENGTH} characters"
    if "<" in name or ">" in name:
        return "must not contain < or >"
    if any(char in _TURNS_DIRECTION or unicodedata.category(char) in _CONTROLS for char in name):
        return "must not contain control characters"
    if _LINK.search(name):
        return "must not contain a link"
    return None


def normalised(name: str) -> str:
    """`name` as it is compared: without case, accents, apostrophes; hyphens and runs of blanks are one blank."""
    if name.isascii():  # what follows, in short
        return " ".join(name.translate(_ASCII).lower().split())
    plain = unicodedata.normalize("NFKD", _without_apostrophes(name)).casefold()
    letters = (char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))
    spaced = "".join(" " if _is_hyphen(char) else char for char in _without_apostrophes("".join(letters)))
    return " ".join(spaced.split())


def _without_apostrophes(text: str) -> str:
    return "".join(char for char in text if char not in _APOSTROPHES)


def _is_hyphen(char: str) -> bool:
    return unicodedata.category(char) == "Pd" or char in _MORE_HYPHENS
