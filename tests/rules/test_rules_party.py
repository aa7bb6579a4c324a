"""Ages and numbers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking_rules.party import age_on, check_party, count_adults
from tests.support.booking_cases import TODAY, a_prison


def years_ago(years: int, days: int = 0) -> date:
    return TODAY.replace(year=TODAY.year - years) + timedelta(days=days)


ADULT, CHILD = years_ago(30), years_ago(6)


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2000, 6, 15), date(2018, 6, 14), 17),
        (date(2000, 6, 15), date(2018, 6, 15), 18),
        (date(2000, 6, 15), date(2018, 5, 20), 17),
        (date(2000, 6, 15), date(2018, 7, 1), 18),
        (date(2000, 2, 29), date(2018, 2, 28), 17),
        (date(2000, 2, 29), date(2018, 3, 1), 18),
        (date(2000, 2, 29), date(2020, 2, 28), 19),
        (date(2000, 2, 29), date(2020, 2, 29), 20),
        (date(2000, 6, 15), date(2000, 6, 15), 0),
    ],
)
def test_age_on_a_day(born: date, day: date, age: int) -> None:
    assert age_on(born, day) == age


@given(st.dates(date(1900, 1, 1), date(2050, 1, 1)), st.integers(0, 40000))
def test_one_grows_older_by_one_at_most_each_day(born: date, days: int) -> None:
    day = born + timedelta(days=days)
    assert age_on(born, day + timedelta(days=1)) - age_on(born, day) in {0, 1}


@pytest.mark.parametrize(
    ("lead", "others", "adult_age", "codes"),
    [
        (years_ago(18), [], 18, ()),
        (years_ago(18, 1), [], 18, ("lead_visitor_age",)),
        (ADULT, [ADULT, ADULT, CHILD, CHILD, CHILD], 18, ()),
        (ADULT, [ADULT, ADULT, ADULT], 18, ("too_many_adults",)),
        (ADULT, [ADULT, ADULT, years_ago(18)], 18, ("too_many_adults",)),
        (ADULT, [ADULT, ADULT, years_ago(18, 1)], 18, ()),
        (ADULT, [ADULT, ADULT, years_ago(10)], 10, ("too_many_adults",)),
        (ADULT, [ADULT, ADULT, years_ago(10, 1)], 10, ()),
        (ADULT, [CHILD] * 6, 18, ("too_many_visitors",)),
        (CHILD, [ADULT] * 6, 18, ("lead_visitor_age", "too_many_visitors", "too_many_adults")),
    ],
)
def test_what_stands_against_a_party(lead: date, others: list[date], adult_age: int, codes: tuple[str, ...]) -> None:
    assert check_party(a_prison(adult_age=adult_age), lead, [lead, *others], TODAY) == codes


def test_adults_are_counted_by_the_age_of_the_prison() -> None:
    born = [ADULT, years_ago(16), years_ago(16, 1), CHILD]
    assert count_adults(a_prison(), born, TODAY) == 1
    assert count_adults(a_prison(adult_age=16), born, TODAY) == 2
