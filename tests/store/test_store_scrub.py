"""Taking removed rows out of PostgreSQL's files: what it needs, and what it says where it can't."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import asyncpg
import pytest

from adapter.clock import SystemClock
from adapter.config.store import StoreSettings
from adapter.store.engine import open_store
from adapter.store.leftovers import LeftOver
from adapter.store.purge import TABLES
from adapter.store.unit_of_work import Store
from tests.support.databases import PostgresDatabases

NAMES = [table.name for table in TABLES]
LONG, SHORT = 30.0, 0.02
"""Seconds that somebody may be held up: enough on any machine, and hardly any."""


@dataclass
class Server:
    """A database of its own, its administrator, and a store whose role may nothing yet."""

    admin: asyncpg.Connection
    role: str
    store: Store

    async def grant(self, *statements: str) -> None:
        for statement in statements:
            await self.admin.execute(statement.format(role=self.role))


OWNS = tuple(f"ALTER TABLE {name} OWNER TO {{role}}" for name in NAMES)
USES_UP_LOG = (
    "GRANT pg_checkpoint, pg_monitor TO {role}",
    "GRANT EXECUTE ON FUNCTION pg_switch_wal() TO {role}",
)


@pytest.fixture
async def server(postgres_databases: PostgresDatabases) -> AsyncIterator[Server]:
    name, url = await postgres_databases.another(migrated=True)
    admin = await asyncpg.connect(postgres_databases.server.dsn(name))
    role = f"role_{uuid4().hex[:12]}"
    await admin.execute(f"CREATE ROLE {role} LOGIN")
    store = open_store(StoreSettings(url=url.replace("postgres@", f"{role}@")), SystemClock())
    yield Server(admin, role, store)
    await store.close()
    await admin.execute(f"REASSIGN OWNED BY {role} TO postgres")
    await admin.execute(f"DROP OWNED BY {role}")
    await admin.execute(f"DROP ROLE {role}")
    await admin.close()
    await postgres_databases.drop(name)


async def test_what_a_role_may_not_do_is_said(server: Server) -> None:
    assert await server.store.tidy(NAMES, LONG) == {LeftOver.NOT_OWNER, LeftOver.LOG_NOT_ALLOWED}
    await server.grant(*OWNS)
    assert await server.store.tidy(NAMES, LONG) == {LeftOver.LOG_NOT_ALLOWED}
    await server.grant(*USES_UP_LOG)
    assert await server.store.tidy(NAMES, LONG) == frozenset()


async def test_rows_that_somebody_may_still_look_at_are_left(server: Server) -> None:
    await server.grant(*OWNS, *USES_UP_LOG)
    async with server.admin.transaction(isolation="repeatable_read", readonly=True):
        await server.admin.fetch("SELECT 1 FROM service_facts")
        await server.store.alone(lambda connection: connection.exec_driver_sql("SELECT pg_current_xact_id()"))
        assert LeftOver.READERS in await server.store.tidy([], SHORT)
    assert await server.store.tidy([], SHORT) == frozenset()


async def test_a_table_that_others_use_all_the_time_is_left_and_the_others_are_not(server: Server) -> None:
    await server.grant(*OWNS, *USES_UP_LOG)
    before = await server.admin.fetchval("SELECT pg_relation_filenode('visits')")
    async with server.admin.transaction():
        await server.admin.execute("LOCK TABLE outbox IN ROW SHARE MODE")
        assert LeftOver.TABLE_BUSY in await server.store.tidy(["outbox"], SHORT)
        assert await server.store.tidy(["visits"], LONG) == frozenset()
    assert await server.admin.fetchval("SELECT pg_relation_filenode('visits')") != before
    assert await server.store.tidy(["outbox"], LONG) == frozenset()
