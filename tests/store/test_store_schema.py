"""Setting up, migrating and refusing databases."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, LargeBinary, Text, text

from adapter.clock import SystemClock
from adapter.config.store import StoreSettings
from adapter.store.engine import open_store
from adapter.store.errors import OtherPrisonSystem, SchemaMismatch, StoreFault
from adapter.store.facts import belongs_to_prison_system
from adapter.store.schema import MIGRATIONS, SchemaState, ensure_schema, migrate, schema_state
from adapter.store.tables import PERSONAL, metadata
from adapter.store.unit_of_work import Store


@pytest.fixture
async def empty_store(empty_database: str) -> AsyncIterator[Store]:
    store = open_store(StoreSettings(url=empty_database), SystemClock())
    yield store
    await store.close()


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, metadata))


def partial_indexes(connection: Connection) -> dict[str, str]:
    """Conditions of indexes, which the comparison above doesn't look at; as SQLite stores them, word for word."""
    rows = connection.execute(text("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql LIKE '%WHERE%'"))
    return {name: sql.partition(" WHERE ")[2] for name, sql in rows}


async def test_the_migrations_make_exactly_the_tables(store: Store) -> None:
    assert await store.alone(differences) == []


async def test_the_migrations_make_the_conditions_of_indexes(sqlite_database: str) -> None:
    store = open_store(StoreSettings(url=sqlite_database), SystemClock())
    stored = await store.alone(partial_indexes)
    await store.close()
    wanted = {
        str(index.name): str(index.dialect_kwargs["sqlite_where"])
        for table in metadata.tables.values()
        for index in table.indexes
        if index.dialect_kwargs.get("sqlite_where") is not None
    }
    assert stored == wanted


def test_conditions_are_the_same_on_both_databases() -> None:
    for table in metadata.tables.values():
        for index in table.indexes:
            assert str(index.dialect_kwargs.get("sqlite_where")) == str(index.dialect_kwargs.get("postgresql_where"))


async def test_an_empty_database_is_set_up_by_whoever_comes_first(empty_database: str) -> None:
    """Several processes start at once on an empty database."""
    stores = [open_store(StoreSettings(url=empty_database), SystemClock()) for _ in range(4)]
    await asyncio.gather(*(ensure_schema(store) for store in stores))
    assert await schema_state(stores[0]) is SchemaState.CURRENT
    for store in stores:
        await store.close()


async def test_looking_changes_nothing(empty_store: Store) -> None:
    assert await schema_state(empty_store) is SchemaState.EMPTY
    assert await schema_state(empty_store) is SchemaState.EMPTY


async def test_migrating_twice_is_migrating_once(empty_store: Store) -> None:
    await migrate(empty_store)
    await migrate(empty_store)
    assert await schema_state(empty_store) is SchemaState.CURRENT


async def test_a_newer_schema_is_refused(empty_store: Store) -> None:
    await migrate(empty_store)
    await empty_store.alone(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9'")))
    for refused in (ensure_schema, migrate):
        with pytest.raises(SchemaMismatch, match="newer"):
            await refused(empty_store)


NEXT_RELEASE = """
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("service_facts", sa.Column("since", sa.BigInteger()))
    op.execute({statement!r})
"""


def next_release(folder: Path, statement: str) -> Path:
    """The migrations of this release and one more."""
    shutil.copytree(MIGRATIONS, folder / "migrations")
    (folder / "migrations" / "versions" / "0003_next.py").write_text(NEXT_RELEASE.format(statement=statement))
    return folder / "migrations"


async def test_an_older_schema_waits_for_its_operator(empty_store: Store, tmp_path: Path) -> None:
    await migrate(empty_store)
    next_one = next_release(tmp_path, "SELECT 1")
    with pytest.raises(SchemaMismatch, match="run `visits-adapter migrate`"):
        await ensure_schema(empty_store, next_one)
    await migrate(empty_store, next_one)
    await ensure_schema(empty_store, next_one)
    with pytest.raises(SchemaMismatch, match="newer"):
        await ensure_schema(empty_store)


async def test_a_migration_that_fails_halfway_changes_nothing(empty_store: Store, tmp_path: Path) -> None:
    await migrate(empty_store)
    with pytest.raises(StoreFault):
        await migrate(empty_store, next_release(tmp_path, "SELECT nothing FROM nowhere"))
    assert await empty_store.alone(differences) == []
    assert await schema_state(empty_store) is SchemaState.CURRENT


async def test_tables_of_something_else_are_left_alone(empty_store: Store) -> None:
    await empty_store.alone(lambda connection: connection.execute(text("CREATE TABLE theirs (id INTEGER)")))
    for refused in (ensure_schema, migrate):
        with pytest.raises(SchemaMismatch, match="something else"):
            await refused(empty_store)


async def test_the_database_remembers_its_prison_system(store: Store) -> None:
    await asyncio.gather(*(belongs_to_prison_system(store, "North", "https://nomis.example/") for _ in range(3)))
    await belongs_to_prison_system(store, "North", "https://nomis.example/")
    for other in (("South", "https://nomis.example/"), ("North", "https://other.example/")):
        with pytest.raises(OtherPrisonSystem, match=r"North at https://nomis\.example/"):
            await belongs_to_prison_system(store, *other)


async def test_a_server_keeps_no_samples_of_personal_data(postgres_database: str) -> None:
    """Its statistics would be copies that a purge doesn't reach."""
    store = open_store(StoreSettings(url=postgres_database), SystemClock())
    rows = await store.alone(
        lambda connection: connection.execute(
            text(
                "SELECT relname, attname FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid"
                " WHERE attstattarget = 0 AND relkind = 'r' AND relnamespace = 'public'::regnamespace"
            )
        ).all()
    )
    await store.close()
    assert {(table, column) for table, column in rows} == {(t, c) for t, columns in PERSONAL.items() for c in columns}


def test_every_text_without_a_bound_counts_as_personal() -> None:
    """Unless it is said to be something else here."""
    free = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, Text | LargeBinary)
    }
    listed = {(table, column) for table, columns in PERSONAL.items() for column in columns}
    assert free - listed == {("service_facts", "value")}
    assert listed <= {(table.name, column.name) for table in metadata.tables.values() for column in table.columns}
