"""The schema's version: an empty database is set up, an older one waits for its operator, a newer one is refused."""

from __future__ import annotations

from enum import StrEnum
from importlib.resources import files

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


async def schema_state(store: Store) -> SchemaState:
    """Looks, changes nothing."""
    return await store.alone(_state)


async def migrate(store: Store) -> None:
    """Brings the schema to this release's; nothing happens where it is there already.

    All or nothing, and safe to run at the same time from several processes. Raises SchemaMismatch for a newer one.
    """
    await store.alone(_migrate)


async def ensure_schema(store: Store) -> None:
    """What `serve` and `worker` do first: set up an empty database; raise SchemaMismatch unless it is current then."""
    await store.alone(_ensure)


def _ensure(connection: Connection) -> None:
    state = _state(connection)
    if state is SchemaState.EMPTY:
        _migrate(connection)
    elif state is SchemaState.OLDER:
        raise SchemaMismatch("the database's schema is older than this release: run `visits-adapter migrate`")
    else:
        _refuse_unknown(state)


def _migrate(connection: Connection) -> None:
    _refuse_unknown(_state(connection))
    config = migrations_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _refuse_unknown(state: SchemaState) -> None:
    if state is SchemaState.NEWER:
        raise SchemaMismatch("the database's schema is newer than this release: run the newer release")
    if state is SchemaState.FOREIGN:
        raise SchemaMismatch("the database holds tables of something else: name an empty one in [store] url")


def _state(connection: Connection) -> SchemaState:
    stored = MigrationContext.configure(connection).get_current_revision()
    if stored is None:
        return SchemaState.FOREIGN if inspect(connection).get_table_names() else SchemaState.EMPTY
    scripts = ScriptDirectory.from_config(migrations_config())
    if stored == scripts.get_current_head():
        return SchemaState.CURRENT
    known = {script.revision for script in scripts.walk_revisions()}
    return SchemaState.OLDER if stored in known else SchemaState.NEWER


def migrations_config() -> Config:
    """Alembic's configuration without a file."""
    config = Config()
    config.set_main_option("script_location", str(files("adapter.store") / "migrations").replace("%", "%%"))
    return config
