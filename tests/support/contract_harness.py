"""The port on the fake prison system: one harness for every transport and for good, flaky and lossy days."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from nomis_client import (
    Booked,
    BookingOrder,
    BookingRefused,
    Call,
    CancelAnswer,
    CancellationCode,
    NomisSettings,
    OutcomeUnknown,
    PrisonSystem,
)
from nomis_client.fake.actions import ACTIONS
from nomis_client.fake.clock import SettableTime
from nomis_client.fake.entities import Visit
from nomis_client.fake.faults import Fault, FaultKind
from nomis_client.fake.hand import by_hand
from nomis_client.fake.people import known_people
from nomis_client.fake.requests import READS, Operation
from nomis_client.fake.seed import seeded
from nomis_client.fake.server import RunningServer, running
from nomis_client.rest import make as make_rest
from nomis_client.soap import make as make_soap
from tests.support.rest_clients import Ear, no_pause

TODAY = date(2026, 11, 30)  # a Monday
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
TRIES = 4


@dataclass(frozen=True)
class Transport:
    """How a client of the port is made; `settings` are the ones that name the fake."""

    name: str
    make: Callable[..., PrisonSystem]
    settings: Callable[[RunningServer], dict[str, Any]]
    unknown_no: object
    """The body of a refusal in words that the contract doesn't have."""


_UNKNOWN_FAULT = """<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>
<faultcode>s:Server</faultcode><faultstring>Visit gone</faultstring><detail>
<NomisFault xmlns="urn:uk:gov:justice:pnomis:visits:v1"><Code>VALIDATION</Code>
<Message>Visit gone</Message></NomisFault>
</detail></s:Fault></s:Body></s:Envelope>"""

TRANSPORTS = {
    "rest": Transport(
        "rest",
        make_rest,
        lambda fake: {"transport": "rest", "base_url": fake.base_url},
        {"error": {"message": "Visit gone"}},
    ),
    "soap": Transport(
        "soap", make_soap, lambda fake: {"transport": "soap", "soap": {"url": fake.soap_url}}, _UNKNOWN_FAULT
    ),
}

# What befalls the first call of each kind; the second one is answered. Reads are repeated below the port, writes by
# `Harness.book` and `Harness.cancel`, in the way that the saga does it.
_FLAKY: tuple[dict[str, Any], ...] = (
    {"kind": FaultKind.RESET},
    {"kind": FaultKind.ANSWER, "status": 500, "body": "internal server error", "content_type": "text/plain"},
    {"kind": FaultKind.EMPTY},
    {"kind": FaultKind.TRUNCATE},
    {"kind": FaultKind.HTML},
    {"kind": FaultKind.ANSWER, "status": 502, "body": "Bad gateway", "content_type": "text/plain"},
)
CONDITIONS = ("good", "flaky", "answer_lost")


def faults_of(condition: str) -> list[Fault]:
    """What a day of this kind brings."""
    operations = [*sorted(READS), Operation.BOOK, Operation.CANCEL]
    match condition:
        case "flaky":
            kinds = [_FLAKY[place % len(_FLAKY)] for place in range(len(operations))]
        case "answer_lost":
            kinds = [{"kind": FaultKind.DROP, "when": "after"}] * len(operations)
        case _:
            kinds = []
    return [
        Fault.model_validate({**kind, "operation": name, "nth": 1})
        for name, kind in zip(operations, kinds, strict=False)
    ]


@dataclass
class Harness:
    """A client, the fake behind it, and ways to look and reach behind the scenes."""

    client: PrisonSystem
    fake: RunningServer
    ear: Ear
    people: Mapping[str, Any] = field(default_factory=lambda: {p.key: p.prisoner for p in known_people(TODAY)})

    def call(self, seconds: float = 20.0, **changes: Any) -> Call:
        return Call("LEI", self.deadline(seconds), **changes)

    def deadline(self, seconds: float = 20.0) -> float:
        return asyncio.get_running_loop().time() + seconds

    def hand(self, action: str, **members: Any) -> dict[str, Any]:
        """What a member of staff does by hand."""
        chosen = ACTIONS.validate_python({"action": action, **members})
        return dict(by_hand(self.fake.state.world, chosen, self.fake.engine.time.now()))

    def arm(self, **fault: Any) -> None:
        self.fake.engine.arm(Fault.model_validate(fault))

    def install(self, **members: Any) -> None:
        """Another kind of installation."""
        changed = self.fake.state.installation.model_copy(update=members)
        self.fake.state.install(changed, self.fake.engine.time.now())

    def visits(self, key: str = "leeds") -> list[Visit]:
        """Every visit of this prisoner, of any status."""
        number = self.people[key].noms_id
        return [visit for visit in self.fake.state.world.visits.values() if visit.noms_id == number]

    def requests(self, operation: str) -> int:
        """How often this has been asked, answered or not."""
        return sum(1 for entry in self.fake.engine.log.entries() if entry.operation.value == operation)

    async def book(self, order: BookingOrder) -> Booked | BookingRefused:
        """Book as the saga does: once per permit; in doubt look it up, and only if it is not there post it again."""
        for _ in range(TRIES):
            try:
                async with self.client.booking_permit(order.prison, self.deadline()) as permit:
                    return await permit.post(order, self.deadline(), "request-1")
            except OutcomeUnknown:
                found = await self.client.find_by_reference(order.offender_id, order.reference, self.call())
                if found:
                    return Booked(found[0].visit_id)
        raise AssertionError("the booking stays in doubt")

    async def cancel(
        self, offender_id: int, visit_id: int, code: CancellationCode = CancellationCode.VISITOR
    ) -> CancelAnswer:
        """Cancel, and again for as long as it isn't known whether it happened."""
        for _ in range(TRIES):
            try:
                return await self.client.cancel(offender_id, visit_id, code, self.call())
            except OutcomeUnknown:
                continue
        raise AssertionError("the cancellation stays in doubt")


def on(weekday: int, weeks: int = 1) -> date:
    """That weekday, so many weeks from this one."""
    return TODAY + timedelta(days=weekday - TODAY.weekday(), weeks=weeks)


def slot(weekday: int, hours: str = "14:00/16:00", weeks: int = 1) -> str:
    return f"{on(weekday, weeks)}T{hours}"


@asynccontextmanager
async def harness(transport: Transport, condition: str, **settings: Any) -> AsyncIterator[Harness]:
    """A fresh fake on a socket and a client of it. It is 10:30 on `TODAY`, and stays so."""
    clock = SettableTime()
    clock.set(datetime.combine(TODAY, time(10, 30), UTC), frozen=True)
    state, ear = seeded(TODAY), Ear()
    async with running(state, time=clock) as fake:
        for fault in faults_of(condition):
            fake.engine.arm(fault)
        chosen = NomisSettings.model_validate(
            {"connect_timeout": 10.0, "read_timeout": 10.0} | transport.settings(fake) | settings
        )
        client = transport.make(chosen, observer=ear, sleep=no_pause, rng=Random(0), now=clock.now)
        try:
            yield Harness(client, fake, ear)
        finally:
            await client.close()
    state.close()
