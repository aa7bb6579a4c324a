"""Builders for tests on the fake prison system: one prison, one prisoner with a family, sessions at given times."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import aiohttp

from nomis_client.fake.actions import ACTIONS
from nomis_client.fake.clock import SettableTime
from nomis_client.fake.entities import Contact, Prison, Prisoner, Session, Visit
from nomis_client.fake.hand import by_hand
from nomis_client.fake.replies import Booking, Refusal, Reply
from nomis_client.fake.requests import Book, Cancel, Override, Request
from nomis_client.fake.server import RunningServer, running
from nomis_client.fake.state import PrisonState
from nomis_client.fake.times import parse_slot
from nomis_client.fake.world import ALWAYS

NOW = datetime(2026, 11, 30, 10, 30, tzinfo=UTC)
TODAY = NOW.date()
DAY = date(2026, 12, 14)
SLOT = "2026-12-14T14:00/15:00"
LATER = "2026-12-14T15:00/16:00"
EVENING = "2026-12-14T17:00/18:00"
NUMBER, BORN, OFFENDER = "A1234BC", date(1971, 12, 26), 1057307
LEAD, OTHER, CHILD = 13428, 13429, 13430


def a_contact(contact_id: int, **changes: Any) -> Contact:
    """An approved, active, social adult."""
    contact = Contact(id=contact_id, given_name="JO", surname="DOE", date_of_birth=date(1980, 5, 16))
    return replace(contact, **changes)


def a_prisoner(**changes: Any) -> Prisoner:
    """At Leeds, with two adults and a child on the list and visiting orders to spend."""
    family = (a_contact(LEAD), a_contact(OTHER), a_contact(CHILD, date_of_birth=date(2018, 1, 1)))
    prisoner = Prisoner(
        noms_id=NUMBER,
        offender_id=OFFENDER,
        given_name="ED",
        surname="DOE",
        date_of_birth=BORN,
        prison="LEI",
        contacts=family,
    )
    return replace(prisoner, **changes)


def a_session(slot: str = SLOT, **changes: Any) -> Session:
    begin, end = parse_slot(slot)
    return replace(Session(id=0, prison="LEI", begin=begin, end=end), **changes)


def an_order(slot: str = SLOT, reference: str = "ref-1", **changes: Any) -> Book:
    if "overrides" in changes:
        changes["overrides"] = frozenset(changes["overrides"])
    return replace(Book(OFFENDER, LEAD, (), slot, reference), **changes)


@dataclass
class Prisons:
    """A small world at `NOW`, to be asked and changed by hand."""

    state: PrisonState
    time: SettableTime

    @property
    def now(self) -> datetime:
        return self.time.now()

    def ask(self, request: Request, **kwargs: Any) -> Reply:
        return self.state.answer(request, self.now, **kwargs)

    def book(self, order: Book | None = None, **changes: Any) -> Reply:
        return self.ask(order or an_order(**changes))

    def booked(self, order: Book | None = None, **changes: Any) -> Visit:
        """Books, which must succeed; the visit."""
        reply = self.book(order, **changes)
        assert isinstance(reply, Booking), reply
        return self.visit(reply.visit_id)

    def refused(self, order: Book | None = None, **changes: Any) -> tuple[str, ...]:
        """Books, which must be refused without a trace; the texts."""
        before = list(self.state.world.visits.values())
        reply = self.book(order, **changes)
        assert isinstance(reply, Refusal), reply
        assert list(self.state.world.visits.values()) == before
        return reply.texts

    def cancel(self, visit_id: int, code: str = "VISCANC", offender: int = OFFENDER) -> Reply:
        return self.ask(Cancel(offender, visit_id, code))

    def visit(self, visit_id: int) -> Visit:
        visit = self.state.world.visits.get(visit_id)
        assert visit is not None
        return visit

    def prisoner(self, noms_id: str = NUMBER) -> Prisoner:
        prisoner = self.state.world.prisoners.get(noms_id)
        assert prisoner is not None
        return prisoner

    def add(self, *things: Prisoner | Session) -> None:
        world = self.state.world
        for thing in things:
            if isinstance(thing, Prisoner):
                world.commit(ALWAYS, (world.prisoners, thing.noms_id, thing))
            else:
                number = thing.id or world.sessions.last_key(0) + 1
                world.commit(ALWAYS, (world.sessions, number, replace(thing, id=number)))

    def hand(self, action: str, **what: Any) -> dict[str, int]:
        return by_hand(self.state.world, ACTIONS.validate_python({"action": action, **what}), self.now)

    def install(self, **changes: Any) -> None:
        self.state.install(self.state.installation.model_copy(update=changes), self.now)

    def pass_time(self, seconds: float) -> None:
        self.time.advance(seconds)


def a_world(*things: Prisoner | Session, state: PrisonState | None = None) -> Prisons:
    """Two prisons, and unless `things` say otherwise one prisoner and three sessions on `DAY` at Leeds."""
    time = SettableTime()
    time.set(NOW, frozen=True)
    prisons = Prisons(state or PrisonState(), time)
    world = prisons.state.world
    for prison in (Prison(code="LEI", desc="LEEDS (HMP)"), Prison(code="CFI", desc="CARDIFF (HMP)")):
        world.commit(ALWAYS, (world.prisons, prison.code, prison))
    if not any(isinstance(thing, Prisoner) for thing in things):
        prisons.add(a_prisoner())
    if not any(isinstance(thing, Session) for thing in things):
        prisons.add(a_session(), a_session(LATER), a_session(EVENING))
    prisons.add(*things)
    return prisons


ALL_OVERRIDES = tuple(Override)
TOMORROW = TODAY + timedelta(days=1)


@dataclass
class Site:
    """A served world, and a plain HTTP client for it."""

    prisons: Prisons
    server: RunningServer
    http: aiohttp.ClientSession

    async def get(self, path: str, base: str = "/nomisapi", **kwargs: Any) -> tuple[int, Any]:
        return await self._ask("GET", self.server.url + base + path, **kwargs)

    async def control(self, method: str, path: str, body: object = None) -> Any:
        """Ask the control face, which must answer 200."""
        status, answer = await self._ask(method, self.server.control_url + path, json=body)
        assert status == 200, answer
        return answer

    async def book(self, order: Book | None = None, base: str = "/nomisapi", **kwargs: Any) -> tuple[int, Any]:
        order = order or an_order()
        path = f"/offenders/{order.offender_id}/visits/booking"
        return await self._ask("POST", self.server.url + base + path, json=booking_body(order), **kwargs)

    async def cancel(self, visit_id: int, code: str = "VISCANC", **kwargs: Any) -> tuple[int, Any]:
        path = f"/nomisapi/offenders/{OFFENDER}/visits/booking/{visit_id}/cancel"
        return await self._ask("PATCH", self.server.url + path, json={"cancellation_code": code}, **kwargs)

    async def arm(self, kind: str, **fault: Any) -> None:
        await self.control("POST", "/faults", {"kind": kind, **fault})

    async def _ask(self, method: str, url: str, **kwargs: Any) -> tuple[int, Any]:
        async with self.http.request(method, url, **kwargs) as response:
            text = await response.text()
            if response.content_type != "application/json":
                return response.status, text
            return response.status, await response.json()


def booking_body(order: Book) -> dict[str, object]:
    return {
        "lead_contact": order.lead_contact,
        "other_contacts": list(order.other_contacts),
        "slot": order.slot,
        **{override.value: override in order.overrides for override in Override},
        "client_unique_ref": order.reference,
        "comment": order.comment,
    }


@asynccontextmanager
async def a_site(*things: Prisoner | Session, prisons: Prisons | None = None) -> AsyncIterator[Site]:
    """Serve `a_world`, whose clock stands still."""
    prisons = prisons or a_world(*things)
    timeout = aiohttp.ClientTimeout(total=30)
    async with (
        running(prisons.state, time=prisons.time) as server,
        aiohttp.ClientSession(timeout=timeout) as http,
    ):
        yield Site(prisons, server, http)
