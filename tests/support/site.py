"""The whole service for a test: API on a socket, database, fake prison system on a socket, a real mail server.

All clocks stand on one day (`TODAY`) and run with the event loop from there, so that nothing goes stale; the waits that
take minutes in production take tenths of seconds.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import secrets
import tempfile
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path
from typing import Any

import aiohttp

from adapter.booking.desk import NO_BREAKS, Breaks
from adapter.clock import LONDON, micros
from adapter.config import Settings, load
from adapter.store import outbox, visits
from adapter.store.attempts import attempts_of
from adapter.store.engine import open_store
from adapter.store.records import Attempt, EventRow, OutboxRow, Visit
from adapter.wiring.serve import serving
from adapter.wiring.service import Service, open_service
from booking_rules.lifecycle import MACHINE_STEPS
from nomis_client import PrisonSystem
from nomis_client.fake.clock import LoopTime
from nomis_client.fake.faults import Armed, Fault
from nomis_client.fake.seed import seeded
from nomis_client.fake.server import RunningServer, running
from nomis_client.fake.state import PrisonState
from tests.support.smtp_servers import MailServer, mail_server

TODAY = date(2026, 11, 30)
"""A Monday without bank holidays near it."""
ROOT = Path(__file__).parents[2]
HANG_GUARD = 20.0

QUICK: Mapping[str, str] = {
    "ADAPTER__NOMIS__POST_LIFETIME": "0.3",
    "ADAPTER__NOMIS__READ_LAG": "0.1",
    "ADAPTER__NOMIS__READ_TIMEOUT": "2.0",
    "ADAPTER__NOMIS__BOOK_TIMEOUT": "1.0",
    "ADAPTER__NOMIS__BREAKER__OPEN_SECONDS": "0.2",
    "ADAPTER__DECISION__IN_DOUBT_HANDOVER_AFTER": "4.0",
    "ADAPTER__DECISION__HANDOVER_AFTER": "30",
    # Wide on purpose: a test may share its machine with many others, and none is about speed.
    "ADAPTER__DECISION__BUDGET": "8",
    "ADAPTER__STORE__POOL_TIMEOUT": "10",
    "ADAPTER__STORE__STATEMENT_TIMEOUT": "10",
    "ADAPTER__STORE__BUSY_TIMEOUT": "10",
    "ADAPTER__STORE__LEASE": "12",
    "ADAPTER__WORKER__POLL": "0.05",
    "ADAPTER__MAIL__RETRY_FIRST": "0.1",
    "ADAPTER__API__PORT": "0",
}


class RunningClock:
    """It is `start` when it is made, and goes on with the event loop's clock."""

    def __init__(self, start: datetime) -> None:
        self._start = start.astimezone(UTC)
        self._loop = asyncio.get_running_loop()  # kept, for the database asks for the time from threads too
        self._began = self._loop.time()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic() - self._began)

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def move(self, by: timedelta) -> None:
        """It is later at once; deadlines and waits, which are on the event loop's clock, don't notice."""
        self._start += by


@dataclass
class Site:
    """What a test has in hand."""

    service: Service
    url: str
    fake: RunningServer
    mail: MailServer
    http: aiohttp.ClientSession
    settings: Settings
    clock: RunningClock
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    def arm(self, kind: str, **how: Any) -> Armed:
        """Arm a fault of the fake."""
        return self.fake.engine.arm(Fault(kind=kind, **how))

    def heal(self) -> None:
        """Disarm every fault."""
        self.fake.engine.heal()

    async def post(self, body: Mapping[str, Any], request_id: str = "", **headers: str) -> dict[str, Any]:
        """POST a visit; the answer must be 200."""
        sent = {"X-Request-Id": request_id or str(uuid.uuid4()), "Accept": "application/json", **headers}
        async with self.http.post(f"{self.url}/api/visits", json=body, headers=sent) as reply:
            text = await reply.text()
            assert reply.status == 200, (reply.status, text)
            answer: dict[str, Any] = json.loads(text)
            return answer

    async def get(self, visit_id: str) -> dict[str, Any]:
        async with self.http.get(f"{self.url}/api/visits/{visit_id}") as reply:
            assert reply.status == 200
            answer: dict[str, Any] = await reply.json()
            return answer

    async def delete(self, visit_id: str) -> dict[str, Any]:
        async with self.http.delete(f"{self.url}/api/visits/{visit_id}") as reply:
            assert reply.status == 200
            answer: dict[str, Any] = await reply.json()
            return answer

    async def stored(self, visit_id: str) -> Visit:
        async with self.service.desk.store.read() as tx:
            visit = await visits.load(tx, visit_id)
        assert visit is not None
        return visit

    async def history(self, visit_id: str) -> list[EventRow]:
        async with self.service.desk.store.read() as tx:
            return await visits.history(tx, visit_id)

    async def attempts(self, visit_id: str) -> list[Attempt]:
        async with self.service.desk.store.read() as tx:
            return await attempts_of(tx, visit_id)

    async def outbox(self, visit_id: str) -> list[OutboxRow]:
        async with self.service.desk.store.read() as tx:
            return await outbox.of_visit(tx, visit_id)

    async def until(self, visit_id: str, *steps: str) -> Visit:
        """Wait until the visit is in one of `steps` (or, without any, out of the machine's hands)."""
        async with asyncio.timeout(HANG_GUARD):
            while True:
                visit = await self.stored(visit_id)
                if visit.step in steps or (not steps and visit.step not in MACHINE_STEPS):
                    return visit
                await asyncio.sleep(0.02)

    async def mailed(self, visit_id: str, count: int | None = None) -> list[EmailMessage]:
        """The mails of a visit, in the order of arrival; with `count`, waits for that many and then for no more."""
        async with asyncio.timeout(HANG_GUARD):
            while count is not None and len(self._mails(visit_id)) < count:
                await asyncio.sleep(0.02)
            while any(row.state == "queued" for row in await self.outbox(visit_id)):
                await asyncio.sleep(0.02)
        found = self._mails(visit_id)
        assert count is None or len(found) == count, [mail["X-Message-Kind"] for mail in found]
        return found

    def _mails(self, visit_id: str) -> list[EmailMessage]:
        parsed = [email.message_from_bytes(mail.content, policy=email.policy.default) for mail in self.mail.mails]
        return [mail for mail in parsed if mail["X-Visit-Id"] == visit_id]

    def in_nomis(self, visit_id: str, status: str = "SCH") -> list[Any]:
        """Visits that the prison system holds under references of this visit."""
        return [
            visit
            for visit in self.fake.state.world.visits.values()
            if (visit.reference or "").startswith(visit_id) and (not status or visit.status == status)
        ]


@asynccontextmanager
async def running_site(
    database: str,
    *,
    worker: bool = True,
    config: Mapping[str, str] | None = None,
    state: PrisonState | None = None,
    fake: RunningServer | None = None,
    mail: MailServer | None = None,
    nomis: PrisonSystem | None = None,
    breaks: Breaks = NO_BREAKS,
    at: time = time(10, 30),
) -> AsyncIterator[Site]:
    """A running service on `database`. What is given (a fake, a mail server) is shared and left running."""
    clock = RunningClock(datetime.combine(TODAY, at, LONDON))
    async with AsyncExitStack() as stack:
        if fake is None:
            world = state or seeded(TODAY)
            fake = await stack.enter_async_context(running(world, time=LoopTime(clock.now())))
        if mail is None:
            mail = await stack.enter_async_context(mail_server())
        settings = make_settings(database, fake.base_url, mail.port, config or {})
        store = open_store(settings.store, clock, db_now=lambda: micros(clock.now()))
        stack.push_async_callback(store.close)
        service = await stack.enter_async_context(
            open_service(settings, clock=clock, store=store, nomis=nomis, breaks=breaks)
        )
        url = await stack.enter_async_context(serving(service))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        site = Site(service, url, fake, mail, http, settings, clock)
        async with asyncio.TaskGroup() as group:
            if worker:
                group.create_task(service.worker.run(site.stop))
            try:
                yield site
            finally:
                site.heal()
                site.stop.set()


def make_settings(database: str, base_url: str, smtp_port: int, more: Mapping[str, str]) -> Settings:
    """The shipped configuration with quick waits, pointed at the test's servers."""
    return load(
        [ROOT / "config.toml"],
        {
            **QUICK,
            "ADAPTER__STORE__URL": database,
            "ADAPTER__STAFF__LINK_KEY_FILE": str(_link_keys()),
            "ADAPTER__NOMIS__BASE_URL": base_url,
            "ADAPTER__MAIL__SMTP__PORT": str(smtp_port),
            **more,
        },
    )


@lru_cache(maxsize=1)
def _link_keys() -> Path:
    """Keys for the staff pages' links, as every machine on one PostgreSQL has them."""
    path = Path(tempfile.mkdtemp(prefix="visits-keys-")) / "link.keys"
    path.write_text(f"{secrets.token_hex(32)}\n")
    return path


LEEDS = "d62cea22-31f6-4499-90c9-a3d3d2ea6f95"
FULL_AT_LEEDS = "2026-12-12T09:30/11:30"


def wednesdays(count: int = 3) -> list[str]:
    """Bookable slots at Leeds."""
    return [f"{TODAY + timedelta(days=9 + 7 * number)}T14:00/16:00" for number in range(count)]


def a_body(slots: Sequence[str] | None = None, **changes: Any) -> dict[str, Any]:
    """A request that can be booked, for the ordinary prisoner at Leeds."""
    return {
        "prison_id": LEEDS,
        "prisoner": {
            "first_name": "Oscar",
            "last_name": "Brightwell",
            "date_of_birth": "1981-10-04",
            "number": "a1410ae",
        },
        "visitors": [
            {"first_name": "Nora", "last_name": "Brightwell", "date_of_birth": "1983-06-21"},
            {"first_name": "Ivy", "last_name": "Brightwell", "date_of_birth": "2016-02-09"},
        ],
        "contact_email_address": "nora@example.com",
        "contact_phone_no": "07700 900123",
        "slot_options": list(slots if slots is not None else wednesdays(2)),
        **changes,
    }
