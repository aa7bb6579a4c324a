"""The port over REST."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import TypeVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

from yarl import URL

from nomis_client.calls import Calls, Leave
from nomis_client.errors import CannotAsk, NotUnderstood, Refused
from nomis_client.memory import Memory
from nomis_client.rest import payloads
from nomis_client.rest.auth import Auth
from nomis_client.rest.decoding import Object
from nomis_client.rest.replies import (
    asked_to_wait,
    booking_answer,
    cancellation_answer,
    read_answer,
)
from nomis_client.settings import NomisSettings
from nomis_client.types import (
    Booked,
    BookingOrder,
    BookingRefused,
    Call,
    CancelAnswer,
    CancellationCode,
    Contact,
    DayAvailability,
    FoundVisit,
    Location,
    Restriction,
    Version,
    VisitSlot,
)
from nomis_client.wire import Reply, Wire

T = TypeVar("T")

_LONDON = ZoneInfo("Europe/London")


class RestClient:
    """Implements `PrisonSystem`; the promises are the port's."""

    def __init__(
        self,
        settings: NomisSettings,
        wire: Wire,
        auth: Auth,
        calls: Calls,
        *,
        monotonic: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._wire = wire
        self._auth = auth
        self._calls = calls
        self._now = now
        self._base = settings.base_url.rstrip("/")
        self._memory = Memory(settings, monotonic)

    async def find_offender(self, noms_id: str, date_of_birth: date, call: Call) -> int | None:
        path = f"/lookup/active_offender?noms_id={_quoted(noms_id)}&date_of_birth={date_of_birth.isoformat()}"
        # Nobody there is a 200 that says so; a 404 can only come from something in between.
        found = await self._get("find_offender", path, payloads.offender, call, odd_404="look_up_not_found")
        self._memory.note_offender(noms_id, date_of_birth, found)
        return found

    def recall_offender(self, noms_id: str, date_of_birth: date) -> int | None:
        return self._memory.offender(noms_id, date_of_birth)

    def forget_offender(self, noms_id: str) -> None:
        self._memory.note_offender(noms_id, date.min, None)

    async def location(self, noms_id: str, call: Call) -> Location:
        return await self._get("location", f"/offenders/{_quoted(noms_id)}/location", payloads.location, call)

    async def contacts(self, offender_id: int, call: Call) -> tuple[Contact, ...]:
        path = f"/offenders/{offender_id}/visits/contact_list"
        return await self._get("contacts", path, payloads.contacts, call)

    async def available_dates(self, offender_id: int, start: date, end: date, call: Call) -> frozenset[date]:
        path = f"/offenders/{offender_id}/visits/available_dates?{_between(start, end)}"
        return await self._get("available_dates", path, payloads.available_dates, call)

    async def unavailability(
        self, offender_id: int, dates: Sequence[date], call: Call
    ) -> Mapping[date, DayAvailability]:
        if not dates:
            return {}
        path = f"/offenders/{offender_id}/visits/unavailability?dates={','.join(day.isoformat() for day in dates)}"
        return await self._get("unavailability", path, payloads.unavailability, call)

    async def restrictions(self, offender_id: int, call: Call) -> tuple[Restriction, ...]:
        if not self._settings.restrictions:
            raise CannotAsk("restrictions")
        path = f"/offenders/{offender_id}/visits/restrictions"
        # A 404 here may mean that the installation lacks the call, so it can't mean "none".
        return await self._get("restrictions", path, payloads.restrictions, call, odd_404="restrictions_not_found")

    async def slots(self, prison: str, start: date, end: date, call: Call) -> tuple[VisitSlot, ...]:
        offered = await self._get(
            "slots", f"/prison/{_quoted(prison)}/slots?{_between(start, end)}", payloads.slots, call
        )
        self._memory.note_slots(prison, start, end, offered)
        return offered

    async def recent_slots(self, prison: str, start: date, end: date, call: Call) -> tuple[VisitSlot, ...]:
        return await self._memory.recent_slots(
            prison, start, end, call.deadline, lambda: self.slots(prison, start, end, call)
        )

    async def find_by_reference(self, offender_id: int, reference: str, call: Call) -> tuple[FoundVisit, ...]:
        if not self.finds_by_reference:
            raise CannotAsk("find_by_reference")

        async def ask(deadline: float) -> tuple[FoundVisit, ...]:
            path = f"/offenders/{offender_id}/visits?client_unique_ref={_quoted(reference)}"
            reply = await self._exchange(path, call, deadline)
            if reply.status in {404, 405}:
                raise CannotAsk(f"http_{reply.status}")
            return read_answer(reply, payloads.found_visits, self._now)

        try:
            found = await self._calls.read("find_by_reference", call, ask)
        except CannotAsk:
            self._memory.note_cannot_find()
            raise
        self._memory.note_found_by_reference()
        return found

    @property
    def finds_by_reference(self) -> bool:
        return self._memory.finds_by_reference

    async def version(self, call: Call) -> Version:
        return await self._get("version", "/version", payloads.version, call)

    async def _get(self, operation: str, path: str, parse: Callable[[Object], T], call: Call, odd_404: str = "") -> T:
        """One read. `odd_404`: the reason to give where a 404 does not mean "no such offender" but nothing at all."""

        async def ask(deadline: float) -> T:
            try:
                return read_answer(await self._exchange(path, call, deadline), parse, self._now)
            except Refused as refusal:
                if odd_404 and refusal.reason == "no_such_offender":
                    raise NotUnderstood(odd_404) from None
                raise

        return await self._calls.read(operation, call, ask)

    async def _exchange(self, path: str, call: Call, deadline: float) -> Reply:
        """One GET; a second one only where a token turned out to have run out."""
        url = URL(self._base + path, encoded=True)
        await self._auth.prepare(deadline)
        authorization = self._auth.header()
        reply = await self._wire.read("GET", url, _headers(call.request_id, authorization), None, deadline)
        if reply.status != 401 or not self._auth.drop(authorization):
            return reply
        await self._auth.prepare(deadline)
        return await self._wire.read("GET", url, _headers(call.request_id, self._auth.header()), None, deadline)

    @asynccontextmanager
    async def booking_permit(self, prison: str, deadline: float) -> AsyncIterator[RestPermit]:
        async with self._calls.leave_to_write(prison, deadline) as leave:
            await self._auth.prepare(deadline)
            yield RestPermit(self, leave)

    async def book(
        self, leave: Leave, order: BookingOrder, deadline: float, request_id: str
    ) -> Booked | BookingRefused:
        """The one POST of a permit."""
        url = URL(f"{self._base}/offenders/{order.offender_id}/visits/booking", encoded=True)
        body = payloads.booking_body(order)

        async def post() -> Booked | BookingRefused:
            authorization = self._auth.header()
            reply = await self._wire.write("POST", url, _headers(request_id, authorization, body), body, deadline)
            if reply.status == 401:
                self._auth.drop(authorization)  # for those after us; this booking is never repeated here
            leave.hold(asked_to_wait(reply, self._now))
            return booking_answer(reply)

        return await leave.send("book", post)

    async def cancel(self, offender_id: int, visit_id: int, code: CancellationCode, call: Call) -> CancelAnswer:
        url = URL(f"{self._base}/offenders/{offender_id}/visits/booking/{visit_id}/cancel", encoded=True)
        body = payloads.cancellation_body(code)

        async def patch() -> CancelAnswer:
            reply = await self._patch(url, body, call)
            return cancellation_answer(reply, self._now)

        async with self._calls.leave_to_write(call.prison, call.deadline) as leave:
            await self._auth.prepare(call.deadline)
            return await leave.send("cancel", patch)

    async def _patch(self, url: URL, body: bytes, call: Call) -> Reply:
        """A cancellation may be repeated, so a token that ran out is put right on the spot."""
        authorization = self._auth.header()
        headers = _headers(call.request_id, authorization, body)
        reply = await self._wire.write("PATCH", url, headers, body, call.deadline)
        if reply.status != 401 or not self._auth.drop(authorization):
            return reply
        await self._auth.prepare(call.deadline)
        headers = _headers(call.request_id, self._auth.header(), body)
        return await self._wire.write("PATCH", url, headers, body, call.deadline)

    def is_open(self, prison: str) -> bool:
        return self._calls.is_open(prison)

    async def probe(self, prison: str, deadline: float) -> bool:
        tomorrow = self._now().astimezone(_LONDON).date() + timedelta(days=1)
        return await self._calls.probe(prison, deadline, lambda call: self.slots(prison, tomorrow, tomorrow, call))

    async def close(self) -> None:
        await self._wire.close()


class RestPermit:
    """Implements `BookingPermit`."""

    __slots__ = ("_client", "_leave")

    def __init__(self, client: RestClient, leave: Leave) -> None:
        self._client = client
        self._leave = leave

    async def post(self, order: BookingOrder, deadline: float, request_id: str = "") -> Booked | BookingRefused:
        return await self._client.book(self._leave, order, deadline, request_id)


def _headers(request_id: str, authorization: str | None, body: bytes | None = None) -> dict[str, str]:
    headers = {"Accept": "application/json"}
    if request_id.isascii() and request_id.isprintable() and request_id:
        headers["X-Request-Id"] = request_id
    if authorization is not None:
        headers["Authorization"] = authorization
    if body is not None:
        headers["Content-Type"] = "application/json"
    return headers


def _between(start: date, end: date) -> str:
    return f"start_date={start.isoformat()}&end_date={end.isoformat()}"


def _quoted(text: str) -> str:
    return text if text.isascii() and text.isalnum() else quote(text, safe="")
