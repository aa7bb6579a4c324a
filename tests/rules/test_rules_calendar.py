"""Processing days, the answer's due date, bookable dates, slots of a date."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from booking_rules.calendar import (
    bookable_slots,
    confirm_by,
    first_bookable,
    is_bookable,
    is_processing_day,
    last_bookable,
    slots_on,
)
from booking_rules.slots import Slot, TimeRange
from tests.support.booking_cases import NO_HOLIDAYS, TODAY, a_prison

THURSDAY = date(2015, 11, 19)
MONDAY = date(2015, 11, 23)
CHRISTMAS = frozenset({date(2026, 12, 25), date(2026, 12, 28)})  # a Friday; the Monday in lieu of Boxing Day

days = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("today", "changes", "holidays", "due"),
    [
        (date(2015, 10, 1), {}, NO_HOLIDAYS, date(2015, 10, 6)),
        (THURSDAY, {}, NO_HOLIDAYS, date(2015, 11, 24)),
        (THURSDAY, {"weekend_processing": True}, NO_HOLIDAYS, date(2015, 11, 22)),
        (THURSDAY, {}, frozenset({MONDAY}), date(2015, 11, 25)),
        (THURSDAY, {"weekend_processing": True, "lead_days": 5}, frozenset({MONDAY}), date(2015, 11, 25)),
        # A holiday that falls on a weekend takes nothing away from a prison that works then.
        (THURSDAY, {"weekend_processing": True}, frozenset({date(2015, 11, 21)}), date(2015, 11, 22)),
        (date(2026, 12, 24), {}, CHRISTMAS, date(2026, 12, 31)),
        (date(2026, 12, 24), {"lead_days": 1}, CHRISTMAS, date(2026, 12, 29)),
        (date(2015, 11, 21), {"lead_days": 1}, NO_HOLIDAYS, MONDAY),  # asked on a Saturday
        # Fewer processing days than asked for before the window ends: the last there is.
        (THURSDAY, {"booking_window": 5}, frozenset({MONDAY}), date(2015, 11, 24)),
        (THURSDAY, {"booking_window": 4}, NO_HOLIDAYS, MONDAY),
        (THURSDAY, {"booking_window": 3}, NO_HOLIDAYS, date(2015, 11, 20)),
        # None at all: the end of the window.
        (date(2015, 11, 20), {"booking_window": 2}, NO_HOLIDAYS, date(2015, 11, 22)),
        (date(2015, 11, 20), {"booking_window": 3}, frozenset({MONDAY}), MONDAY),
    ],
)
def test_when_the_answer_is_due(today: date, changes: dict[str, object], holidays: frozenset[date], due: date) -> None:
    prison = a_prison(**changes)
    assert confirm_by(prison, today, holidays) == due
    assert first_bookable(prison, today, holidays) == due + timedelta(days=1)


@given(days, st.integers(1, 10), st.integers(1, 28), st.booleans(), st.frozensets(days, max_size=5), st.data())
def test_the_answer_is_due_on_a_processing_day_where_there_is_one(
    today: date, lead: int, window: int, weekends: bool, holidays: frozenset[date], data: st.DataObject
) -> None:
    near = st.integers(1, window).map(lambda n: today + timedelta(days=n))
    holidays |= data.draw(st.frozensets(near, max_size=window))
    prison = a_prison(lead_days=lead, booking_window=window, weekend_processing=weekends)
    due = confirm_by(prison, today, holidays)
    in_window = [today + timedelta(days=n) for n in range(1, window + 1)]
    processing = [day for day in in_window if is_processing_day(prison, day, holidays)]
    assert due in (processing or [last_bookable(prison, today)])
    if len(processing) >= lead:
        assert sum(day <= due for day in processing) == lead


@pytest.mark.parametrize(
    ("day", "weekends", "holidays", "processing"),
    [
        (date(2015, 11, 20), False, NO_HOLIDAYS, True),  # Friday
        (date(2015, 11, 21), False, NO_HOLIDAYS, False),
        (date(2015, 11, 22), False, NO_HOLIDAYS, False),
        (date(2015, 11, 21), True, NO_HOLIDAYS, True),
        (date(2015, 11, 22), True, frozenset({date(2015, 11, 22)}), True),
        (MONDAY, False, NO_HOLIDAYS, True),
        (MONDAY, False, frozenset({MONDAY}), False),
        (MONDAY, True, frozenset({MONDAY}), False),
    ],
)
def test_processing_days(day: date, weekends: bool, holidays: frozenset[date], processing: bool) -> None:
    assert is_processing_day(a_prison(weekend_processing=weekends), day, holidays) is processing


def test_the_last_bookable_date_is_the_end_of_the_window() -> None:
    assert last_bookable(a_prison(), TODAY) == TODAY + timedelta(days=28)
    assert last_bookable(a_prison(booking_window=10), TODAY) == TODAY + timedelta(days=10)


SUNDAY = date(2026, 3, 29)  # the clocks go forward
MORNING, NIGHT, AFTERNOON = (TimeRange.parse(text) for text in ("0900-1000", "0130-0230", "1400-1500"))


@pytest.mark.parametrize(
    ("changes", "slots"),
    [
        ({}, ["2026-03-29T14:00/15:00"]),
        ({"recurring": {}}, []),
        ({"recurring": {0: (MORNING,)}}, []),
        ({"recurring": {6: (AFTERNOON, MORNING)}}, ["2026-03-29T09:00/10:00", "2026-03-29T14:00/15:00"]),
        ({"recurring": {6: (NIGHT, MORNING)}}, ["2026-03-29T09:00/10:00"]),
        ({"anomalous": {SUNDAY: (MORNING,)}}, ["2026-03-29T09:00/10:00"]),
        ({"anomalous": {SUNDAY: (AFTERNOON, MORNING)}}, ["2026-03-29T09:00/10:00", "2026-03-29T14:00/15:00"]),
        ({"anomalous": {SUNDAY - timedelta(days=7): (MORNING,)}}, ["2026-03-29T14:00/15:00"]),
        ({"anomalous": {SUNDAY: ()}}, ["2026-03-29T14:00/15:00"]),  # it has none of its own
        ({"unbookable": frozenset({SUNDAY})}, []),
        ({"unbookable": frozenset({SUNDAY}), "anomalous": {SUNDAY: (MORNING,)}}, []),
    ],
)
def test_the_slots_of_a_date(changes: dict[str, object], slots: list[str]) -> None:
    assert slots_on(a_prison(**changes), SUNDAY) == tuple(Slot.parse(text) for text in slots)


def test_bookable_slots_run_from_the_first_to_the_last_bookable_date_in_order() -> None:
    """Monday 30 November: due on Thursday 3 December; first Friday 4th, last Monday 28th, bank holidays included."""
    prison = a_prison(
        recurring=dict.fromkeys(range(7), (AFTERNOON, MORNING)), unbookable=frozenset({date(2026, 12, 26)})
    )
    slots = bookable_slots(prison, TODAY, CHRISTMAS)
    assert list(slots) == sorted(slots)
    assert (str(slots[0]), str(slots[-1])) == ("2026-12-04T09:00/10:00", "2026-12-28T14:00/15:00")
    assert len(slots) == 2 * 24
    assert Slot.parse("2026-12-25T09:00/10:00") in slots


def test_nothing_is_bookable_where_the_answer_is_due_on_the_last_day() -> None:
    assert bookable_slots(a_prison(booking_window=3), TODAY, NO_HOLIDAYS) == ()


@given(days, st.integers(1, 12), st.integers(1, 28), st.integers(0, 40))
def test_a_slot_is_bookable_if_it_is_among_the_bookable_ones(today: date, lead: int, window: int, ahead: int) -> None:
    prison = a_prison(lead_days=lead, booking_window=window)
    for session in (AFTERNOON, MORNING):
        slot = session.on(today + timedelta(days=ahead))
        assert slot is not None
        assert is_bookable(prison, slot, today, NO_HOLIDAYS) is (slot in bookable_slots(prison, today, NO_HOLIDAYS))


@given(st.dates(date(2026, 3, 25), date(2026, 4, 2)), st.integers(0, 23), st.sampled_from([0, 30]), st.integers(1, 5))
def test_a_slot_is_bookable_if_it_is_on_the_timetable_of_its_day(
    day: date, hour: int, minute: int, half_hours: int
) -> None:
    """Over the night on which the clocks go forward, with dates that have other sessions or none."""
    begin = datetime.combine(day, time(hour, minute))
    end = begin + timedelta(minutes=30 * half_hours)
    assume(begin.date() == end.date())
    sessions = [TimeRange.parse(text) for text in ("0030-0200", "0100-0200", "1000-1100", "2300-2330")]
    prison = a_prison(
        lead_days=1,
        recurring={6: tuple(sessions), 3: (sessions[2],), 4: (sessions[3], sessions[2])},
        anomalous={date(2026, 3, 27): (sessions[1],)},
        unbookable=frozenset({date(2026, 4, 2)}),
    )
    try:
        slot = Slot(begin, end)
    except ValueError:
        return
    asked = date(2026, 3, 20)
    expected = slot in slots_on(prison, day)
    assert is_bookable(prison, slot, asked, NO_HOLIDAYS) is expected
