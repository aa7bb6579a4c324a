"""A real, durable PostgreSQL for the benchmarks: the server's own defaults, so that every COMMIT waits for the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import asyncpg

from tests.support.postgres import PostgresServer, own_postgres_running

_CONFIGURATION = """
max_connections = 200
shared_buffers = 256MB
"""


@dataclass(frozen=True)
class Database:
    """`url` for the adapter's settings, `dsn` for asyncpg."""

    url: str
    dsn: str


@dataclass(frozen=True)
class Databases:
    """Databases of one server."""

    server: PostgresServer

    def fresh(self, name: str) -> Database:
        """A new, empty database."""
        asyncio.run(_admin(self.server.dsn("postgres"), f"CREATE DATABASE {name}"))
        return Database(self.server.url(name), self.server.dsn(name))


async def _admin(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextmanager
def databases_running() -> Iterator[Databases]:
    with own_postgres_running(_CONFIGURATION) as server:
        yield Databases(server)
