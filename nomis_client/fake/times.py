"""Session times: how they are written, and the minute by which the prison system's spelling can be off."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_SLOT = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})/(\d{2}:\d{2})")
_MINUTE_AHEAD = {59, 14, 29, 44}
_MINUTE_BEHIND = {1, 16, 31, 46}

Span = tuple[datetime, datetime]
"""Begin and end, London wall time without a zone."""


def parse_slot(text: str) -> Span:
    """`YYYY-MM-DDTHH:MM/HH:MM` to begin and end. Raises `ValueError`."""
    found = _SLOT.fullmatch(text)
    if found is None:
        raise ValueError("not a slot")
    day, begin, end = found.groups()
    return datetime.fromisoformat(f"{day}T{begin}"), datetime.fromisoformat(f"{day}T{end}")


def slot_text(begin: datetime, end: datetime) -> str:
    return f"{begin:%Y-%m-%dT%H:%M}/{end:%H:%M}"


def normal_span(begin: datetime, end: datetime) -> Span:
    """The time as people know it: where either end isn't a multiple of five minutes, the odd minute is put right."""
    if begin.minute % 5 == 0 and end.minute % 5 == 0:
        return begin, end
    return _put_right(begin), _put_right(end)


def touches(one: Span, other: Span) -> bool:
    """True when they overlap, both ends included: back-to-back counts, as the prison system sees it."""
    return one[0] <= other[1] and other[0] <= one[1]


def _put_right(moment: datetime) -> datetime:
    if moment.minute in _MINUTE_AHEAD:
        return moment + timedelta(minutes=1)
    if moment.minute in _MINUTE_BEHIND:
        return moment - timedelta(minutes=1)
    return moment
