"""What is past its time is removed without a trace, while requests are answered as ever."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta
from datetime import time as wall_time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from adapter.clock import LONDON
from adapter.store.tables import metadata, visits
from adapter.store.unit_of_work import Store
from tests.support.old_visits import MARKS, an_old_visit, some_feedback, store_rows
from tests.support.site import TODAY, Site, a_body, running_site

LONG_AGO = datetime.combine(TODAY - timedelta(days=300), wall_time(9), LONDON)
MANY = 10_000
GUARD = 8.0
"""Seconds: the budget of these tests' configuration, wide since the machine may be busy with others."""


def days_ago(days: int) -> datetime:
    return datetime.combine(TODAY - timedelta(days=days), wall_time(9), LONDON)


async def fill(store: Store, count: int) -> None:
    for first in range(0, count, 500):
        rows = [
            an_old_visit(number, LONG_AGO + timedelta(minutes=number))
            for number in range(first, min(first + 500, count))
        ]
        await store_rows(store, rows)


async def left(store: Store) -> set[str]:
    async with store.read(long=True) as tx:
        return set((await tx.execute(select(visits.c.human_id))).scalars())


async def everything_stored(store: Store) -> str:
    """Every value of every table, as one text."""
    texts: list[str] = []
    async with store.read(long=True) as tx:
        for table in metadata.sorted_tables:
            for row in await tx.execute(select(table)):
                texts.extend(value.decode() if isinstance(value, bytes) else str(value) for value in row)
    return "\n".join(texts)


async def keep_asking(site: Site, stop: asyncio.Event) -> list[float]:
    """Requests one after the other; how long each took (s)."""
    took: list[float] = []
    while not stop.is_set() or not took:
        began = time.monotonic()
        await site.post(a_body(contact_email_address=f"asks{len(took)}@example.com"))
        took.append(time.monotonic() - began)
    return took


@pytest.mark.timeout(400)  # it is the number of visits that takes long
async def test_ten_thousand_old_visits_go_while_requests_are_answered(database: str) -> None:
    async with running_site(database, worker=False) as site:
        store = site.service.desk.store
        await fill(store, MANY)
        await store_rows(store, [some_feedback(LONG_AGO)])
        stop = asyncio.Event()
        asking = asyncio.create_task(keep_asking(site, stop))
        try:
            purged = await site.service.keeper.purge()
        finally:
            stop.set()
            took = await asking
        assert (purged.visits, purged.feedback, purged.open_visits) == (MANY, 1, 0)
        assert max(took) < GUARD
        stored = await everything_stored(store)
        assert [mark for mark in MARKS if mark in stored] == []


async def test_nothing_of_it_is_left_in_the_files_of_sqlite(sqlite_database: str) -> None:
    path = Path(sqlite_database.partition("///")[2])
    async with running_site(sqlite_database, worker=False) as site:
        store = site.service.desk.store
        await fill(store, 2000)
        assert found_in(path) == set(MARKS)
        asked = await site.post(a_body())
        purged = await site.service.keeper.purge()
        assert purged.tidy
        assert found_in(path) == set()
        assert (await site.get(asked["visit"]["id"]))["visit"]["processing_state"] == "booked"


def found_in(path: Path) -> set[str]:
    """Marks in the database's file, its log and whatever lies beside them."""
    content = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    return {mark for mark in MARKS if mark.encode() in content or _as_number(mark) in content}


def _as_number(mark: str) -> bytes:
    """As SQLite stores it, if it is a number; else what is never found."""
    return int(mark).to_bytes(6, "big") if mark.isdigit() and len(mark) == 11 and mark[0] == "3" else b"\0never\0"


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
        await fill(site.service.desk.store, 200)
        first, second = await asyncio.gather(site.service.keeper.purge(), site.service.keeper.purge())
        assert first.visits + second.visits == 200
