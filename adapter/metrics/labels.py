"""Labels whose values can't grow without end, whatever they are given."""

from __future__ import annotations

import re

OTHER = "other"
_CODE = re.compile(r"[A-Za-z0-9_./{}-]{1,80}")


class Bounded:
    """Lets the first `most` values through that look like codes; any other becomes `other`.

    The callers pass codes from closed lists; this is for the day on which one doesn't.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: set[str] = set()

    def __call__(self, value: str) -> str:
        if value in self._seen:
            return value
        if len(self._seen) >= self._most or not _CODE.fullmatch(value):
            return OTHER
        self._seen.add(value)
        return value
