"""A short run of `make chaos` over each transport: no promise is broken, whatever goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.plan import Plan, Transport
from tests.chaos.run import run
from tests.chaos.site import Databases
from tests.support.databases import PostgresDatabases, SqliteDatabases
from tests.support.nursery import Nursery


@pytest.mark.timeout(500)
@pytest.mark.parametrize("transport", ["rest", "soap"])
async def test_a_short_run_keeps_every_promise(
    nursery: Nursery,
    postgres_databases: PostgresDatabases,
    sqlite_databases: SqliteDatabases,
    tmp_path: Path,
    transport: Transport,
) -> None:
    plan = Plan(requests=30, seed=4, transport=transport)
    result = await run(nursery, Databases(postgres_databases, sqlite_databases), tmp_path, plan)
    assert result.good, "\n".join([result.line(), *result.details()])
    assert len(result.books.clients) == plan.requests
    assert all(client.told or client.gave_up for client in result.books.clients)
