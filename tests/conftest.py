"""Fixtures that all tests may use: `database` is a URL and `store` an open store, each on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from adapter.clock import SystemClock
from adapter.config.store import StoreSettings
from adapter.store.engine import open_store
from adapter.store.unit_of_work import Store
from tests.support.databases import PostgresDatabases, SqliteDatabases, sqlite_url
from tests.support.nursery import Nursery, nursery_running
from tests.support.postgres import PostgresServer, postgres_running

# How long an example takes says something about the machine, nothing about the code.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("unhurried")

KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The PostgreSQL server of this run."""
    with postgres_running() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_databases(postgres_server: PostgresServer) -> PostgresDatabases:
    """Databases on that server."""
    return PostgresDatabases(postgres_server)


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Starts the service's real processes."""
    with nursery_running() as nursery:
        yield nursery


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    """Files with the schema in them."""
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def sqlite_database(sqlite_databases: SqliteDatabases, tmp_path: Path) -> str:
    """The URL of a fresh SQLite database."""
    return sqlite_databases.fresh(tmp_path)


@pytest.fixture
async def postgres_database(postgres_databases: PostgresDatabases) -> str:
    """The URL of a fresh PostgreSQL database."""
    return await postgres_databases.fresh()


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh, migrated, empty database; each test runs on both kinds."""
    return str(request.getfixturevalue("sqlite_database" if request.param == "sqlite" else "postgres_database"))


@pytest.fixture(params=KINDS)
async def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a database without any schema, of both kinds. Slower than `database`."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "made" / "by" / "the store" / "adapter.db")
        return
    databases: PostgresDatabases = request.getfixturevalue("postgres_databases")
    name, url = await databases.another(migrated=False)
    yield url
    await databases.drop(name)


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    """An open store on `database`, by the machine's clock."""
    store = open_store(StoreSettings(url=database), SystemClock())
    yield store
    await store.close()
