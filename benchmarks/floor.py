"""The floor: the least that a Python service could do for the same booking.

aiohttp on both sides, the calls that the adapter makes in the order in which it makes them, JSON in and out, and three
transactions (stored, reference, outcome) with the plain driver on the same database, as durable. No validation, no
rules, no ORM, no logging, no deadlines, and nobody who would find out if it crashed.

`python -m benchmarks.floor BACKEND-URL DATABASE` prints `ready: URL`. DATABASE: a SQLite file, or postgresql://…
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp
import asyncpg
import uvloop
from aiohttp import web

from benchmarks.cast import PRISON

_CREATE = """
CREATE TABLE IF NOT EXISTS floor (
    id TEXT PRIMARY KEY, request TEXT NOT NULL, offender BIGINT, reference TEXT, body TEXT, visit BIGINT, outcome TEXT)
"""
_STORE = "INSERT INTO floor (id, request) VALUES ($1, $2)"
_REFERENCE = "UPDATE floor SET offender = $2, reference = $3, body = $4 WHERE id = $1"
_OUTCOME = "UPDATE floor SET visit = $2, outcome = $3 WHERE id = $1"


class Database(Protocol):
    async def run(self, statement: str, *values: object) -> None:
        """One transaction of one statement, which writes one row; durable when it returns."""


class Sqlite:
    """One connection, one thread: the whole transaction there, so that the event loop never waits for the disk."""

    def __init__(self, path: str) -> None:
        self._driver = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._driver.execute("PRAGMA journal_mode = WAL")
        self._driver.execute("PRAGMA synchronous = FULL")
        self._driver.execute(_CREATE)
        self._thread = ThreadPoolExecutor(1)

    async def run(self, statement: str, *values: object) -> None:
        # To SQLite `$2` is a name, numbered by where it first stands; `?2` is the second value, as elsewhere.
        numbered = statement.replace("$", "?")
        await asyncio.get_running_loop().run_in_executor(self._thread, self._run, numbered, values)

    def _run(self, statement: str, values: tuple[object, ...]) -> None:
        self._driver.execute("BEGIN IMMEDIATE")
        changed = self._driver.execute(statement, values).rowcount
        self._driver.execute("COMMIT")
        assert changed == 1, "a transaction that writes nothing waits for no disk"


class Postgresql:
    """asyncpg's own pool; a single statement is a transaction."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def run(self, statement: str, *values: object) -> None:
        said = await self._pool.execute(statement, *values)
        assert said.endswith(" 1"), "a transaction that writes nothing waits for no disk"


async def opened(address: str) -> Database:
    if not address.startswith("postgresql:"):
        return Sqlite(address)
    pool = await asyncpg.create_pool(address, min_size=10, max_size=10)
    await pool.execute(_CREATE)
    return Postgresql(pool)


@dataclass
class Floor:
    """Books. `known` are the offender ids of prisoners that were validated."""

    backend: str
    database: Database
    session: aiohttp.ClientSession
    known: dict[str, int] = field(default_factory=dict)

    async def validate(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.known[asked["number"]] = await self._offender(asked["number"], asked["date_of_birth"])
        return web.json_response({"validation": {"valid": True}})

    async def book(self, request: web.Request) -> web.Response:
        text = await request.text()
        asked, own = json.loads(text), str(uuid.uuid4())
        await self.database.run(_STORE, own, text)
        prisoner, slots = asked["prisoner"], asked["slot_options"]
        offender = self.known.get(prisoner["number"])
        if offender is None:
            offender = await self._offender(prisoner["number"], prisoner["date_of_birth"])
        of = f"{self.backend}/offenders/{offender}/visits"
        days = [slot[:10] for slot in slots]
        contacts, _, _, _, _ = await asyncio.gather(
            self._get(f"{of}/contact_list"),
            self._get(f"{self.backend}/prison/{PRISON}/slots?start_date={min(days)}&end_date={max(days)}"),
            self._get(f"{of}/unavailability?dates={','.join(days)}"),
            self._get(f"{self.backend}/offenders/{prisoner['number']}/location"),
            self._get(f"{of}/restrictions"),
        )
        names = {(one["first_name"].upper(), one["last_name"].upper()) for one in asked["visitors"]}
        found = [one["id"] for one in contacts["contacts"] if (one["given_name"], one["surname"]) in names]
        order = {"lead_contact": found[0], "other_contacts": found[1:], "slot": slots[0], "client_unique_ref": own}
        body = json.dumps(order)
        await self.database.run(_REFERENCE, own, offender, own, body)
        async with self.session.post(f"{of}/booking", data=body, headers=_JSON) as response:
            answer = await response.json()
        reply = {"id": own, "processing_state": "booked", "slots": slots, "slot_granted": slots[0]}
        await self.database.run(_OUTCOME, own, answer["visit_id"], json.dumps(reply))
        return web.json_response({"visit": reply})

    async def _offender(self, number: str, born: str) -> int:
        reply = await self._get(f"{self.backend}/lookup/active_offender?noms_id={number}&date_of_birth={born}")
        return int(reply["offender"]["id"])

    async def _get(self, url: str) -> Any:
        async with self.session.get(url) as response:
            return await response.json()


_JSON = {"Content-Type": "application/json"}


async def main(backend: str, address: str, ready: Callable[[str], None]) -> None:
    database = await opened(address)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        floor = Floor(backend, database, session)
        app = web.Application()
        app.router.add_post("/api/visits", floor.book)
        app.router.add_post("/api/validations/prisoner", floor.validate)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        ready(f"http://127.0.0.1:{runner.addresses[0][1]}")
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], lambda url: print(f"ready: {url}", flush=True)))
