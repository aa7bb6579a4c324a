"""Ten thousand old visits go while requests are answered in time, and nothing of them is left in any file."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as wall_time
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import func, select

from adapter.clock import LONDON, SystemClock
from adapter.config.store import StoreSettings
from adapter.store.engine import open_store
from adapter.store.leftovers import LeftOver
from adapter.store.schema import migrate
from adapter.store.tables import visits
from tests.support.databases import SqliteDatabases
from tests.support.logged import logged
from tests.support.old_visits import MARKS, some_feedback, store_many, store_rows
from tests.support.postgres import PostgresServer, own_postgres_running
from tests.support.site import HANG_GUARD, TODAY, Site, a_body, running_site

LONG_AGO = datetime.combine(TODAY - timedelta(days=300), wall_time(9), LONDON)
MANY = 10_000
BUDGET = {"ADAPTER__DECISION__BUDGET": "2"}
PATIENCE = 3.0
"""Seconds: the budget, and what a busy machine may add; the public site gives up then."""


@dataclass(frozen=True)
class Files:
    """Where a database lives: its URL, and every file that it keeps its rows in."""

    url: str
    folder: Path
    begins: str
    """How the names of its files begin."""

    def found(self) -> set[str]:
        """Marks in the files, as text or as numbers are stored."""
        paths = [path for path in self.folder.rglob(f"{self.begins}*") if path.is_file() and not path.is_symlink()]
        return {mark for path in paths for mark in _marks_in(path)}


def _marks_in(path: Path) -> set[str]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:  # the server has removed it since
        return set()
    return {mark for mark in MARKS if any(form in content for form in _forms(mark))}


def _forms(mark: str) -> list[bytes]:
    if not mark.isdigit() or mark[0] == "0":
        return [mark.encode()]
    return [mark.encode(), int(mark).to_bytes(6, "big"), int(mark).to_bytes(8, "little")]


@pytest.fixture(scope="session")
def own_server() -> Iterator[PostgresServer]:
    """Whose files nobody else writes to."""
    with own_postgres_running() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def files(request: pytest.FixtureRequest, sqlite_databases: SqliteDatabases, tmp_path: Path) -> Files:
    if request.param == "sqlite":
        return Files(sqlite_databases.fresh(tmp_path), tmp_path, "adapter.db")
    server: PostgresServer = request.getfixturevalue("own_server")
    return Files(server.url("postgres"), server.root / "data", "")


async def keep_asking(site: Site, stop: asyncio.Event) -> list[float]:
    """Requests one after the other; how long each took (s)."""
    took: list[float] = []
    while not stop.is_set() or not took:
        began = time.monotonic()
        await site.post(a_body(contact_email_address=f"asks{len(took)}@example.com"))
        took.append(time.monotonic() - began)
        await asyncio.sleep(0.03)
    return took


async def warmed_up(site: Site) -> dict[str, Any]:
    """A visit that was booked; the first requests of a process are slow, and no part of what is measured."""
    async with asyncio.timeout(HANG_GUARD):
        while True:
            async with site.http.post(f"{site.url}/api/visits", json=a_body()) as reply:
                answer: dict[str, Any] = await reply.json()
            if reply.status == 200:
                await site.until(answer["visit"]["id"], "booked")
                return answer


async def prepare(files: Files) -> None:
    """The schema, and everything that a server makes of rows by itself in the course of time."""
    patient = StoreSettings(url=files.url, pool_timeout=60.0, statement_timeout=60.0, busy_timeout=60.0)
    store = open_store(patient, SystemClock())
    await migrate(store)
    await store_many(store, MANY, LONG_AGO)
    await store_rows(store, [some_feedback(LONG_AGO)])
    await store.close()
    if "postgresql" in files.url:
        connection = await asyncpg.connect(files.url.replace("+asyncpg", ""))
        await connection.execute("ANALYZE")
        await connection.execute("CHECKPOINT")
        await connection.close()


async def test_ten_thousand_old_visits_go_while_requests_are_answered(files: Files) -> None:
    await prepare(files)
    assert files.found() == set(MARKS)
    with logged() as log:
        async with running_site(files.url, worker=False, config=BUDGET) as site:
            asked = await warmed_up(site)
            stop = asyncio.Event()
            asking = asyncio.create_task(keep_asking(site, stop))
            try:
                purged = await site.service.keeper.purge()
            finally:
                stop.set()
                took = await asking
            assert (purged.visits, purged.feedback, purged.open_visits, purged.left) == (MANY, 1, 0, frozenset())
            assert len(took) > 10
            assert max(took) < PATIENCE
            assert files.found() == set()
            assert (await site.get(asked["visit"]["id"]))["visit"]["processing_state"] == "booked"
            await _is_all_there(site, len(took))
    _says_nothing(log)


async def _is_all_there(site: Site, count: int) -> None:
    async with site.service.desk.store.read() as tx:
        assert (await tx.execute(select(func.count()).select_from(visits))).scalar_one() > count


def _says_nothing(log: io.StringIO) -> None:
    said = log.getvalue()
    assert "visits.purged" in said
    assert [mark for mark in MARKS if mark in said] == []


async def test_log_that_is_kept_for_others_is_said_to_be_left(own_server: PostgresServer) -> None:
    connection = await asyncpg.connect(own_server.dsn("postgres"))
    await connection.execute("CREATE DATABASE kept")
    await connection.execute("ALTER SYSTEM SET wal_keep_size = '1GB'")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.execute("SELECT pg_switch_wal()")
    store = open_store(StoreSettings(url=own_server.url("kept")), SystemClock())
    assert await store.tidy([], 30.0) == {LeftOver.LOG_KEPT}
    await store.close()
    await connection.execute("ALTER SYSTEM RESET wal_keep_size")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()
