"""The schema's version: an empty database is set up, an older one waits for its operator, a newer one is refused."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from adapter.store.errors import SchemaMismatch
from adapter.store.unit_of_work import Store


class SchemaState(StrEnum):
    """The stored schema, compared with this release's."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"
    FOREIGN = "foreign"  # there are tables, but not ours


MIGRATIONS = Path(str(files("adapter.store"))) / "migrations"


async def schema_state(store: Store, migrations: Path = MIGRATIONS) -> SchemaState:
    """Looks, changes nothing."""
    return await store.alone(partial(_state, migrations))


async def migrate(store: Store, migrations: Path = MIGRATIONS) -> None:
    """Brings the schema to this release's; nothing happens where it is there already.

    All or nothing, and safe to run at the same time from several processes. Raises SchemaMismatch for a newer one.
    """
    await store.alone(partial(_migrate, migrations))


async def ensure_schema(store: Store, migrations: Path = MIGRATIONS) -> None:
    """What `serve` and `worker` do first: set up an empty database; raise SchemaMismatch unless it is current then."""
    await store.alone(partial(_ensure, migrations))


def migrations_config(migrations: Path = MIGRATIONS) -> Config:
    """Alembic's configuration, without a file."""
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    return config


def _ensure(migrations: Path, connection: Connection) -> None:
    state = _state(migrations, connection)
    if state is SchemaState.EMPTY:
        _migrate(migrations, connection)
    elif state is SchemaState.OLDER:
        raise SchemaMismatch("the database's schema is older than this release: run `visits-adapter migrate`")
    else:
        _refuse_unknown(state)


def _migrate(migrations: Path, connection: Connection) -> None:
    _refuse_unknown(_state(migrations, connection))
    config = migrations_config(migrations)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _refuse_unknown(state: SchemaState) -> None:
    if state is SchemaState.NEWER:
        raise SchemaMismatch("the database's schema is newer than this release: run the newer release")
    if state is SchemaState.FOREIGN:
        raise SchemaMismatch("the database holds tables of something else: name an empty one in [store] url")


def _state(migrations: Path, connection: Connection) -> SchemaState:
    stored = MigrationContext.configure(connection).get_current_revision()
    if stored is None:
        return SchemaState.FOREIGN if inspect(connection).get_table_names() else SchemaState.EMPTY
    scripts = ScriptDirectory.from_config(migrations_config(migrations))
    if stored == scripts.get_current_head():
        return SchemaState.CURRENT
    known = {script.revision for script in scripts.walk_revisions()}
    return SchemaState.OLDER if stored in known else SchemaState.NEWER
