"""Fresh databases for tests, on SQLite and on PostgreSQL, both with the migrated schema."""

from __future__ import annotations

import asyncio
import os
import shutil
import uuid
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg

from adapter.clock import SystemClock
from adapter.config.store import StoreSettings
from adapter.store.engine import open_store
from adapter.store.schema import migrate
from adapter.store.tables import metadata
from tests.support.postgres import PostgresServer, exclusively

_TEMPLATE = "adapter_template"


class SqliteDatabases:
    """Copies of one migrated file."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.db"
        _run(_migrated(sqlite_url(self._template)))

    def fresh(self, folder: Path) -> str:
        """The URL of a migrated, empty database in this folder."""
        path = folder / "adapter.db"
        shutil.copy(self._template, path)
        return sqlite_url(path)


class PostgresDatabases:
    """One database for this test process, emptied before each use; more on demand."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._own = f"test_{os.getpid()}"
        with exclusively(server):
            _run(self._prepare())

    async def fresh(self) -> str:
        """The URL of a migrated, empty database: always the same one."""
        connection = await asyncpg.connect(self.server.dsn(self._own))
        try:
            await connection.execute(_CLEAN)
        finally:
            await connection.close()
        return self.server.url(self._own)

    async def another(self, *, migrated: bool) -> tuple[str, str]:
        """Name and URL of a new database."""
        name = f"test_{uuid.uuid4().hex}"
        await self._admin(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE if migrated else 'template0'}")
        return name, self.server.url(name)

    async def drop(self, name: str) -> None:
        """Whoever is still connected is disconnected."""
        await self._admin(f"DROP DATABASE {name} WITH (FORCE)")

    async def _prepare(self) -> None:
        if not await self._admin(f"SELECT 1 FROM pg_database WHERE datname = '{_TEMPLATE}'"):
            await self._admin(f"CREATE DATABASE {_TEMPLATE}")
            await _migrated(self.server.url(_TEMPLATE))
        await self._admin(f"CREATE DATABASE {self._own} TEMPLATE {_TEMPLATE}")

    async def _admin(self, statement: str) -> list[Any]:
        connection = await asyncpg.connect(self.server.dsn("postgres"))
        try:
            return list(await connection.fetch(statement))
        finally:
            await connection.close()


def sqlite_url(path: Path) -> str:
    """For `[store] url`."""
    return f"sqlite+aiosqlite:///{path}"


_CLEAN = ";".join(
    [
        # Whatever an earlier test left behind must not go on writing.
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        *(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)),
    ]
)


async def _migrated(url: str) -> None:
    store = open_store(StoreSettings(url=url), SystemClock())
    try:
        await migrate(store)
    finally:
        await store.close()


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Also where an event loop is running already."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()
