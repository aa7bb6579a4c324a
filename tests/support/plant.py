"""A whole installation out of real processes: `serve`, `worker` and the durable fake, around a database of a test's.

Time is the machine's. The waits that take minutes in production take seconds.
"""

from __future__ import annotations

import asyncio
import secrets
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import make_url, text

from adapter.clock import SystemClock, london_today
from adapter.config import bank_holidays, load
from adapter.config.store import StoreSettings
from adapter.demo.mail_sink import MailSink, sink_running
from adapter.store.engine import open_store
from adapter.store.unit_of_work import Store
from booking_rules.calendar import bookable_slots
from booking_rules.lifecycle import MACHINE_STEPS, Step
from tests.support.nursery import ROOT, Nursery
from tests.support.processes import HANG_GUARD, RealProcess, a_fake, a_service, reserved_port
from tests.support.proxy import Proxy

PACE: Mapping[str, str] = {
    "ADAPTER__NOMIS__POST_LIFETIME": "3.0",
    "ADAPTER__NOMIS__READ_LAG": "0.5",
    "ADAPTER__NOMIS__READ_TIMEOUT": "3.0",
    "ADAPTER__NOMIS__BOOK_TIMEOUT": "3.0",
    "ADAPTER__NOMIS__BREAKER__OPEN_SECONDS": "0.3",
    "ADAPTER__DECISION__BUDGET": "8",
    "ADAPTER__DECISION__HANDOVER_AFTER": "60",
    "ADAPTER__DECISION__IN_DOUBT_HANDOVER_AFTER": "60",
    "ADAPTER__STORE__LEASE": "13",
    "ADAPTER__WORKER__POLL": "0.1",
    "ADAPTER__MAIL__RETRY_FIRST": "0.2",
    "ADAPTER__MAIL__RETRY_LONGEST": "2.0",
    "ADAPTER__MAIL__SMTP__TIMEOUT": "2.0",
    "ADAPTER__MAIL__GOVUK_NOTIFY__TIMEOUT": "2.0",
}
"""Wide where a busy machine would otherwise decide; a test that means one of these waits sets its own."""

LONGEST_ANSWER = 30.0

_RUN_OUT = (
    "UPDATE visits SET lease_until = arrived_at, due_at = arrived_at WHERE lease_until IS NOT NULL",
    "UPDATE attempts SET post_lease_until = created_at WHERE post_lease_until IS NOT NULL",
    "UPDATE outbox SET lease_until = created_at WHERE lease_until IS NOT NULL",
)


class FakeControl:
    """The control face of the fake."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self.url = url

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        async with self._http.request(method, f"{self.url}/_control{path}", json=body) as reply:
            answer = await reply.json()
            if reply.status != 200:
                raise RefusedByHand(str(answer))
            return answer

    async def arm(self, kind: str, **fault: Any) -> int:
        """The number of the fault."""
        armed = await self.ask("POST", "/faults", {"kind": kind, **fault})
        return int(armed["faults"][0]["number"])

    async def heal(self) -> None:
        await self.ask("DELETE", "/faults")

    async def hand(self, action: str, **what: Any) -> dict[str, Any]:
        """Raises `RefusedByHand` when it can't be done."""
        done: dict[str, Any] = await self.ask("POST", "/hand", {"action": action, **what})
        return done

    async def prisoners(self, prison: str, count: int, vo: int = 26) -> list[dict[str, Any]]:
        """So many new prisoners, each with two adults and a child on the contact list."""
        made = await self.ask("POST", "/seed", {"generate": {prison: count}, "vo": vo})
        people: list[dict[str, Any]] = made["prisoners"]
        return people

    async def history(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.ask("GET", "/history")
        return found

    async def requests(self, **query: str) -> list[dict[str, Any]]:
        words = "&".join(f"{name}={value}" for name, value in query.items())
        found: list[dict[str, Any]] = (await self.ask("GET", f"/requests?{words}"))["requests"]
        return found


class RefusedByHand(Exception):
    """What was to be done by hand is impossible."""


@dataclass
class Plant:
    """What a test has in hand."""

    nursery: Nursery
    folder: Path
    database: str
    fake: RealProcess
    control: FakeControl
    sink: MailSink
    http: aiohttp.ClientSession
    store: Store
    stack: AsyncExitStack
    environ: dict[str, str] = field(default_factory=dict)

    async def service(
        self,
        name: str,
        command: Sequence[str] = ("serve",),
        *,
        through: Proxy | None = None,
        environ: Mapping[str, str] | None = None,
        configs: Sequence[Path] = (),
    ) -> RealProcess:
        """A running process of the service. `through`: its way to the database."""
        port = self.stack.enter_context(reserved_port())
        settings = {
            **self.environ,
            "ADAPTER__API__PORT": str(port),
            "ADAPTER__STORE__URL": self.database if through is None else _through(through, self.database),
            **(environ or {}),
        }
        process = a_service(self.nursery, name, command, settings, self.folder, configs)
        self.stack.push_async_callback(_end, process)
        await process.start()
        return process

    async def post(self, url: str, body: Mapping[str, Any], request_id: str = "") -> tuple[int, dict[str, Any]]:
        """Status and answer."""
        headers = {"X-Request-Id": request_id or str(uuid.uuid4())}
        async with self.http.post(f"{url}/api/visits", json=body, headers=headers) as reply:
            answer: dict[str, Any] = await reply.json()
            return reply.status, answer

    async def get(self, url: str, visit_id: str) -> tuple[int, dict[str, Any]]:
        """Status and answer of the visit's page."""
        async with self.http.get(f"{url}/api/visits/{visit_id}") as reply:
            answer: dict[str, Any] = await reply.json()
            return reply.status, answer

    async def step(self, visit_id: str) -> str:
        rows = await self.rows("SELECT step FROM visits WHERE id = :id", id=visit_id)
        return str(rows[0]["step"])

    async def until(self, visit_id: str, *steps: str) -> str:
        """Wait until the visit is in one of `steps` (or, without any, out of the machine's hands)."""
        async with asyncio.timeout(HANG_GUARD):
            while True:
                step = await self.step(visit_id)
                if step in steps or (not steps and Step(step) not in MACHINE_STEPS):
                    return step
                await asyncio.sleep(0.05)

    async def visit_of(self, email: str) -> str:
        """The id of the visit that somebody with this address asked for, once it is stored."""
        async with asyncio.timeout(HANG_GUARD):
            while True:
                rows = await self.rows("SELECT id FROM visits WHERE request LIKE :part", part=f'%"{email}"%')
                if rows:
                    return str(rows[0]["id"])
                await asyncio.sleep(0.05)

    async def until_asked(self, operation: str, count: int = 1, **query: str) -> list[dict[str, Any]]:
        """The fake's log of such requests, once there are so many."""
        async with asyncio.timeout(HANG_GUARD):
            while len(found := await self.control.requests(operation=operation, **query)) < count:
                await asyncio.sleep(0.05)
            return found

    async def rows(self, statement: str, **values: Any) -> list[Mapping[str, Any]]:
        async with self.store.read() as tx:
            return [dict(row) for row in (await tx.execute(text(statement), values)).mappings()]

    async def leases_run_out(self) -> None:
        """As if their time had passed: for processes that are dead, so that nobody has to wait for it."""
        async with self.store.write() as tx:
            for statement in _RUN_OUT:
                await tx.execute(text(statement))
            await tx.commit()

    async def looks_come_due(self) -> None:
        """As if the minutes and hours had passed until the next look at each reference that is looked for."""
        async with self.store.write() as tx:
            await tx.execute(text("UPDATE attempts SET look_at = created_at WHERE look_at IS NOT NULL"))
            await tx.commit()


@asynccontextmanager
async def a_plant(
    nursery: Nursery, database: str, folder: Path, environ: Mapping[str, str] | None = None
) -> AsyncIterator[Plant]:
    """The surroundings: the fake runs, mail is taken; `Plant.service` starts what is to be tested."""
    async with AsyncExitStack() as stack:
        port = stack.enter_context(reserved_port())
        fake = a_fake(nursery, port, folder)
        stack.push_async_callback(_end, fake)
        await fake.start()
        sink = await stack.enter_async_context(sink_running(SystemClock(), kept=1_000_000))
        patience = aiohttp.ClientTimeout(total=LONGEST_ANSWER)
        connector = aiohttp.TCPConnector(limit=0, force_close=True)  # a killed server leaves no stale connections
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=patience, connector=connector))
        store = open_store(StoreSettings(url=database), SystemClock())
        stack.push_async_callback(store.close)
        keys = folder / "link.keys"
        keys.write_text(f"{secrets.token_hex(32)}\n")
        keys.chmod(0o600)
        settings = {
            **PACE,
            "ADAPTER__NOMIS__BASE_URL": f"{fake.url}/nomisapi",
            "ADAPTER__NOMIS__SOAP__URL": f"{fake.url}/soap",
            "ADAPTER__MAIL__SMTP__PORT": str(sink.port),
            "ADAPTER__STAFF__LINK_KEY_FILE": str(keys),
            **(environ or {}),
        }
        control = FakeControl(http, fake.url)
        yield Plant(nursery, folder, database, fake, control, sink, http, store, stack, settings)


@lru_cache(maxsize=1)
def _shipped() -> Any:
    return load([ROOT / "config.toml"], {}).prisons


def open_slots(prison: str) -> list[str]:
    """Slots that can be booked at a prison of the shipped configuration, the first days left out.

    They stay bookable if midnight passes during the test. Leeds on Saturday mornings is always full, and left out too.
    """
    known, today = _shipped().by_key(prison), london_today(SystemClock())
    slots = bookable_slots(known, today, bank_holidays((today.year, today.year + 1)))
    first = min(slot.day for slot in slots)
    return [
        str(slot)
        for slot in slots
        if slot.day > first and not (prison == "LEI" and slot.day.weekday() == 5 and slot.begin.hour < 12)
    ]


def a_request(prisoner: Mapping[str, Any], email: str, slots: Sequence[str]) -> dict[str, Any]:
    """A request of this prisoner's family (an adult and a child) that can be booked."""
    lead, _, child = prisoner["contacts"]
    return {
        "prison_id": _shipped().by_key(prisoner["prison"]).id,
        "prisoner": {
            "first_name": prisoner["given_name"],
            "last_name": prisoner["surname"],
            "date_of_birth": prisoner["date_of_birth"],
            "number": prisoner["noms_id"],
        },
        "visitors": [
            {
                "first_name": one["given_name"].strip().title(),
                "last_name": one["surname"].strip().title(),
                "date_of_birth": one["date_of_birth"],
            }
            for one in (lead, child)
        ],
        "contact_email_address": email,
        "contact_phone_no": "07700 900123",
        "slot_options": list(slots),
    }


def _through(proxy: Proxy, url: str) -> str:
    changed = make_url(url).set(host=proxy.host, port=proxy.port, query={})
    return changed.render_as_string(hide_password=False)


async def _end(process: RealProcess) -> None:
    if process.alive:
        await process.kill()
