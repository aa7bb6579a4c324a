"""A withdrawn visit leaves nothing in the prison system, whatever is said there for a moment."""

from __future__ import annotations

import asyncio

from nomis_client.fake.requests import Operation
from tests.support.site import HANG_GUARD, Site, a_body, running_site


async def looks(site: Site, count: int) -> None:
    """Wait until so many looks by reference were answered from now on."""

    def answered() -> int:
        log = site.fake.engine.log.entries()
        return sum(1 for entry in log if entry.operation is Operation.FIND_BY_REFERENCE and entry.outcome)

    until = answered() + count
    async with asyncio.timeout(HANG_GUARD):
        while answered() < until:
            await asyncio.sleep(0.02)


async def test_a_booking_that_is_only_said_to_be_cancelled_is_taken_out(database: str) -> None:
    """Its reference says cancelled, and the prisoner's visits still have it: it isn't left alone."""
    async with running_site(database, config={"ADAPTER__DECISION__BUDGET": "1"}) as site:
        site.arm("drop", operation="book", when="after", count=1)
        site.arm("find_wrong_status", text="CANC")
        posted = await site.post(a_body())
        visit_id = posted["visit"]["id"]
        assert posted["visit"]["processing_state"] == "requested"
        assert (await site.delete(visit_id))["visit"]["processing_state"] == "withdrawn"
        await asyncio.sleep(site.service.desk.times.settle_after)  # from now on an absence would be believed
        await looks(site, 2)
        assert (await site.stored(visit_id)).step == "withdrawing"
        site.heal()
        await site.until(visit_id, "withdrawn")
        assert site.in_nomis(visit_id) == []
        (there,) = site.in_nomis(visit_id, status="")
        assert there.status == "CANC"
