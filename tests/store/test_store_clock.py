"""The database's clock: what leases, settling and hand-over are judged by."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import cast, insert, select, update
from sqlalchemy.types import Text

from adapter.clock import SystemClock, instant, micros
from adapter.config.store import StoreSettings
from adapter.store.dbclock import db_now
from adapter.store.engine import open_store
from adapter.store.schema import migrate
from adapter.store.tables import service_facts
from adapter.store.unit_of_work import Store
from tests.support.virtual_time import run_virtually

NOON = micros(datetime(2031, 3, 30, 12, 0, 0, 123456, tzinfo=UTC))
# Made at import, as queries are: it must still read the clock when it is executed.
STAMP = update(service_facts).values(value=cast(db_now(), Text)).where(service_facts.c.name == "a")


async def test_it_is_in_microseconds_since_1970(store: Store) -> None:
    before = SystemClock().now()
    async with store.read() as tx:
        now = instant(await tx.now_micros())
    assert before - timedelta(seconds=1) <= now <= SystemClock().now() + timedelta(seconds=1)


async def test_it_moves_on_within_a_transaction(store: Store) -> None:
    async with store.write() as tx:
        first = await tx.now_micros()
        while await tx.now_micros() == first:
            pass


async def test_it_can_be_replaced_and_is_read_at_each_execution(database: str) -> None:
    time = [NOON]
    store = open_store(StoreSettings(url=database), SystemClock(), db_now=lambda: time[0])
    async with store.write() as tx:
        await tx.execute(insert(service_facts), {"name": "a", "value": ""})
        for later in (0, 1, 10_000_000):
            time[0] = NOON + later
            assert await tx.now_micros() == NOON + later
            await tx.execute(STAMP)
            stored = (await tx.execute(select(service_facts.c.value))).scalar_one()
            assert int(stored) == NOON + later
            due = select(service_facts.c.name).where(tx.now >= NOON + later, db_now() < NOON + later + 1)
            assert (await tx.execute(due)).scalar_one() == "a"
    await store.close()


async def test_sqlite_reads_the_clock_that_was_passed_in(sqlite_database: str) -> None:
    class Stopped(SystemClock):
        def now(self) -> datetime:
            return instant(NOON)

    store = open_store(StoreSettings(url=sqlite_database), Stopped())
    for long in (False, True):
        async with store.read(long=long) as tx:
            assert await tx.now_micros() == NOON
    await store.close()


def test_sqlite_works_on_a_virtual_clock(sqlite_database: str) -> None:
    """No time passes while it commits or reads; else every deadline would be over at once."""

    async def work() -> float:
        loop = asyncio.get_running_loop()
        store = open_store(StoreSettings(url=sqlite_database), SystemClock(), threads=False)
        began = loop.time()
        await migrate(store)
        async with store.write() as tx:
            await tx.execute(insert(service_facts), {"name": "a", "value": ""})
            await tx.commit()
        async with store.read(long=True) as tx:
            assert len((await tx.execute(select(service_facts))).all()) == 1
        await store.close()
        return loop.time() - began

    assert run_virtually(work()) == 0


def test_statements_with_it_are_compiled_once() -> None:
    """SQLAlchemy compiles what has no cache key anew each time, which costs a millisecond and more per statement."""
    statement = update(service_facts).values(value=cast(db_now() + 1, Text)).where(db_now() > 5)
    assert statement._generate_cache_key() is not None
