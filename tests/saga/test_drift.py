"""Booked visits are compared with the prison system again and again; the rest: tests/model/test_drift_in_time.py."""

from __future__ import annotations

import asyncio

from tests.support.site import a_body, running_site

QUICKLY = {"ADAPTER__WORKER__RECONCILE_PERIOD": "0.2"}


async def test_a_visit_as_we_hold_it_is_no_drift(sqlite_database: str) -> None:
    async with running_site(sqlite_database, config=QUICKLY) as site:
        visit_id = (await site.post(a_body()))["visit"]["id"]
        first = (await site.stored(visit_id)).checked_at
        async with asyncio.timeout(20):
            while (await site.stored(visit_id)).checked_at == first:
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        assert (await site.stored(visit_id)).drift is None
