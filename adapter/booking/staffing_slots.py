"""Which slots staff may name for a request."""

from __future__ import annotations

from datetime import timedelta

from adapter.booking.desk import Desk
from adapter.store.records import Visit
from booking_rules.calendar import bookable_slots, last_bookable, slots_on


def bookable(desk: Desk, visit: Visit) -> tuple[str, ...]:
    """Slots at which we may book: on the timetable, within the bookable dates.

    None where the prison is gone, closed, or books everything itself.
    """
    prison = desk.prison(visit)
    if prison is None or not (prison.real_time and prison.in_use):
        return ()
    today = desk.today()
    return tuple(str(slot) for slot in bookable_slots(prison, today, desk.holidays(today)))


def timetable(desk: Desk, visit: Visit) -> tuple[str, ...]:
    """Slots at which staff may have booked by hand: those asked for, and the timetable from today on."""
    prison, today = desk.prison(visit), desk.today()
    if prison is None:
        return visit.choices
    days = (last_bookable(prison, today) - today).days + 1
    offered = (str(slot) for number in range(days) for slot in slots_on(prison, today + timedelta(days=number)))
    return tuple(dict.fromkeys((*visit.choices, *offered)))
