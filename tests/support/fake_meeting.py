"""The real REST client and the fake prison system, over a socket or without one, and a look behind the scenes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from nomis_client import (
    Booked,
    BookingOrder,
    BookingRefused,
    Call,
    CancellationCode,
    NomisError,
    NomisSettings,
    OutcomeUnknown,
    PrisonSystem,
)
from nomis_client.fake.engine import Engine
from nomis_client.fake.faults import Fault
from nomis_client.fake.inprocess import InProcessPrisonSystem
from nomis_client.fake.server import running
from nomis_client.rest import make
from tests.support.fake_nomis import LEAD, OFFENDER, SLOT, Prisons, a_world
from tests.support.rest_clients import no_pause

Way = Literal["socket", "in process"]
WAYS: tuple[Way, ...] = ("socket", "in process")
PATIENCE = 5.0
SHORT = 0.1


@dataclass
class Meeting:
    """A client and the engine that it talks to."""

    prisons: Prisons
    engine: Engine
    client: PrisonSystem

    def arm(self, **fault: Any) -> None:
        self.engine.arm(Fault(**fault))

    def visits(self) -> list[str]:
        """Status of every visit in the prison system, after whatever is due."""
        self.prisons.state.settle(self.prisons.now)
        return [visit.status.value for visit in self.prisons.state.world.visits.values()]

    def call(self, seconds: float = PATIENCE) -> Call:
        return Call("LEI", asyncio.get_running_loop().time() + seconds)

    async def book(self, reference: str = "ref-1", slot: str = SLOT, seconds: float = PATIENCE) -> object:
        """What came of a booking: a value, or the error."""
        order = BookingOrder(OFFENDER, "LEI", LEAD, (), slot, reference)
        deadline = self.call(seconds).deadline
        try:
            async with self.client.booking_permit("LEI", deadline) as permit:
                return await permit.post(order, deadline)
        except NomisError as error:
            return error

    async def read(self, seconds: float = PATIENCE) -> object:
        try:
            return await self.client.contacts(OFFENDER, self.call(seconds))
        except NomisError as error:
            return error

    async def find(self, reference: str = "ref-1") -> object:
        try:
            found = await self.client.find_by_reference(OFFENDER, reference, self.call())
        except NomisError as error:
            return error
        return [visit.status for visit in found]

    async def cancel(self, visit_id: int = 5984, seconds: float = PATIENCE) -> object:
        try:
            return await self.client.cancel(OFFENDER, visit_id, CancellationCode.VISITOR, self.call(seconds))
        except NomisError as error:
            return error


@asynccontextmanager
async def meeting(way: Way, prisons: Prisons | None = None, **settings: Any) -> AsyncIterator[Meeting]:
    prisons = prisons or a_world()
    if way == "in process":
        engine = Engine(prisons.state, prisons.time)
        client: PrisonSystem = InProcessPrisonSystem(engine, NomisSettings(**settings), sleep=no_pause)
        async with aclosing(client):
            yield Meeting(prisons, engine, client)
        return
    async with running(prisons.state, time=prisons.time) as server:
        # Pauses between tries take no time, and the client's clock is the fake's.
        client = make(
            NomisSettings(base_url=server.base_url, **settings), sleep=no_pause, rng=Random(0), now=prisons.time.now
        )
        async with aclosing(client):
            yield Meeting(prisons, server.engine, client)


@asynccontextmanager
async def aclosing(client: PrisonSystem) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await client.close()


def kind_of(answer: object) -> object:
    """An error's class and reason, a refusal's codes, `booked`."""
    match answer:
        case NomisError():
            return type(answer), answer.reason
        case BookingRefused():
            return answer.texts
        case Booked():
            return "booked"
        case _:
            return answer


CUT = (OutcomeUnknown, "cut_short")
