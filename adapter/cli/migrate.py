"""`visits-adapter migrate`: bring the database's schema to this release's."""

from __future__ import annotations

from pathlib import Path

import click

from adapter.cli._config import config_option, read_settings
from adapter.config import Settings


@click.command("migrate")
@config_option
def command(configs: tuple[Path, ...]) -> None:
    """Bring the database's schema to this release's, all or nothing.

    Sets up an empty database; does nothing where the schema is this release's already. Take a backup first.
    """
    from adapter.cli._run import run
    from adapter.log import setup

    settings = read_settings(configs)
    setup(settings.log)
    run(_migrate(settings))


async def _migrate(settings: Settings) -> None:
    from adapter.clock import SystemClock
    from adapter.store.engine import open_store
    from adapter.store.schema import SchemaState, head, migrate

    store = open_store(settings.store, SystemClock())
    try:
        before = await migrate(store)
    finally:
        await store.close()
    done = "nothing to do" if before is SchemaState.CURRENT else f"migrated, it was {before}"
    click.echo(f"The database has this release's schema, {head()}: {done}.")
