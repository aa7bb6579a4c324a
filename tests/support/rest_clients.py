"""A REST client of the prison system on a server of bytes, and an observer that keeps what it was told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from random import Random
from typing import Any

from nomis_client import BookingOrder, Call, NomisSettings, PrisonSystem
from nomis_client.rest import make
from tests.support.raw_server import RawServer

NOW = datetime(2026, 11, 30, 10, 30, tzinfo=UTC)
NUMBER, BORN, OFFENDER = "A1234BC", date(1971, 12, 26), 1057307
ORDER = BookingOrder(
    offender_id=OFFENDER,
    prison="LEI",
    lead_contact=13428,
    other_contacts=(13429,),
    slot="2026-12-14T14:00/15:00",
    reference="7f3c-0",
)


@dataclass
class Ear:
    """Keeps what an observer is told."""

    calls: list[tuple[str, str]] = field(default_factory=list)
    breakers: list[tuple[str, str, str]] = field(default_factory=list)
    defects: list[tuple[str, str]] = field(default_factory=list)

    def call_ended(self, operation: str, outcome: str, seconds: float) -> None:
        self.calls.append((operation, outcome))

    def breaker_changed(self, prison: str, kind: str, state: str) -> None:
        self.breakers.append((prison, kind, state))

    def defect_seen(self, operation: str, reason: str) -> None:
        self.defects.append((operation, reason))

    def drift_seen(self, operation: str, reason: str) -> None: ...


async def no_pause(_: float) -> None:
    """Between two tries, let others run and no more."""
    await asyncio.sleep(0)


def soon(seconds: float = 10.0, **changes: Any) -> Call:
    """A call with so many seconds left."""
    return Call("LEI", asyncio.get_running_loop().time() + seconds, **changes)


@asynccontextmanager
async def rest_client(server: RawServer | str, ear: Ear | None = None, **settings: Any) -> AsyncIterator[PrisonSystem]:
    """A client of this server (or address). Pauses between tries take no time; its wall clock stands at `NOW`."""
    url = server if isinstance(server, str) else server.url
    client = make(
        NomisSettings(**({"base_url": url + "/nomisapi"} | settings)),
        observer=ear or Ear(),
        sleep=no_pause,
        rng=Random(0),
        now=lambda: NOW,
    )
    try:
        yield client
    finally:
        await client.close()


async def book(client: PrisonSystem, order: BookingOrder = ORDER, seconds: float = 10.0) -> object:
    """One booking from permit to answer."""
    deadline = soon(seconds).deadline
    async with client.booking_permit(order.prison, deadline) as permit:
        return await permit.post(order, deadline, "request-1")
