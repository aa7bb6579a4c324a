"""What is past its time is removed, and nothing else."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from datetime import time as wall_time
from typing import Any

from sqlalchemy import select

from adapter.clock import LONDON
from adapter.store.tables import visits
from adapter.store.unit_of_work import Store
from tests.support.old_visits import an_old_visit, store_many, store_rows
from tests.support.site import TODAY, running_site

LONG_AGO = datetime.combine(TODAY - timedelta(days=300), wall_time(9), LONDON)


def days_ago(days: int) -> datetime:
    return datetime.combine(TODAY - timedelta(days=days), wall_time(9), LONDON)


async def left(store: Store) -> set[str]:
    async with store.read(long=True) as tx:
        return set((await tx.execute(select(visits.c.human_id))).scalars())


FAR = f"{TODAY + timedelta(days=3)}T14:00/16:00"
UNBOOKED: dict[str, Any] = {"slot_granted": None}
CASES: list[tuple[str, int, dict[str, Any], bool]] = [
    # what, days since it arrived (the visit is ten days later, and is kept for 180), what differs, does it go
    ("booked, 181 days ago", 191, {}, True),
    ("booked, 180 days ago", 190, {}, False),
    ("arrived before the limit, the visit was after it", 185, {}, False),
    ("rejected, arrived 181 days ago", 181, {**UNBOOKED, "step": "rejected"}, True),
    ("rejected, arrived 180 days ago", 180, {**UNBOOKED, "step": "rejected"}, False),
    ("withdrawn", 181, {**UNBOOKED, "step": "withdrawn"}, True),
    ("cancelled", 191, {"step": "cancelled"}, True),
    ("booked, lies ahead", 300, {"slot_granted": FAR}, False),
    ("with staff", 300, {**UNBOOKED, "step": "with_staff"}, False),
    ("waiting", 300, {**UNBOOKED, "step": "waiting"}, False),
    ("in doubt", 300, {**UNBOOKED, "step": "in_doubt"}, False),
    ("being withdrawn", 300, {**UNBOOKED, "step": "withdrawing"}, False),
    ("being cancelled", 300, {"step": "cancelling"}, False),
    ("leased", 300, {"lease_holder": "somebody", "lease_until": 2**60}, False),
]
WORK_LEFT: list[tuple[str, dict[str, Any]]] = [
    ("attempts", {"state": "open"}),
    ("attempts", {"state": "stray"}),
    ("attempts", {"look_at": 2**60}),
    ("outbox", {"state": "queued"}),
]


async def test_what_goes_and_what_stays(database: str) -> None:
    async with running_site(database, worker=False) as site:
        store, rows = site.service.desk.store, []
        for number, (_, age, changes, _) in enumerate(CASES):
            rows.append(an_old_visit(number, days_ago(age), **{"offender_id": number, **changes}))
        for number, (table, changes) in enumerate(WORK_LEFT, start=len(CASES)):
            one = an_old_visit(number, LONG_AGO)
            one[table][0] |= changes
            rows.append(one)
        await store_rows(store, rows)
        purged = await site.service.keeper.purge()
        stay = await left(store)
        assert [what for number, (what, _, _, goes) in enumerate(CASES) if (f"{number:08d}" not in stay) != goes] == []
        assert [what for number, what in enumerate(WORK_LEFT, start=len(CASES)) if f"{number:08d}" not in stay] == []
        assert purged.visits == sum(goes for *_, goes in CASES)
        assert purged.open_visits == 5


async def test_the_worker_purges_by_itself(database: str) -> None:
    async with running_site(database, worker=False) as site:
        store = site.service.desk.store
        await store_rows(store, [an_old_visit(7, LONG_AGO)])
        await site.service.keeper.once()
        assert await left(store) == set()
        await store_rows(store, [an_old_visit(8, LONG_AGO)])
        await site.service.keeper.once()  # not again on the same day
        assert await left(store) == {"00000008"}


async def test_two_purges_at_once_remove_each_visit_once(database: str) -> None:
    async with running_site(database, worker=False) as site:
        await store_many(site.service.desk.store, 1200, LONG_AGO)
        first, second = await asyncio.gather(site.service.keeper.purge(), site.service.keeper.purge())
        assert first.visits + second.visits == 1200
