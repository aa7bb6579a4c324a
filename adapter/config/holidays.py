"""Bank holidays of England and Wales, from a maintained library and without asking the network."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache


def bank_holidays(years: Iterable[int]) -> frozenset[date]:
    """The bank holidays of these years, substitute days included."""
    return frozenset().union(*(_of_year(year) for year in years))


@lru_cache(maxsize=64)
def _of_year(year: int) -> frozenset[date]:
    # Imported late: it takes longer to load than all else that a command such as --help needs.
    import holidays

    return frozenset(
        {
            *holidays.country_holidays("GB", subdiv="ENG", years=year),
            *holidays.country_holidays("GB", subdiv="WLS", years=year),
        }
    )
