"""What a prison's configuration may not be."""

from __future__ import annotations

from datetime import date

import pytest

from booking_rules.prisons import Prison, find_faults, find_repeats
from booking_rules.slots import TimeRange
from tests.support.booking_cases import a_prison

DAY = date(2026, 12, 24)


def sessions(*texts: str) -> tuple[TimeRange, ...]:
    return tuple(TimeRange.parse(text) for text in texts)


def test_a_sound_prison_has_no_faults() -> None:
    assert find_faults(a_prison(unbookable=frozenset({DAY}))) == ()


def test_what_is_not_said_about_a_prison() -> None:
    prison = Prison("LEI", "an-id", "LEI", "Leeds")
    assert (prison.adult_age, prison.lead_days, prison.booking_window) == (18, 3, 28)
    assert prison.in_use
    assert not (prison.real_time or prison.weekend_processing or prison.private)
    assert (prison.recurring, prison.anomalous, prison.unbookable) == ({}, {}, frozenset())
    assert {prison: 1}[prison] == 1


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"adult_age": 4}, "adult_age must be from 5 to 18"),
        ({"adult_age": 19}, "adult_age must be from 5 to 18"),
        ({"lead_days": 0}, "lead_days must be at least 1"),
        ({"booking_window": 29}, "booking_window must be from 1 to 28"),
        ({"lead_days": 28}, "booking_window must be longer than lead_days, else no date can be booked"),
        ({"recurring": {7: sessions("1400-1500")}}, "recurring: a weekday is a number from 0 (Monday) to 6 (Sunday)"),
        ({"recurring": {-1: ()}}, "recurring: a weekday is a number from 0 (Monday) to 6 (Sunday)"),
        (
            {"recurring": {6: sessions("1400-1500", "1600-1700", "1430-1530")}},
            "recurring, Sunday: 1400-1500 and 1430-1530 overlap",
        ),
        ({"recurring": {0: sessions("1400-1500", "1400-1500")}}, "recurring, Monday: 1400-1500 is there twice"),
        (
            {"anomalous": {DAY: sessions("0900-1100", "1000-1200")}},
            f"anomalous, {DAY}: 0900-1100 and 1000-1200 overlap",
        ),
        ({"anomalous": {DAY: sessions("0900-1100", "0900-1100")}}, f"anomalous, {DAY}: 0900-1100 is there twice"),
        ({"anomalous": {DAY: ()}}, f"anomalous, {DAY}: no session; a date without any belongs into unbookable"),
        (
            {"anomalous": {DAY: sessions("0900-1100")}, "unbookable": frozenset({DAY})},
            f"{DAY} is both unbookable and anomalous",
        ),
        (
            {"anomalous": {date(2026, 3, 29): sessions("0130-0230", "0900-1000")}},
            "anomalous, 2026-03-29: the clocks go forward over 0130-0230",
        ),
    ],
)
def test_each_fault_is_named(changes: dict[str, object], fault: str) -> None:
    assert find_faults(a_prison(**changes)) == (fault,)


@pytest.mark.parametrize(
    "changes",
    [
        {"adult_age": 5},
        {"adult_age": 18},
        {"lead_days": 1},
        {"lead_days": 27},
        {"booking_window": 28},
        {"booking_window": 4},
        {"recurring": {}},
        {"recurring": {0: sessions("1400-1500", "1500-1600")}},
        {"recurring": {0: sessions("0130-0230")}},  # skipped on one Sunday of the year, at most
        {"anomalous": {DAY: sessions("0900-1100")}},
    ],
)
def test_the_edges_of_what_is_allowed(changes: dict[str, object]) -> None:
    assert find_faults(a_prison(**changes)) == ()


def test_every_fault_is_listed_in_order_and_a_triple_only_once() -> None:
    prison = a_prison(
        adult_age=3,
        booking_window=0,
        recurring={
            -1: sessions("1400-1500", "1400-1500"),
            2: sessions("1400-1500", "1400-1500", "1400-1500", "0900-1000", "0900-1000"),
        },
        anomalous={DAY: sessions("0900-1100", "1030-1130", "1000-1200"), date(2026, 12, 23): ()},
    )
    assert find_faults(prison) == (
        "adult_age must be from 5 to 18",
        "booking_window must be from 1 to 28",
        "booking_window must be longer than lead_days, else no date can be booked",
        "recurring: a weekday is a number from 0 (Monday) to 6 (Sunday)",
        "recurring, Wednesday: 0900-1000 is there twice",
        "recurring, Wednesday: 1400-1500 is there twice",
        "anomalous, 2026-12-23: no session; a date without any belongs into unbookable",
        "anomalous, 2026-12-24: 0900-1100 and 1000-1200 overlap",
        "anomalous, 2026-12-24: 0900-1100 and 1030-1130 overlap",
        "anomalous, 2026-12-24: 1000-1200 and 1030-1130 overlap",
    )


def test_dates_that_are_listed_more_than_once() -> None:
    days = [date(2026, 12, 26), date(2026, 12, 25), date(2026, 12, 26), date(2026, 12, 24), date(2026, 12, 24)]
    assert find_repeats(days) == (date(2026, 12, 24), date(2026, 12, 26))


@pytest.mark.parametrize(
    ("enabled", "closed", "in_use"),
    [(True, False, True), (True, True, False), (False, False, False), (False, True, False)],
)
def test_a_closed_prison_is_as_good_as_disabled(enabled: bool, closed: bool, in_use: bool) -> None:
    assert a_prison(enabled=enabled, closed=closed).in_use is in_use


@pytest.mark.parametrize(
    ("name_cy", "language", "name"),
    [("Caerdydd", "cy", "Caerdydd"), ("Caerdydd", "en", "Cardiff"), ("", "cy", "Cardiff"), ("", "en", "Cardiff")],
)
def test_its_name_in_a_language(name_cy: str, language: str, name: str) -> None:
    assert a_prison(name="Cardiff", name_cy=name_cy).name_in(language) == name
