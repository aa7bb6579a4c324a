"""Times of visits: London wall time without an offset, as prisons and visitors speak of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

_SLOT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2})/([0-9]{2}:[0-9]{2})")
_RANGE = re.compile(r"([0-9]{2})([0-9]{2})-([0-9]{2})([0-9]{2})")


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """One session on one day: `begin` and `end` are naive London wall times of whole minutes, `end` later the same day.

    Every `Slot` that exists is well formed: making another raises `ValueError`, which never repeats what was given.
    Slots sort by time.
    """

    begin: datetime
    end: datetime

    def __post_init__(self) -> None:
        if any(moment.tzinfo or moment.second or moment.microsecond for moment in (self.begin, self.end)):
            raise ValueError("a slot is made of whole minutes of local time")
        if self.begin.date() != self.end.date() or self.end <= self.begin:
            raise ValueError("a slot ends after it begins, on the same day")
        if not (_exists(self.begin) and _exists(self.end)):
            raise ValueError("the clocks go forward over this time: it does not exist")

    @staticmethod
    def parse(text: str) -> Slot:
        """The slot written as `YYYY-MM-DDTHH:MM/HH:MM`. Raises `ValueError` for anything else."""
        return _parsed(text)

    def __str__(self) -> str:
        return _spelled(self.begin, self.end)

    @property
    def day(self) -> date:
        return self.begin.date()

    def touches(self, other: Slot) -> bool:
        """True if the two overlap or meet: both ends count, as the prison system counts them."""
        return self.begin <= other.end and other.begin <= self.end

    def begins_at(self) -> datetime:
        """The instant it begins, aware. An hour that comes twice (clocks going back) means its first coming."""
        return self.begin.replace(tzinfo=LONDON)


@dataclass(frozen=True, slots=True, order=True)
class TimeRange:
    """A session of a timetable: from `begin` to `end`, later the same day, on no day in particular."""

    begin: time
    end: time

    def __post_init__(self) -> None:
        if any(clock.tzinfo or clock.second or clock.microsecond for clock in (self.begin, self.end)):
            raise ValueError("a session is made of whole minutes of local time")
        if self.end <= self.begin:
            raise ValueError("a session ends after it begins")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The session written as `HHMM-HHMM`. Raises `ValueError` for anything else."""
        found = _RANGE.fullmatch(text)
        if found is None:
            raise ValueError("not of the form HHMM-HHMM")
        hour, minute, end_hour, end_minute = map(int, found.groups())
        try:
            return cls(time(hour, minute), time(end_hour, end_minute))
        except ValueError as error:
            raise ValueError(str(error)) from None

    def __str__(self) -> str:
        return f"{self.begin:%H%M}-{self.end:%H%M}"

    def overlaps(self, other: TimeRange) -> bool:
        """True if the two share more than an end: on a timetable one may begin as the other ends."""
        return self.begin < other.end and other.begin < self.end

    def on(self, day: date) -> Slot | None:
        """This session on `day`; None where the clocks going forward leave it without its begin or end."""
        return _on(self, day)


@lru_cache(maxsize=4096)
def _on(session: TimeRange, day: date) -> Slot | None:
    begin, end = datetime.combine(day, session.begin), datetime.combine(day, session.end)
    return Slot(begin, end) if _exists(begin) and _exists(end) else None


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Slot:
    """The slot as it is written: a few hundred texts come again and again. Raises `ValueError`."""
    found = _SLOT.fullmatch(text)
    if found is None:
        raise ValueError("not of the form YYYY-MM-DDTHH:MM/HH:MM")
    day, begin, end = found.groups()
    return Slot(_moment(day, begin), _moment(day, end))


@lru_cache(maxsize=4096)
def _spelled(begin: datetime, end: datetime) -> str:
    return f"{begin.isoformat(timespec='minutes')}/{end:%H:%M}"


def _moment(day: str, clock: str) -> datetime:
    try:
        return datetime.fromisoformat(f"{day}T{clock}")
    except ValueError:
        raise ValueError("no such date or time") from None


@lru_cache(maxsize=4096)
def _exists(moment: datetime) -> bool:
    """False in the hour that is skipped when the clocks go forward."""
    # Only there is the offset of the later reading (fold=1) the greater of the two.
    earlier = moment.replace(tzinfo=LONDON, fold=0).utcoffset()
    later = moment.replace(tzinfo=LONDON, fold=1).utcoffset()
    assert earlier is not None and later is not None
    return earlier >= later
