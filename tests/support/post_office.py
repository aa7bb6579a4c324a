"""The mailer on a real outbox, turn by turn: visits without a prison system, on a clock that a test moves."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from email.message import EmailMessage

from adapter.booking import arrive as arrivals
from adapter.booking.arrive import Arrived
from adapter.booking.ledger import Change, commit, reload
from adapter.booking.letters import Letter
from adapter.booking.mailer import Mailer
from adapter.booking.views import Fingerprints, RequestVisit
from adapter.clock import LONDON, micros
from adapter.store import outbox
from adapter.store.engine import open_store
from adapter.store.records import OutboxRow, Visit
from adapter.wiring.service import Service, open_service
from notifier import MessageKind
from notifier.channels import make
from notifier.settings import MailSettings
from tests.support.booking_cases import a_request
from tests.support.site import TODAY, RunningClock, make_settings


@dataclass
class PostOffice:
    """What a test has in hand. Nothing leaves but in a `turn`."""

    service: Service
    clock: RunningClock
    mailer: Mailer

    async def visit(self, address: str = "ada@example.com", prison_key: str = "LEI") -> Visit:
        """A new request, with no message yet."""
        desk = self.service.desk
        prison = desk.registry.current.by_key(prison_key)
        assert prison is not None
        wanted = RequestVisit(
            prison=prison,
            request=replace(a_request(), email=address),
            language="en",
            channel="web",
            fingerprints=Fingerprints(None, None, None, "0"),
            request_id="",
            deadline=self.clock.monotonic() + 60,
        )
        arrived = await arrivals.arrive(desk, wanted)
        assert isinstance(arrived, Arrived)
        return arrived.visit

    async def write(self, visit: Visit, *kinds: MessageKind) -> Visit:
        """Put these messages into the outbox, as a change of the visit would."""
        letters = [Letter(kind=kind, slot_granted=visit.choices[0]) for kind in kinds]
        written = await commit(self.service.desk, Change(visit=visit, letters=letters))
        assert written is not None
        return written

    async def now(self, visit: Visit) -> Visit:
        return await reload(self.service.desk, visit.id)

    def restart(self, mail: MailSettings, moment: float = 1.0) -> None:
        """What is to be sent is sent as these settings say; messages wait `moment` seconds for those before them."""
        self.mailer = Mailer(self.service.desk, make(mail), mail, moment)

    async def send_until(self, told: Callable[[], bool], at_once: int) -> None:
        """Round after round as in a worker, `at_once` messages at the same time, while others may still hang."""
        async with asyncio.timeout(30):
            while not told():
                if not await self.mailer.send_due(self.service.tasks, at_once):
                    await asyncio.sleep(0.005)

    async def turn(self) -> int:
        """Whatever may leave now is tried once, all at the same time; how many that were."""
        holder, rows = await self.mailer.claim(100)
        await asyncio.gather(*(self.mailer.deliver(row, holder) for row in rows))
        return len(rows)

    async def later_turns(self) -> None:
        """Turn after turn, each when the pauses before it have passed, until nothing is left to be tried."""
        for _ in range(50):
            self.clock.move(timedelta(hours=1))
            if await self.turn() == 0:
                return
        raise AssertionError("messages are tried for ever")

    async def rows(self, visit: Visit) -> list[OutboxRow]:
        async with self.service.desk.store.read() as tx:
            return await outbox.of_visit(tx, visit.id)


@asynccontextmanager
async def post_office(database: str, mail: MailSettings) -> AsyncIterator[PostOffice]:
    """On this database, with these channels. Two of them may share a database."""
    clock = RunningClock(datetime.combine(TODAY, time(10, 30), LONDON))
    settings = make_settings(database, "http://127.0.0.1:1", 1, {}).model_copy(update={"mail": mail})
    store = open_store(settings.store, clock, db_now=lambda: micros(clock.now()))
    try:
        async with open_service(settings, clock=clock, store=store) as service:
            yield PostOffice(service, clock, Mailer(service.desk, make(mail), mail))
    finally:
        await store.close()


def parsed(mails: Sequence[bytes]) -> list[EmailMessage]:
    """As they came over SMTP, in order."""
    return [email.message_from_bytes(mail.removesuffix(b".\r\n"), policy=email.policy.default) for mail in mails]


def told(mails: Sequence[bytes]) -> list[str]:
    """Which messages somebody got, in order. A repeat counts as none, but must have the same bytes."""
    seen: dict[str, tuple[str, bytes]] = {}
    for mail, found in zip(mails, parsed(mails), strict=True):
        known = seen.setdefault(found["Message-ID"], (found["X-Message-Kind"], mail))
        assert known[1] == mail, "a repeat with other bytes"
    return [kind for kind, _ in seen.values()]
