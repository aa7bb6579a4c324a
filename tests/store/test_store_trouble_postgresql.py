"""PostgreSQL out of reach, frozen, locked or silent: within the deadline, and well again by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import insert, make_url, select, text, update

from adapter.clock import SystemClock
from adapter.config.store import StoreSettings
from adapter.store.engine import open_store
from adapter.store.errors import CommitUnknown, StoreUnavailable
from adapter.store.tables import service_facts
from adapter.store.unit_of_work import Store
from tests.support.databases import PostgresDatabases
from tests.support.proxy import Address, Proxy, proxy_running

FACT = insert(service_facts)
HANG = 10.0  # seconds: whatever takes longer hangs


@pytest.fixture
async def proxy(postgres_database: str, postgres_databases: PostgresDatabases) -> AsyncIterator[Proxy]:
    async with proxy_running(Address(socket=postgres_databases.server.socket)) as proxy:
        yield proxy


@pytest.fixture
async def store(proxy: Proxy, postgres_database: str) -> AsyncIterator[Store]:
    """A store that reaches its database through the proxy."""
    url = make_url(postgres_database).set(host=proxy.host, port=proxy.port, query={})
    settings = StoreSettings(url=url.render_as_string(hide_password=False), pool_size=2, statement_timeout=HANG)
    store = open_store(settings, SystemClock())
    yield store
    await store.close()


def soon(seconds: float = 0.1) -> float:
    return asyncio.get_running_loop().time() + seconds


async def put(store: Store, name: str, deadline: float | None = None) -> None:
    async with store.write(deadline) as tx:
        await tx.execute(FACT, {"name": name, "value": "1"})
        await tx.commit()


async def names(store: Store) -> set[str]:
    async with store.read() as tx:
        return set((await tx.execute(select(service_facts.c.name))).scalars())


async def test_what_cant_be_reached_says_so_and_is_back_by_itself(store: Store, proxy: Proxy) -> None:
    await put(store, "before")
    proxy.cut()
    for _ in range(3):
        with pytest.raises(StoreUnavailable) as trouble:
            await put(store, "during")
        assert trouble.value.reason == "unreachable"
        assert not isinstance(trouble.value, CommitUnknown)
    proxy.heal()
    await put(store, "after")
    assert await names(store) == {"before", "after"}


async def test_a_connection_that_died_while_idle_is_noticed_before_it_is_used(store: Store, proxy: Proxy) -> None:
    async with asyncio.timeout(HANG):
        for round_ in range(3):
            await put(store, f"fact {round_}")
            proxy.break_all()
            while proxy.open_connections:
                await asyncio.sleep(0.001)
    assert len(await names(store)) == 3


async def test_a_frozen_server_costs_the_deadline_and_no_more(store: Store, proxy: Proxy) -> None:
    await put(store, "before")
    proxy.freeze()
    async with asyncio.timeout(HANG):
        for _ in range(3):  # the connection that was there, then new ones
            with pytest.raises(StoreUnavailable) as trouble:
                await put(store, "during", soon())
            assert trouble.value.reason == "timeout"
        with pytest.raises(StoreUnavailable):
            async with store.read(soon()) as tx:
                await tx.execute(select(service_facts))
    proxy.heal()
    await put(store, "after")
    assert {"before", "after"} <= await names(store)


async def test_after_a_long_silence_no_old_connection_is_trusted(store: Store, proxy: Proxy) -> None:
    """Two connections are frozen for good; only the first that is used costs somebody a deadline."""
    async with store.write() as one, store.write() as two:
        await one.now_micros()
        await two.now_micros()
    old = proxy.connections
    proxy.freeze()
    with pytest.raises(StoreUnavailable):
        await put(store, "during", soon(0.6))
    proxy.thaw_new()
    await put(store, "after", soon(HANG))
    await put(store, "once more", soon(HANG))
    assert proxy.connections > old
    assert await names(store) == {"after", "once more"}


async def test_cancelling_waits_for_no_frozen_server(store: Store, proxy: Proxy) -> None:
    await put(store, "before")
    proxy.freeze()
    task = asyncio.create_task(put(store, "during", soon(HANG)))
    await asyncio.sleep(0.02)
    began = asyncio.get_running_loop().time()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert asyncio.get_running_loop().time() - began < 1.5
    proxy.heal()
    await put(store, "after")


async def test_a_commit_whose_answer_is_lost_is_unknown_and_can_be_read_back(store: Store, proxy: Proxy) -> None:
    proxy.lose_commit_answers()
    with pytest.raises(CommitUnknown):
        await put(store, "carried out")
    proxy.lose_commits()
    with pytest.raises(CommitUnknown):
        await put(store, "never arrived")
    assert await names(store) == {"carried out"}


async def test_a_commit_that_meets_a_frozen_server_is_unknown(store: Store, proxy: Proxy) -> None:
    with pytest.raises(CommitUnknown):
        async with store.write(soon(1.0)) as tx:
            await tx.execute(FACT, {"name": "a", "value": "1"})
            proxy.freeze()
            await tx.commit()


async def test_a_row_that_somebody_holds_is_waited_for_no_longer_than_the_deadline(store: Store) -> None:
    await put(store, "held")
    change = update(service_facts).values(value="2")
    async with asyncio.timeout(HANG), store.write(soon(HANG)) as holder:
        await holder.execute(change)
        with pytest.raises(StoreUnavailable):
            async with store.write(soon()) as waiting:
                await waiting.execute(change)
        await holder.commit()
    async with store.read() as tx:
        assert (await tx.execute(select(service_facts.c.value))).scalar_one() == "2"


async def test_a_statement_that_takes_too_long_is_ended_by_the_server(postgres_database: str) -> None:
    store = open_store(StoreSettings(url=postgres_database, statement_timeout=0.2), SystemClock())
    async with asyncio.timeout(HANG):
        with pytest.raises(StoreUnavailable) as trouble:
            async with store.write(soon(HANG)) as tx:
                await tx.execute(text("SELECT pg_sleep(60)"))
    assert trouble.value.reason == "timeout"
    await store.close()


async def test_a_full_pool_is_waited_for_no_longer_than_the_deadline(store: Store) -> None:
    async with asyncio.timeout(HANG), store.write(), store.write():
        with pytest.raises(StoreUnavailable) as trouble:
            await put(store, "a", soon())
    assert trouble.value.reason == "timeout"
    await put(store, "a")


async def test_a_backend_that_is_killed_within_a_transaction(store: Store) -> None:
    with pytest.raises(StoreUnavailable) as trouble:
        async with store.write() as tx:
            await tx.execute(FACT, {"name": "a", "value": "1"})
            await tx.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert trouble.value.reason == "unreachable"
    assert await names(store) == set()


async def test_a_server_that_only_reads_is_as_good_as_gone(store: Store) -> None:
    """A standby that was taken for the primary."""
    with pytest.raises(StoreUnavailable) as trouble:
        async with store.write() as tx:
            await tx.execute(text("SET TRANSACTION READ ONLY"))
            await tx.execute(FACT, {"name": "a", "value": "1"})
    assert trouble.value.reason == "unreachable"


async def test_commits_are_durable_and_the_session_is_bounded(store: Store) -> None:
    async with store.write() as tx:
        shown = {
            setting: (await tx.execute(text(f"SHOW {setting}"))).scalar_one()
            for setting in ("synchronous_commit", "statement_timeout", "lock_timeout", "application_name")
        }
    assert shown == {
        "synchronous_commit": "on",
        "statement_timeout": "10s",
        "lock_timeout": "1500ms",
        "application_name": "visits-adapter",
    }
