"""Every breaker that opens is asked through again, whatever opened it."""

from __future__ import annotations

import asyncio
from datetime import date

from tests.support.site import HANG_GUARD, Site, running_site


async def _is_valid(site: Site, number: str) -> bool:
    bookings = site.service.bookings
    return await bookings.validate_prisoner(number, date(1981, 10, 4), site.clock.monotonic() + 2.0)


async def test_a_number_is_looked_up_again_once_the_prison_system_is_back(sqlite_database: str) -> None:
    """Such a question names no prison, and nobody asks anything else meanwhile."""
    config = {"ADAPTER__NOMIS__BREAKER__FAILURES": "1"}
    async with running_site(sqlite_database, config=config) as site:
        assert not await _is_valid(site, "A9999ZZ")
        site.arm("outage")
        assert await _is_valid(site, "A9999ZZ"), "who can't be asked about is not turned away"
        site.heal()
        async with asyncio.timeout(HANG_GUARD):
            while await _is_valid(site, "A9999ZZ"):
                await asyncio.sleep(0.05)
