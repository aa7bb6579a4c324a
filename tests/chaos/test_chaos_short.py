"""A short run of `make chaos`: no promise is broken, whatever goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.run import run
from tests.support.databases import PostgresDatabases
from tests.support.nursery import Nursery


@pytest.mark.timeout(500)
async def test_a_short_run_keeps_every_promise(
    nursery: Nursery, postgres_database: str, postgres_databases: PostgresDatabases, tmp_path: Path
) -> None:
    result = await run(nursery, postgres_database, postgres_databases.server.socket, tmp_path, 60, 4, "true")
    assert result.good, "\n".join([result.line(), *result.details()])
    assert len(result.books.clients) == 60
    assert all(client.told or client.gave_up for client in result.books.clients)
