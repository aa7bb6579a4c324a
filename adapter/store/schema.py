"""The schema's version: an empty database is set up, an older one waits for its operator, a newer one is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum
from functools import cache, partial
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from adapter.log import events, get_logger
from adapter.store.errors import SchemaMismatch
from adapter.store.unit_of_work import Store

_log = get_logger()


class SchemaState(StrEnum):
    """The stored schema, compared with this release's."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"
    FOREIGN = "foreign"  # there are tables, but not ours


_OLDER = "the database's schema is older than this release: run `visits-adapter migrate`"

MIGRATIONS = Path(str(files("adapter.store"))) / "migrations"


async def schema_state(store: Store, migrations: Path = MIGRATIONS) -> SchemaState:
    """Looks, changes nothing."""
    return await store.alone(partial(_state, migrations))


async def migrate(store: Store, migrations: Path = MIGRATIONS) -> SchemaState:
    """Brings the schema to this release's, and says what it was before; where that is CURRENT, nothing happened.

    All or nothing, and safe to run at the same time from several processes. Raises SchemaMismatch for a newer one.
    """
    return await _logged(store, partial(_migrate, migrations))


async def ensure_schema(store: Store, migrations: Path = MIGRATIONS) -> None:
    """What `serve` and `worker` do first: set up an empty database; raise SchemaMismatch unless it is current then."""
    await _logged(store, partial(_ensure, migrations))


async def require_schema(store: Store) -> None:
    """What a command needs that works on what is stored. Changes nothing; raises SchemaMismatch unless it is current.

    An empty database isn't set up here: nothing found there would be told as the truth about another one.
    """
    state = await schema_state(store)
    if state is SchemaState.EMPTY:
        raise SchemaMismatch("the database is empty: does [store] url name the one that `visits-adapter serve` uses?")
    if state is SchemaState.OLDER:
        raise SchemaMismatch(_OLDER)
    _refuse_unknown(state)


async def _logged(store: Store, work: Callable[[Connection], SchemaState]) -> SchemaState:
    loop = asyncio.get_running_loop()
    began = loop.time()
    before = await store.alone(work)
    if before is not SchemaState.CURRENT:
        duration_ms = round((loop.time() - began) * 1000)
        _log.info(events.SCHEMA_MIGRATED, schema=head(), duration_ms=duration_ms)
    return before


@cache
def head(migrations: Path = MIGRATIONS) -> str:
    """The revision that these migrations lead to."""
    return ScriptDirectory.from_config(migrations_config(migrations)).get_current_head() or ""


def migrations_config(migrations: Path = MIGRATIONS) -> Config:
    """Alembic's configuration, without a file."""
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    return config


def _ensure(migrations: Path, connection: Connection) -> SchemaState:
    if _state(migrations, connection) is SchemaState.OLDER:
        raise SchemaMismatch(_OLDER)
    return _migrate(migrations, connection)


def _migrate(migrations: Path, connection: Connection) -> SchemaState:
    before = _state(migrations, connection)
    _refuse_unknown(before)
    if before is not SchemaState.CURRENT:
        config = migrations_config(migrations)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return before


def _refuse_unknown(state: SchemaState) -> None:
    if state is SchemaState.NEWER:
        raise SchemaMismatch("the database's schema is newer than this release: run the newer release")
    if state is SchemaState.FOREIGN:
        raise SchemaMismatch("the database holds tables of something else: name an empty one in [store] url")


def _state(migrations: Path, connection: Connection) -> SchemaState:
    stored = MigrationContext.configure(connection).get_current_revision()
    if stored is None:
        return SchemaState.FOREIGN if inspect(connection).get_table_names() else SchemaState.EMPTY
    if stored == head(migrations):
        return SchemaState.CURRENT
    scripts = ScriptDirectory.from_config(migrations_config(migrations))
    known = {script.revision for script in scripts.walk_revisions()}
    return SchemaState.OLDER if stored in known else SchemaState.NEWER
