"""What a process does when it is told to stop or to read its prisons again, and when its database goes away."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.databases import PostgresDatabases
from tests.support.nursery import Nursery
from tests.support.plant import Plant, a_plant, a_request, open_slots
from tests.support.processes import HANG_GUARD, RealProcess
from tests.support.proxy import Address, proxy_running
from tests.support.tokens import digest_of, tokens_file

PRISON = """
[prisons.XKI]
id = "5b1b7a34-5a0e-4e1b-9c7d-0a2f1f0d8a11"
nomis_id = "LEI"
name = "Kirkby"
email_address = "visits.kirkby@example.com"
enabled = true
[prisons.XKI.recurring]
mon = ["1400-1600"]
"""


@pytest.fixture
async def plant(nursery: Nursery, database: str, tmp_path: Path) -> AsyncIterator[Plant]:
    async with a_plant(nursery, database, tmp_path) as plant:
        yield plant


async def test_sigterm_finishes_what_was_begun(plant: Plant) -> None:
    """The visitor whose booking is under way is answered, and the process ends well."""
    serve = await plant.service("serve", ("serve", "--no-worker"))
    (person,) = await plant.control.prisoners("LEI", 1)
    await plant.control.arm("delay", operation="book", when="after", seconds=0.7)
    body = a_request(person, "last@example.com", open_slots("LEI")[:1])
    asked = asyncio.create_task(plant.post(serve.url, body))
    await plant.until_asked("book")
    assert await serve.terminate() == 0
    status, answer = await asked
    assert (status, answer["visit"]["processing_state"]) == (200, "booked")
    await plant.service("worker", ("worker",))
    async with asyncio.timeout(HANG_GUARD):
        (mail,) = await plant.sink.arrived(1)
    assert mail.recipients == ("last@example.com",)


async def prisons_of(plant: Plant, serve: RealProcess) -> set[str]:
    async with plant.http.get(f"{serve.url}/api/prisons") as reply:
        assert reply.status == 200
        answer: dict[str, Any] = await reply.json()
    return {prison["name"] for prison in answer["prisons"]}


async def said(process: RealProcess, event: str, times: int = 1) -> None:
    """Wait until it has logged this event so often."""
    async with asyncio.timeout(HANG_GUARD):
        while process.said().count(f'"event": "{event}"') < times:
            await asyncio.sleep(0.05)


async def test_sighup_reads_the_prisons_again_and_keeps_them_where_the_file_is_bad(plant: Plant) -> None:
    more = plant.folder / "more.toml"
    more.write_text("")
    serve = await plant.service("serve", configs=[more])
    shipped = await prisons_of(plant, serve)
    more.write_text(PRISON)
    serve.signal(signal.SIGHUP)
    await said(serve, "prisons.replaced")
    assert await prisons_of(plant, serve) == {*shipped, "Kirkby"}
    for number, bad in enumerate(("[prisons.XKI", PRISON.replace("1400-1600", "1600-1400")), start=1):
        more.write_text(bad)
        serve.signal(signal.SIGHUP)
        await said(serve, "prisons.refused", number)
        assert await prisons_of(plant, serve) == {*shipped, "Kirkby"}
    more.write_text("")
    serve.signal(signal.SIGHUP)
    await said(serve, "prisons.replaced", 2)
    assert await prisons_of(plant, serve) == shipped


async def test_sighup_reads_the_tokens_again_and_keeps_them_where_the_file_is_bad(
    nursery: Nursery, sqlite_database: str, tmp_path: Path
) -> None:
    path, first, second = tokens_file(tmp_path)
    auth = {"ADAPTER__API__AUTH__MODE": "token", "ADAPTER__API__AUTH__TOKENS_FILE": str(path)}
    async with a_plant(nursery, sqlite_database, tmp_path, auth) as plant:
        serve = await plant.service("serve")

        async def statuses() -> list[int]:
            found = []
            for token in (first, second):
                headers = {"Authorization": f"Bearer {token}"}
                async with plant.http.get(f"{serve.url}/api/prisons", headers=headers) as reply:
                    found.append(reply.status)
            return found

        assert await statuses() == [200, 200]
        path.write_text(f"other {digest_of(second)}\n")
        serve.signal(signal.SIGHUP)
        await said(serve, "tokens.replaced")
        assert await statuses() == [401, 200]
        path.write_text("nonsense\n")
        serve.signal(signal.SIGHUP)
        await said(serve, "tokens.refused")
        assert await statuses() == [401, 200]


@pytest.mark.parametrize("trouble", ["freeze", "cut"])
async def test_without_its_database_it_says_so_and_recovers(
    nursery: Nursery, postgres_database: str, postgres_databases: PostgresDatabases, tmp_path: Path, trouble: str
) -> None:
    """503 and never 200, bounded by the budget; when the database is back, so is the service."""
    async with (
        proxy_running(Address(socket=postgres_databases.server.socket)) as proxy,
        a_plant(nursery, postgres_database, tmp_path, {"ADAPTER__DECISION__BUDGET": "2"}) as plant,
    ):
        serve = await plant.service("serve", through=proxy)
        (person,) = await plant.control.prisoners("CFI", 1)
        body = a_request(person, "again@example.com", open_slots("CFI")[:1])
        getattr(proxy, trouble)()
        for _ in range(2):
            status, answer = await asyncio.wait_for(plant.post(serve.url, body, "again"), HANG_GUARD / 4)
            assert (status, answer["message"]) == (503, "Service unavailable")
        assert await plant.rows("SELECT id FROM visits") == []
        proxy.heal()
        async with asyncio.timeout(HANG_GUARD):
            while (answered := await plant.post(serve.url, body, "again"))[0] == 503:
                await asyncio.sleep(0.1)
        status, answer = answered
        assert status == 200
        assert await plant.until(answer["visit"]["id"]) == "booked"
