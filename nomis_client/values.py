"""What every transport reads the same way: ids, days, and how it says that something isn't of the contract."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

BIGGEST_ID = 2**63 - 1


class Malformed(Exception):
    """Not a reply of the contract. `reason` names what is wrong, never what was sent."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@lru_cache(maxsize=4096)
def day(spelled: str) -> date:
    """A date spelled `YYYY-MM-DD` and in no other of the standard's ways. Raises `Malformed`."""
    if len(spelled) != 10 or spelled[4] != "-" or spelled[7] != "-" or not spelled.isascii():
        raise Malformed("not_a_date")
    try:
        return date.fromisoformat(spelled)
    except ValueError:
        raise Malformed("not_a_date") from None
