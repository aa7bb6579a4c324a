"""A booked visit that changes in the prison system by hand is told to staff, once, within one period."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from nomis_client.fake.actions import CancelByHand, Retime, Transfer
from nomis_client.fake.hand import by_hand
from tests.support.site import Site, a_body, running_site

QUICKLY = {"ADAPTER__WORKER__RECONCILE_PERIOD": "0.2"}


def _cancel(site: Site, visit: Any) -> Any:
    return CancelByHand(action="cancel", visit_id=visit.id)


def _move(site: Site, visit: Any) -> Any:
    return Retime(action="retime", prison="LEI", slot=visit.slot, to=visit.slot.replace("T14:00/16:00", "T15:00/17:00"))


def _transfer(site: Site, visit: Any) -> Any:
    return Transfer(action="transfer", noms_id=visit.noms_id, prison="CFI")


@pytest.mark.parametrize(
    ("by_whom", "drift"), [(_cancel, "cancelled"), (_move, "moved"), (_transfer, "prisoner_moved")]
)
async def test_staff_are_told_once(sqlite_database: str, by_whom: Callable[[Site, Any], Any], drift: str) -> None:
    async with running_site(sqlite_database, config=QUICKLY) as site:
        visit_id = (await site.post(a_body()))["visit"]["id"]
        (held,) = site.in_nomis(visit_id)
        by_hand(site.fake.state.world, by_whom(site, held), site.fake.engine.time.now())
        async with asyncio.timeout(20):
            while (await site.stored(visit_id)).drift is None:
                await asyncio.sleep(0.05)
        assert (await site.stored(visit_id)).drift == drift
        await asyncio.sleep(0.6)
        kinds = [mail["X-Message-Kind"] for mail in await site.mailed(visit_id, 2)]
        assert sorted(kinds) == ["staff_drift", "visitor_booked"]
        assert (await site.stored(visit_id)).step == "booked"


async def test_a_visit_as_we_hold_it_is_no_drift(sqlite_database: str) -> None:
    async with running_site(sqlite_database, config=QUICKLY) as site:
        visit_id = (await site.post(a_body()))["visit"]["id"]
        first = (await site.stored(visit_id)).checked_at
        async with asyncio.timeout(20):
            while (await site.stored(visit_id)).checked_at == first:
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        assert (await site.stored(visit_id)).drift is None
