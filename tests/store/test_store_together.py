"""SQLite: several units of work that are ready at the same time share one COMMIT, and nothing else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import insert, select, text

from adapter.clock import SystemClock
from adapter.config.store import StoreSettings
from adapter.store.engine import open_store
from adapter.store.errors import CommitUnknown, Conflict, StoreUnavailable
from adapter.store.sqlite import SqliteStore
from adapter.store.sqlite_writer import MOST
from adapter.store.tables import service_facts
from adapter.store.unit_of_work import Store

FACT = insert(service_facts)
HANG = 10.0


@pytest.fixture
async def store(sqlite_database: str) -> AsyncIterator[SqliteStore]:
    store = open_store(StoreSettings(url=sqlite_database, busy_timeout=HANG), SystemClock())
    assert isinstance(store, SqliteStore)
    await put(store, "first")
    yield store
    await store.close()


@pytest.fixture
def commits(store: SqliteStore) -> list[str]:
    """What the writing connection is asked to do to its transactions, from now on."""
    seen: list[str] = []
    words = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
    store.writer_driver.set_trace_callback(lambda sql: seen.append(sql.strip()) if sql.startswith(words) else None)
    return seen


class Disk:
    """Lets COMMITs begin only when told."""

    def __init__(self, store: SqliteStore) -> None:
        self.answers = threading.Event()
        store.writer_place.start(lambda: self.answers.wait(HANG))


async def put(store: Store, name: str, deadline: float | None = None) -> None:
    async with store.write(deadline) as tx:
        await tx.execute(FACT, {"name": name, "value": "1"})
        await tx.commit()


async def names(store: Store) -> set[str]:
    async with store.read() as tx:
        return set((await tx.execute(select(service_facts.c.name))).scalars())


async def started(*work: asyncio.Task[None]) -> None:
    """Every one of them has come as far as it comes by itself."""
    for _ in range(4 * len(work) + 10):
        await asyncio.sleep(0)


def soon(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_those_who_wait_for_the_disk_go_together(store: SqliteStore, commits: list[str]) -> None:
    wanted = {f"n{number}" for number in range(10)}
    await asyncio.gather(*(put(store, name) for name in sorted(wanted)))
    assert await names(store) == wanted | {"first"}
    assert commits.count("COMMIT") == commits.count("BEGIN IMMEDIATE") <= 2
    assert commits.count("SAVEPOINT unit") == commits.count("RELEASE unit")


async def test_who_gets_ready_a_moment_later_goes_along(store: SqliteStore, commits: list[str]) -> None:
    """Their answers came in the same moment, and each has its own way from there to the database."""

    async def put_later(name: str, turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        await put(store, name)

    await asyncio.gather(*(put_later(f"n{turns}", turns) for turns in range(4)))
    assert await names(store) == {"first", "n0", "n1", "n2", "n3"}
    assert commits.count("COMMIT") == commits.count("BEGIN IMMEDIATE") == 1


async def test_there_is_an_end_to_it(store: SqliteStore, commits: list[str]) -> None:
    await asyncio.gather(*(put(store, f"n{number}") for number in range(3 * MOST)))
    assert len(await names(store)) == 3 * MOST + 1
    assert 3 <= commits.count("COMMIT") <= 4


async def test_one_alone_needs_no_savepoint(store: SqliteStore, commits: list[str]) -> None:
    await put(store, "a")
    assert commits == ["BEGIN IMMEDIATE", "COMMIT"]


async def test_nobody_is_told_before_it_is_durable(store: SqliteStore) -> None:
    disk = Disk(store)
    writing = [asyncio.create_task(put(store, name)) for name in "abc"]
    await started(*writing)
    assert not any(task.done() for task in writing)
    assert await names(store) == {"first"}
    disk.answers.set()
    await asyncio.gather(*writing)
    assert await names(store) == {"first", "a", "b", "c"}


async def test_who_rolls_back_undoes_nothing_of_others(store: SqliteStore) -> None:
    async def change_of_mind() -> None:
        async with store.write() as tx:
            await tx.execute(FACT, {"name": "not meant", "value": "1"})

    async def taken() -> None:
        with pytest.raises(Conflict):
            await put(store, "a")

    await asyncio.gather(put(store, "a"), change_of_mind(), put(store, "b"), taken(), put(store, "c"))
    assert await names(store) == {"first", "a", "b", "c"}


async def test_who_rolls_back_first_undoes_nothing_of_those_after(store: SqliteStore) -> None:
    async def change_of_mind() -> None:
        async with store.write() as tx:
            await tx.execute(FACT, {"name": "not meant", "value": "1"})

    await asyncio.gather(change_of_mind(), put(store, "a"), change_of_mind(), put(store, "b"))
    assert await names(store) == {"first", "a", "b"}


async def test_what_is_seen_of_another_can_be_read_by_everybody_afterwards(store: SqliteStore) -> None:
    """An equal request finds the first one's row, rolls back, and looks that row up outside."""
    disk = Disk(store)
    seen: list[set[str]] = []

    async def equal() -> None:
        with pytest.raises(Conflict):
            await put(store, "a")
        seen.append(await names(store))

    both = [asyncio.create_task(put(store, "a")), asyncio.create_task(equal())]
    await asyncio.sleep(0.02)
    assert seen == []
    disk.answers.set()
    await asyncio.gather(*both)
    assert seen == [{"first", "a"}]


async def test_a_commit_that_is_late_is_unknown_to_those_whose_deadline_has_come(store: SqliteStore) -> None:
    async with store.write():
        patient, hasty = (asyncio.create_task(put(store, name, soon(late))) for name, late in (("a", HANG), ("b", 0.5)))
        await started(patient, hasty)
        disk = Disk(store)
    with pytest.raises(CommitUnknown):
        await hasty
    assert not patient.done()
    disk.answers.set()
    await patient
    assert await names(store) == {"first", "a", "b"}


async def test_one_that_is_cancelled_takes_nobody_along(store: SqliteStore) -> None:
    async with store.write():
        tasks = [asyncio.create_task(put(store, name)) for name in "abcd"]
        await started(*tasks)
        disk = Disk(store)
    await started(*tasks)
    tasks[1].cancel()
    await asyncio.sleep(0)
    disk.answers.set()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in done] == [type(None), asyncio.CancelledError, type(None), type(None)]
    assert await names(store) >= {"first", "a", "c", "d"}
    await put(store, "and on it goes", soon(HANG))


async def test_a_full_disk_loses_all_who_went_together_and_tells_them(store: SqliteStore) -> None:
    """SQLite may roll the whole transaction back by itself: nobody may believe that theirs was stored."""

    async def too_much() -> None:
        async with store.write() as tx:
            await tx.execute(text("PRAGMA max_page_count = 1"))
            await tx.execute(FACT, {"name": "much", "value": "long " * 100_000})
            await tx.commit()

    async def ended(work: asyncio.Task[None]) -> str:
        try:
            await work
        except StoreUnavailable as trouble:
            return trouble.reason
        return "stored"

    disk = Disk(store)
    blocked = asyncio.create_task(put(store, "before"))  # its COMMIT is under way
    await started(blocked)
    together = [asyncio.create_task(work) for work in (put(store, "a"), too_much(), put(store, "b"))]
    await started(*together)
    disk.answers.set()
    await blocked
    told = dict(zip(("a", "much", "b"), [await ended(task) for task in together], strict=True))
    assert (told["a"], told["much"]) == ("disk", "disk")
    assert await names(store) == {"first", "before"} | {name for name, end in told.items() if end == "stored"}
    await put(store, "there is room again")


async def test_work_on_the_schema_has_the_connection_to_itself(store: SqliteStore, commits: list[str]) -> None:
    one = asyncio.create_task(put(store, "a"))
    whole = asyncio.create_task(store.alone(lambda connection: connection.execute(FACT, {"name": "s", "value": "1"})))
    two = asyncio.create_task(put(store, "b"))
    await asyncio.gather(one, whole, two)
    assert "SAVEPOINT unit" not in commits
    assert await names(store) == {"first", "a", "s", "b"}


async def test_another_process_gets_in_between(store: SqliteStore, sqlite_database: str) -> None:
    other = open_store(StoreSettings(url=sqlite_database, busy_timeout=HANG), SystemClock())
    busy = True

    async def writing(name: str) -> None:
        number = 0
        while busy:
            await put(store, f"{name}{(number := number + 1)}")

    tasks = [asyncio.create_task(writing(name)) for name in "abcdefgh"]
    await asyncio.sleep(0.02)
    for number in range(3):
        await put(other, f"other {number}")
    busy = False
    await asyncio.gather(*tasks)
    await other.close()
    assert {"other 0", "other 1", "other 2"} <= await names(store)


async def test_closed_twice_is_closed(sqlite_database: str) -> None:
    store = open_store(StoreSettings(url=sqlite_database), SystemClock())
    await put(store, "a")
    async with asyncio.timeout(HANG):
        await store.close()
        await store.close()
