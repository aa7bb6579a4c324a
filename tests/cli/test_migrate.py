"""`visits-adapter migrate`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from adapter.cli import main
from adapter.clock import SystemClock
from adapter.config.store import StoreSettings
from adapter.store.engine import open_store
from adapter.store.schema import head
from tests.support.config_files import BASE, write


def migrate(folder: Path, url: str) -> Result:
    """As somebody types it."""
    keys = write(folder, "link.keys", "one key\n")
    config = write(folder, "config.toml", BASE + f'[staff]\nlink_key_file = "{keys}"\n')
    return CliRunner().invoke(main, ["migrate", "--config", str(config)], env={"ADAPTER__STORE__URL": url})


def carry_out(url: str, statement: str) -> None:
    async def work() -> None:
        store = open_store(StoreSettings(url=url), SystemClock())
        try:
            await store.alone(lambda connection: connection.execute(text(statement)))
        finally:
            await store.close()

    asyncio.run(work())


def test_an_empty_database_is_set_up_and_then_left_as_it_is(empty_database_url: str, tmp_path: Path) -> None:
    first = migrate(tmp_path, empty_database_url)
    assert first.exit_code == 0, first.output
    assert f"The database has this release's schema, {head()}: migrated, it was empty." in first.output
    second = migrate(tmp_path, empty_database_url)
    assert second.exit_code == 0, second.output
    assert second.output == f"The database has this release's schema, {head()}: nothing to do.\n"


def test_a_newer_schema_is_refused_in_one_sentence(empty_database_url: str, tmp_path: Path) -> None:
    migrate(tmp_path, empty_database_url)
    carry_out(empty_database_url, "UPDATE alembic_version SET version_num = '9'")
    refused = migrate(tmp_path, empty_database_url)
    assert refused.exit_code == 1
    assert refused.stderr == "the database's schema is newer than this release: run the newer release\n"


def test_a_database_that_cant_be_reached_is_said_in_one_sentence(tmp_path: Path) -> None:
    refused = migrate(tmp_path, f"postgresql+asyncpg://somebody@/visits?host={tmp_path}")
    assert refused.exit_code == 1
    assert refused.stderr == "the database can't be used: unreachable\n"


@pytest.fixture
def empty_database_url(empty_database: str) -> str:
    """The command has an event loop of its own, so its tests have none."""
    return empty_database
