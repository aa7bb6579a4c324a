"""Who may come together: ages and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from booking_rules.prisons import Prison

MAX_VISITORS: Final = 6
MAX_ADULTS: Final = 3
LEAD_VISITOR_AGE: Final = 18

LEAD_VISITOR_TOO_YOUNG: Final = "lead_visitor_age"
TOO_MANY_VISITORS: Final = "too_many_visitors"
TOO_MANY_ADULTS: Final = "too_many_adults"


def age_on(born: date, day: date) -> int:
    """Whole years lived on `day`. Somebody born on 29 February has the birthday on 1 March in other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def count_adults(prison: Prison, dates_of_birth: Sequence[date], today: date) -> int:
    """How many are adults to this prison today: from `adult_age`, which may be below 18."""
    return sum(age_on(born, today) >= prison.adult_age for born in dates_of_birth)


def check_party(
    prison: Prison, lead_date_of_birth: date, dates_of_birth: Sequence[date], today: date
) -> tuple[str, ...]:
    """What stands against this party today, in this order: `lead_visitor_age`, `too_many_visitors`, `too_many_adults`.

    `dates_of_birth` are those of all visitors, the lead visitor's first. Empty means the party may come.
    """
    failing = {
        LEAD_VISITOR_TOO_YOUNG: age_on(lead_date_of_birth, today) < LEAD_VISITOR_AGE,
        TOO_MANY_VISITORS: len(dates_of_birth) > MAX_VISITORS,
        TOO_MANY_ADULTS: count_adults(prison, dates_of_birth, today) > MAX_ADULTS,
    }
    return tuple(code for code, fails in failing.items() if fails)
