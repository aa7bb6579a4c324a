"""Dates and times as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier import dates


@pytest.mark.parametrize(
    ("day", "english", "welsh"),
    [
        (date(2026, 12, 14), "Monday 14 December 2026", "Dydd Llun 14 Rhagfyr 2026"),
        (date(2026, 1, 6), "Tuesday 6 January 2026", "Dydd Mawrth 6 Ionawr 2026"),
        (date(2026, 2, 4), "Wednesday 4 February 2026", "Dydd Mercher 4 Chwefror 2026"),
        (date(2026, 3, 5), "Thursday 5 March 2026", "Dydd Iau 5 Mawrth 2026"),
        (date(2026, 4, 3), "Friday 3 April 2026", "Dydd Gwener 3 Ebrill 2026"),
        (date(2026, 5, 2), "Saturday 2 May 2026", "Dydd Sadwrn 2 Mai 2026"),
        (date(2026, 6, 7), "Sunday 7 June 2026", "Dydd Sul 7 Mehefin 2026"),
        (date(2026, 7, 6), "Monday 6 July 2026", "Dydd Llun 6 Gorffennaf 2026"),
        (date(2026, 8, 31), "Monday 31 August 2026", "Dydd Llun 31 Awst 2026"),
        (date(2026, 9, 30), "Wednesday 30 September 2026", "Dydd Mercher 30 Medi 2026"),
        (date(2026, 10, 25), "Sunday 25 October 2026", "Dydd Sul 25 Hydref 2026"),
        (date(2028, 2, 29), "Tuesday 29 February 2028", "Dydd Mawrth 29 Chwefror 2028"),
        (date(2026, 11, 30), "Monday 30 November 2026", "Dydd Llun 30 Tachwedd 2026"),
    ],
)
def test_days(day: date, english: str, welsh: str) -> None:
    assert dates.day_text(day, "en") == english
    assert dates.day_text(day, "cy") == welsh


def test_welsh_days_inside_a_sentence() -> None:
    day = date(2026, 12, 14)
    assert dates.day_inside(day, "cy") == "dydd Llun 14 Rhagfyr 2026"
    assert dates.day_mutated(day, "cy") == "ddydd Llun 14 Rhagfyr 2026"
    assert dates.day_inside(day, "en") == dates.day_mutated(day, "en") == "Monday 14 December 2026"


@pytest.mark.parametrize(
    ("at", "english", "welsh"),
    [
        (time(0, 0), "midnight", "00:00"),
        (time(0, 5), "12:05am", "00:05"),
        (time(9, 0), "9am", "09:00"),
        (time(9, 30), "9:30am", "09:30"),
        (time(12, 0), "midday", "12:00"),
        (time(12, 1), "12:01pm", "12:01"),
        (time(14, 0), "2pm", "14:00"),
        (time(14, 5), "2:05pm", "14:05"),
        (time(23, 59), "11:59pm", "23:59"),
    ],
)
def test_times(at: time, english: str, welsh: str) -> None:
    assert dates.time_text(at, "en") == english
    assert dates.time_text(at, "cy") == welsh


def test_slots() -> None:
    assert dates.slot_text("2026-12-14T14:00/16:00", "en") == "Monday 14 December 2026, 2pm to 4pm"
    assert dates.slot_text("2026-12-14T14:00/16:00", "cy") == "Dydd Llun 14 Rhagfyr 2026, 14:00 i 16:00"


@pytest.mark.parametrize(
    "text", ["", "2026-12-14", "2026-12-14T14:00", "2026-12-14T16:00/14:00", "2026-12-14T14:00/14:00", "x/y"]
)
def test_what_is_not_a_slot(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        dates.Slot.parse(text)


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)))
def test_visitors_arrive_45_minutes_before_it_begins(begin: datetime) -> None:
    begin = begin.replace(hour=max(begin.hour, 1), second=0, microsecond=0)
    slot = dates.Slot(begin, begin + timedelta(minutes=1))
    assert datetime.combine(slot.day, slot.arrive_by) + timedelta(minutes=45) == begin


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("no ban covers 2026-12-14", "no ban covers Monday 14 December 2026"),
        ("Ada Lovelace, born 1985-12-10: on the list", "Ada Lovelace, born 10 December 1985: on the list"),
        ("other visit: 2026-12-14T14:00/16:00", "other visit: Monday 14 December 2026, 2pm to 4pm"),
        ("2026-02-30 and 2026-12-14T14:00/13:00", "2026-02-30 and 2026-12-14T14:00/13:00"),
        ("12026-12-14, 6f1c2f0a-9a55-4c57-8e4f-3b1d5a7c9e21-1", "12026-12-14, 6f1c2f0a-9a55-4c57-8e4f-3b1d5a7c9e21-1"),
        ("", ""),
    ],
)
def test_dates_in_text_from_elsewhere(text: str, spelled: str) -> None:
    assert dates.spelled_out(text) == spelled


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 11, 23, 9, 30, tzinfo=UTC), "Monday 23 November 2026, 9:30am"),
        (datetime(2026, 7, 1, 9, 30, tzinfo=UTC), "Wednesday 1 July 2026, 10:30am"),
        (datetime(2026, 7, 1, 23, 30, tzinfo=UTC), "Thursday 2 July 2026, 12:30am"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Sunday 25 October 2026, 1:30am"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Sunday 25 October 2026, 1:30am"),
    ],
)
def test_instants_are_read_in_london(at: datetime, text: str) -> None:
    assert dates.instant_text(at, "en") == text
