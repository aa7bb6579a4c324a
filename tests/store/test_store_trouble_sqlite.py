"""SQLite locked by another process, full, broken or slow."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, make_url, select, text

from adapter.clock import SystemClock
from adapter.config.store import StoreSettings
from adapter.store.engine import open_store
from adapter.store.errors import CommitUnknown, StoreUnavailable
from adapter.store.sqlite import SqliteStore
from adapter.store.tables import service_facts
from adapter.store.unit_of_work import Store
from tests.support.databases import sqlite_url

FACT = insert(service_facts)
HANG = 10.0  # seconds: whatever takes longer hangs


@pytest.fixture
async def store(sqlite_database: str) -> AsyncIterator[Store]:
    store = open_store(StoreSettings(url=sqlite_database, busy_timeout=HANG), SystemClock())
    yield store
    await store.close()


@pytest.fixture
def another_process(sqlite_database: str) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(str(make_url(sqlite_database).database), isolation_level=None)
    yield connection
    connection.close()


def soon(seconds: float = 0.1) -> float:
    return asyncio.get_running_loop().time() + seconds


async def put(store: Store, name: str, deadline: float | None = None) -> None:
    async with store.write(deadline) as tx:
        await tx.execute(FACT, {"name": name, "value": "1"})
        await tx.commit()


async def names(store: Store) -> set[str]:
    async with store.read() as tx:
        return set((await tx.execute(select(service_facts.c.name))).scalars())


@pytest.mark.parametrize("named", [True, False], ids=["deadline", "busy_timeout"])
async def test_anothers_lock_is_waited_for_within_the_deadline_and_holds_nobody_else(
    sqlite_database: str, another_process: sqlite3.Connection, named: bool
) -> None:
    store = open_store(StoreSettings(url=sqlite_database, busy_timeout=HANG if named else 0.3), SystemClock())
    await put(store, "before")
    another_process.execute("BEGIN IMMEDIATE")
    turns = 0

    async def something_else() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.001)
            turns += 1

    other = asyncio.create_task(something_else())
    with pytest.raises(StoreUnavailable) as trouble:
        await put(store, "a", soon(0.3) if named else None)
    other.cancel()
    assert trouble.value.reason == "locked"
    assert turns > 5
    assert await names(store) == {"before"}  # readers aren't concerned
    await store.close()


async def test_a_lock_that_is_given_up_in_time_is_ours(store: Store, another_process: sqlite3.Connection) -> None:
    another_process.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(put(store, "a", soon(HANG)))
    await asyncio.sleep(0.02)
    another_process.execute("ROLLBACK")
    await writing
    assert await names(store) == {"a"}


async def test_only_one_writes_at_a_time_and_the_next_waits_no_longer_than_its_deadline(store: Store) -> None:
    async with asyncio.timeout(HANG), store.write(soon(HANG)) as tx:
        await tx.execute(FACT, {"name": "first", "value": "1"})
        with pytest.raises(StoreUnavailable) as trouble:
            await put(store, "second", soon())
        assert trouble.value.reason == "timeout"
        await tx.commit()
    assert await names(store) == {"first"}


async def test_more_readers_than_connections_wait_for_each_other(sqlite_database: str) -> None:
    store = open_store(StoreSettings(url=sqlite_database, pool_size=2), SystemClock())
    async with store.read(), store.read():
        with pytest.raises(StoreUnavailable):
            async with store.read(soon()):
                pass
    assert await asyncio.gather(*(names(store) for _ in range(10))) == [set()] * 10
    await store.close()


async def test_a_full_disk_is_trouble_and_not_a_conflict(store: Store) -> None:
    with pytest.raises(StoreUnavailable) as trouble:
        async with store.write() as tx:
            await tx.execute(text("PRAGMA max_page_count = 1"))
            await tx.execute(FACT, {"name": "a", "value": "long " * 100_000})
    assert trouble.value.reason == "disk"
    await put(store, "there is room again")  # on a new connection
    assert await names(store) == {"there is room again"}


async def test_a_commit_that_outlasts_its_deadline_is_unknown_and_keeps_the_turn(store: Store) -> None:
    assert isinstance(store, SqliteStore)
    disk_answers = threading.Event()
    await names(store)
    async with store.write() as tx:
        await tx.commit()
    store.writer_place.start(disk_answers.wait)  # a disk that takes its time
    with pytest.raises(CommitUnknown):
        async with store.write(soon(1.0)) as tx:
            await tx.execute(FACT, {"name": "slow", "value": "1"})
            await tx.commit()
    with pytest.raises(StoreUnavailable) as trouble:
        await put(store, "impatient", soon())
    assert trouble.value.reason == "timeout"
    disk_answers.set()
    await put(store, "patient", soon(HANG))
    assert await names(store) == {"slow", "patient"}


async def test_one_who_is_cancelled_during_commit_leaves_it_to_end(store: Store) -> None:
    assert isinstance(store, SqliteStore)
    disk_answers = threading.Event()
    await put(store, "before")
    store.writer_place.start(disk_answers.wait)
    writing = asyncio.create_task(put(store, "slow", soon(HANG)))
    await asyncio.sleep(0.02)
    writing.cancel()
    await asyncio.wait({writing})
    disk_answers.set()
    await put(store, "after", soon(HANG))
    assert await names(store) == {"before", "slow", "after"}


async def test_what_is_no_database_is_unreachable_until_it_is_one(tmp_path: Path, sqlite_database: str) -> None:
    good = Path(str(make_url(sqlite_database).database))
    path = tmp_path / "other.db"
    path.write_bytes(b"no database at all, however long one looks " * 100)
    store = open_store(StoreSettings(url=sqlite_url(path)), SystemClock())
    with pytest.raises(StoreUnavailable) as trouble:
        await put(store, "a")
    assert trouble.value.reason == "unreachable"
    path.write_bytes(good.read_bytes())
    await put(store, "a")
    await store.close()


async def test_a_long_read_that_is_given_up_is_interrupted(store: Store) -> None:
    endless = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")
    async with asyncio.timeout(HANG):
        for _ in range(12):  # more often than there are connections
            with pytest.raises(StoreUnavailable):
                async with store.read(soon(0.01), long=True) as tx:
                    await tx.execute(endless)
        assert await names(store) == set()


async def test_every_connection_is_durable_erases_writes_nowhere_else_and_checks_foreign_keys(store: Store) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "temp_store": 2, "foreign_keys": 1}
    async with store.write() as writing, store.read() as reading, store.read(long=True) as long_reading:
        for tx in (writing, reading, long_reading):
            assert {name: (await tx.execute(text(f"PRAGMA {name}"))).scalar_one() for name in wanted} == wanted
