"""Slots: written one way, only times that exist, both ends count."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking_rules.slots import LONDON, Slot, TimeRange

FORWARD = date(2026, 3, 29)  # 01:00 to 02:00 doesn't exist
BACK = date(2026, 10, 25)  # 01:00 to 02:00 comes twice


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-14T14:15/16:15",
        "2026-12-14T00:00/23:59",
        "0999-01-01T09:00/10:00",
        "2026-03-29T00:30/02:30",  # over the skipped hour: both ends exist
        "2026-03-29T00:59/02:00",
        "2026-10-25T01:00/01:59",
    ],
)
def test_a_slot_is_written_as_it_was_read(text: str) -> None:
    assert str(Slot.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-12-14",
        "2026-12-14T14:15",
        "2026-12-14T14:15/16:15Z",
        "2026-12-14T14:15/16:15\n",
        " 2026-12-14T14:15/16:15",
        "2026-12-14 14:15/16:15",
        "2026-12-14T14:15:00/16:15:00",
        "2026-12-14T14:15+00:00/16:15",
        "2026-12-14t14:15/16:15",
        "2026-12-14T14:15-16:15",
        "2026-12-14T1415/1615",
        "2026-2-14T14:15/16:15",
        "２０２６-12-14T14:15/16:15",
        "2026-13-14T14:15/16:15",
        "2026-02-29T14:15/16:15",
        "2026-12-14T24:00/24:30",
        "2026-12-14T14:60/16:15",
        "2026-12-14T14:15/14:15",  # ends as it begins
        "2026-12-14T14:15/13:15",
        "2026-03-29T01:00/02:30",  # begins in the skipped hour
        "2026-03-29T00:30/01:59",  # ends in it
        "2026-03-29T01:10/01:50",
    ],
)
def test_anything_else_is_no_slot_and_the_error_does_not_repeat_it(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        Slot.parse(text)
    assert not text or text not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2026-12-14", "not of the form YYYY-MM-DDTHH:MM/HH:MM"),
        ("2026-02-29T14:15/16:15", "no such date or time"),
        ("2026-12-14T14:15/13:15", "a slot ends after it begins, on the same day"),
        ("2026-03-29T01:00/02:30", "the clocks go forward over this time: it does not exist"),
    ],
)
def test_the_error_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        Slot.parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (datetime(2026, 12, 14, 14), datetime(2026, 12, 15, 15)),
        (datetime(2026, 12, 14, 14, tzinfo=UTC), datetime(2026, 12, 14, 15, tzinfo=UTC)),
        (datetime(2026, 12, 14, 14), datetime(2026, 12, 14, 15, tzinfo=UTC)),
        (datetime(2026, 12, 14, 14, 0, 1), datetime(2026, 12, 14, 15)),
        (datetime(2026, 12, 14, 14), datetime(2026, 12, 14, 15, 0, 0, 1)),
    ],
)
def test_a_slot_is_one_day_of_whole_local_minutes(begin: datetime, end: datetime) -> None:
    with pytest.raises(ValueError, match=r"^a slot "):
        Slot(begin, end)


@pytest.mark.parametrize(
    ("one", "other", "touch"),
    [
        ("14:00/15:00", "14:00/15:00", True),
        ("14:00/15:00", "14:30/14:40", True),
        ("14:00/15:00", "15:00/16:00", True),  # meeting counts
        ("14:00/15:00", "15:01/16:00", False),
        ("13:59/15:00", "13:00/13:59", True),
        ("14:00/15:00", "13:00/13:59", False),
    ],
)
def test_meeting_is_touching(one: str, other: str, touch: bool) -> None:
    first, second = Slot.parse(f"2026-12-14T{one}"), Slot.parse(f"2026-12-14T{other}")
    assert first.touches(second) is second.touches(first) is touch


def test_the_same_time_on_another_day_does_not_touch() -> None:
    assert not Slot.parse("2026-12-14T14:00/15:00").touches(Slot.parse("2026-12-15T14:00/15:00"))


def test_slots_sort_by_time_and_know_their_day() -> None:
    texts = ["2026-12-14T14:00/15:00", "2026-12-14T14:00/16:00", "2026-12-14T15:00/15:30", "2026-12-15T09:00/10:00"]
    slots = [Slot.parse(text) for text in texts]
    assert sorted([slots[2], slots[3], slots[1], slots[0]]) == slots
    assert slots[0].day == date(2026, 12, 14)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-12-14T14:00/15:00", datetime(2026, 12, 14, 14, tzinfo=UTC)),
        ("2026-07-14T14:00/15:00", datetime(2026, 7, 14, 13, tzinfo=UTC)),
        ("2026-10-25T01:30/02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # the first coming of that hour
    ],
)
def test_the_instant_a_slot_begins(text: str, instant: datetime) -> None:
    begins = Slot.parse(text).begins_at()
    assert begins.astimezone(UTC) == instant
    assert begins.tzinfo is LONDON


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),
    st.integers(1, 24 * 60 - 1),
)
def test_only_what_the_clock_shows_is_a_slot(moment: datetime, minutes: int) -> None:
    """A wall time exists if some instant shows it: turned into UTC and back it stays what it was."""
    begin = moment.replace(second=0, microsecond=0)
    end = begin + timedelta(minutes=minutes)

    def shown(wall: datetime) -> bool:
        return wall.replace(tzinfo=LONDON).astimezone(UTC).astimezone(LONDON).replace(tzinfo=None) == wall

    if begin.date() == end.date() and shown(begin) and shown(end):
        slot = Slot(begin, end)
        assert Slot.parse(str(slot)) == slot
    else:
        with pytest.raises(ValueError):
            Slot(begin, end)


# -- sessions of a timetable ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["1400-1600", "0000-2359", "0905-0906"])
def test_a_session_is_written_as_it_was_read(text: str) -> None:
    assert str(TimeRange.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "1400", "14:00-16:00", "1400-1600 ", "1400-1400", "1600-1400", "2400-2500", "1060-1200", "１400-1600"]
)
def test_anything_else_is_no_session(text: str) -> None:
    with pytest.raises(ValueError):
        TimeRange.parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1400", "not of the form HHMM-HHMM"),
        ("1600-1400", "a session ends after it begins"),
        ("2400-2500", "hour must be in 0..23"),
        ("1060-1200", "minute must be in 0..59"),
    ],
)
def test_the_error_of_a_session_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        TimeRange.parse(text)
    assert str(caught.value) == message
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (time(14, 0, 1), time(15)),
        (time(14), time(15, 0, 0, 1)),
        (time(14, tzinfo=UTC), time(15, tzinfo=UTC)),
    ],
)
def test_a_session_is_whole_local_minutes(begin: time, end: time) -> None:
    with pytest.raises(ValueError, match=r"^a session is made of whole minutes of local time$"):
        TimeRange(begin, end)


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("1400-1500", "1400-1500", True),
        ("1400-1500", "1459-1600", True),
        ("1400-1500", "1500-1600", False),  # on a timetable they may meet
        ("1400-1500", "1000-1200", False),
    ],
)
def test_sessions_that_meet_do_not_overlap(one: str, other: str, overlap: bool) -> None:
    first, second = TimeRange.parse(one), TimeRange.parse(other)
    assert first.overlaps(second) is second.overlaps(first) is overlap


@pytest.mark.parametrize(
    ("day", "session", "slot"),
    [
        (date(2026, 12, 14), "1400-1600", "2026-12-14T14:00/16:00"),
        (FORWARD, "0030-0230", "2026-03-29T00:30/02:30"),
        (FORWARD, "0100-0230", None),
        (FORWARD, "0030-0159", None),
        (FORWARD, "0200-0300", "2026-03-29T02:00/03:00"),
        (BACK, "0100-0130", "2026-10-25T01:00/01:30"),
    ],
)
def test_a_session_on_a_day(day: date, session: str, slot: str | None) -> None:
    assert TimeRange.parse(session).on(day) == (slot and Slot.parse(slot))


def test_sessions_sort_by_time() -> None:
    early, late = TimeRange.parse("0900-1000"), TimeRange.parse("1400-1500")
    assert sorted([late, early]) == [early, late]
