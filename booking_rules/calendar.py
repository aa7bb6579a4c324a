"""Which dates and slots a prison can be asked for, seen from one day. All dates are London dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import TypeAlias

from booking_rules.prisons import Prison
from booking_rules.slots import Slot, TimeRange

BankHolidays: TypeAlias = frozenset[date]
"""Those of England and Wales, for every year that may be asked about."""

_DAY = timedelta(days=1)
_SATURDAY = 5


def is_processing_day(prison: Prison, day: date, holidays: BankHolidays) -> bool:
    """True if requests are answered on `day`. A bank holiday takes away a weekday, never a weekend that is worked."""
    if day.weekday() >= _SATURDAY:
        return prison.weekend_processing
    return day not in holidays


@lru_cache(maxsize=1024)  # asked several times for each request, and always of today
def confirm_by(prison: Prison, today: date, holidays: BankHolidays) -> date:
    """The date by which a request of `today` is answered.

    The `lead_days`-th processing day after today, or the last one before the booking window ends, or, where there is
    none, the end of the window.
    """
    latest = last = last_bookable(prison, today)
    found = 0
    for number in range(1, (last - today).days + 1):
        if found == prison.lead_days:
            break
        if is_processing_day(prison, today + _DAY * number, holidays):
            latest, found = today + _DAY * number, found + 1
    return latest


def first_bookable(prison: Prison, today: date, holidays: BankHolidays) -> date:
    """The first date a visit may be asked for: the day after the answer is due, in real time as well, so that staff
    can take over any request."""
    return confirm_by(prison, today, holidays) + _DAY


def last_bookable(prison: Prison, today: date) -> date:
    """The last date a visit may be asked for, inclusive."""
    return today + _DAY * prison.booking_window


def slots_on(prison: Prison, day: date) -> tuple[Slot, ...]:
    """The timetable of one date, in order. Bank holidays have slots like other days."""
    return tuple(slot for session in sorted(_sessions(prison, day)) if (slot := session.on(day)) is not None)


def bookable_slots(prison: Prison, today: date, holidays: BankHolidays) -> tuple[Slot, ...]:
    """The timetable from the first to the last bookable date, in order."""
    first, last = first_bookable(prison, today, holidays), last_bookable(prison, today)
    days = (first + _DAY * n for n in range((last - first).days + 1))
    return tuple(slot for day in days for slot in slots_on(prison, day))


def is_bookable(prison: Prison, slot: Slot, today: date, holidays: BankHolidays) -> bool:
    """True if `slot` is one of `bookable_slots`."""
    if not first_bookable(prison, today, holidays) <= slot.day <= last_bookable(prison, today):
        return False
    begin, end = slot.begin.time(), slot.end.time()
    return any(session.begin == begin and session.end == end for session in _sessions(prison, slot.day))


def _sessions(prison: Prison, day: date) -> Sequence[TimeRange]:
    if day in prison.unbookable:
        return ()
    return prison.anomalous.get(day) or prison.recurring.get(day.weekday(), ())
