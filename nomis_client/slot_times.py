"""Slot times as the prison system spells them, and as people know them. Used by every transport.

The prison system can't hold sessions that touch, so prisons enter some a minute off: 13:59 for 14:00.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from functools import lru_cache

from nomis_client.types import SlotTime

_SPELLING = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})/(\d{2}):(\d{2})", re.ASCII)
_PUT_RIGHT = {59: 1, 14: 1, 29: 1, 44: 1, 1: -1, 16: -1, 31: -1, 46: -1}
_DAY = 24 * 60


@lru_cache(maxsize=4096)
def slot_time(raw: str) -> SlotTime:
    """The slot spelled `YYYY-MM-DDTHH:MM/HH:MM`. Raises ValueError for anything else, also a slot of no length."""
    spelled = _SPELLING.fullmatch(raw)
    if spelled is None:
        raise ValueError("not a slot")
    day = spelled[1]
    date.fromisoformat(day)
    begin, end = (_minutes(spelled[2], spelled[3]), _minutes(spelled[4], spelled[5]))
    if begin >= end:
        raise ValueError("not a slot")
    return SlotTime(raw, _spell(day, *_normal(begin, end)))


def slot_between(begin: datetime, end: datetime) -> SlotTime:
    """The slot of two London wall times; seconds are dropped. Raises ValueError if they aren't on one day."""
    if begin.date() != end.date():
        raise ValueError("not a slot")
    return slot_time(f"{begin:%Y-%m-%dT%H:%M}/{end:%H:%M}")


def _minutes(hour: str, minute: str) -> int:
    at = time(int(hour), int(minute))
    return at.hour * 60 + at.minute


def _normal(begin: int, end: int) -> tuple[int, int]:
    """Each end put right by a minute where it is one off; left alone where that would leave the day or no time."""
    put_right = tuple(at + _PUT_RIGHT.get(at % 60, 0) for at in (begin, end))
    if put_right[0] < put_right[1] < _DAY:
        return put_right[0], put_right[1]
    return begin, end


def _spell(day: str, begin: int, end: int) -> str:
    return f"{day}T{begin // 60:02}:{begin % 60:02}/{end // 60:02}:{end % 60:02}"
