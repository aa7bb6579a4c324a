"""Waking workers, within a process and across processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import make_url

from adapter.clock import SystemClock
from adapter.config.store import StoreSettings
from adapter.store.engine import open_store
from adapter.store.notifications import Check, PostgresqlWaker
from adapter.store.waker import ProcessWaker, Waker
from tests.support.databases import PostgresDatabases
from tests.support.proxy import Address, Proxy, proxy_running

HANG = 20.0  # seconds


@asynccontextmanager
async def a_process(url: str) -> AsyncIterator[PostgresqlWaker]:
    """What one process has: its store and its waker."""
    settings = StoreSettings(url=url)
    store = open_store(settings, SystemClock())
    async with PostgresqlWaker(store, settings, Check(after=0.05, patience=0.5)) as waker:
        yield waker
    await store.close()


@pytest.fixture
async def proxy(postgres_databases: PostgresDatabases) -> AsyncIterator[Proxy]:
    async with proxy_running(Address(socket=postgres_databases.server.socket)) as proxy:
        yield proxy


def through(proxy: Proxy, url: str) -> str:
    return make_url(url).set(host=proxy.host, port=proxy.port, query={}).render_as_string(hide_password=False)


async def is_woken(waker: Waker) -> bool:
    """Whether the next wait ends by a notification."""
    began = asyncio.get_running_loop().time()
    await waker.wait(HANG)
    return asyncio.get_running_loop().time() - began < HANG


async def quiet(waker: Waker) -> None:
    """Until what rang before has been heard."""
    for _ in range(3):
        await waker.wait(0.01)


async def test_everybody_who_waits_is_woken() -> None:
    waker = ProcessWaker()
    waiting = [asyncio.create_task(is_woken(waker)) for _ in range(3)]
    await asyncio.sleep(0)
    waker.notify()
    assert await asyncio.gather(*waiting) == [True] * 3


async def test_another_process_is_woken(postgres_database: str) -> None:
    async with a_process(postgres_database) as one, a_process(postgres_database) as other:
        await one.listening()
        await other.listening()
        await quiet(other)
        waiting = [asyncio.create_task(is_woken(waker)) for waker in (one, other)]
        await asyncio.sleep(0)
        one.notify()
        assert await asyncio.gather(*waiting) == [True, True]


async def test_listening_again_wakes_because_something_may_have_been_missed(
    postgres_database: str, proxy: Proxy
) -> None:
    async with a_process(through(proxy, postgres_database)) as waker:
        await waker.listening()
        await quiet(waker)
        waiting = asyncio.create_task(is_woken(waker))
        proxy.break_all()
        assert await waiting


async def test_a_connection_that_froze_is_given_up(postgres_database: str, proxy: Proxy) -> None:
    async with a_process(postgres_database) as one, a_process(through(proxy, postgres_database)) as other:
        await other.listening()
        await quiet(other)
        waiting = asyncio.create_task(is_woken(other))
        proxy.freeze()
        proxy.thaw_new()
        assert await waiting
        waiting = asyncio.create_task(is_woken(other))
        await asyncio.sleep(0)
        one.notify()
        assert await waiting


async def test_without_a_database_it_still_wakes_this_process(postgres_database: str, proxy: Proxy) -> None:
    proxy.cut()
    async with a_process(through(proxy, postgres_database)) as waker:
        for _ in range(3):
            waiting = asyncio.create_task(is_woken(waker))
            await asyncio.sleep(0)
            waker.notify()
            assert await waiting
