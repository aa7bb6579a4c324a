"""Bank holidays of England and Wales."""

from __future__ import annotations

from datetime import date

import pytest

from adapter.config import bank_holidays


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 1),
        date(2026, 4, 3),  # Good Friday
        date(2026, 4, 6),  # Easter Monday
        date(2026, 5, 4),
        date(2026, 5, 25),
        date(2026, 8, 31),
        date(2026, 12, 25),
        date(2026, 12, 28),  # for Boxing Day, a Saturday
        date(2022, 9, 19),  # the Queen's funeral
        date(2027, 12, 27),  # for Christmas, a Saturday
        date(2027, 12, 28),
    ],
)
def test_bank_holidays(day: date) -> None:
    assert day in bank_holidays([day.year])


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 2),  # Scotland's
        date(2026, 3, 17),  # Northern Ireland's
        date(2026, 7, 13),
        date(2026, 8, 3),  # Scotland's
        date(2026, 11, 30),
        date(2026, 12, 24),
    ],
)
def test_days_that_are_none_in_england_and_wales(day: date) -> None:
    assert day not in bank_holidays([day.year])


def test_several_years_at_once() -> None:
    assert bank_holidays([2026, 2027]) == bank_holidays([2026]) | bank_holidays([2027])
    assert bank_holidays([]) == frozenset()
