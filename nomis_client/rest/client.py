"""The port over REST."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TypeVar
from urllib.parse import quote

from nomis_client.calls import Calls, Leave
from nomis_client.client import PortClient
from nomis_client.errors import CannotAsk, NotUnderstood, Refused
from nomis_client.rest import payloads
from nomis_client.rest.auth import Auth
from nomis_client.rest.decoding import Object
from nomis_client.rest.replies import booking_answer, cancellation_answer, read_answer
from nomis_client.settings import NomisSettings
from nomis_client.statuses import asked_to_wait
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


class RestClient(PortClient):
    """Implements `PrisonSystem`."""

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
        super().__init__(settings, wire, calls, monotonic=monotonic, now=now)
        self._auth = auth
        self._base = settings.base_url.rstrip("/")

    async def _look_up(self, noms_id: str, date_of_birth: date, call: Call) -> int | None:
        path = f"/lookup/active_offender?noms_id={_quoted(noms_id)}&date_of_birth={date_of_birth.isoformat()}"
        # Nobody there is a 200 that says so; a 404 can only come from something in between.
        return await self._get("find_offender", path, payloads.offender, call, odd_404="look_up_not_found")

    async def location(self, noms_id: str, call: Call) -> Location:
        return await self._get("location", f"/offenders/{_quoted(noms_id)}/location", payloads.location, call)

    async def contacts(self, offender_id: int, call: Call) -> tuple[Contact, ...]:
        path = f"/offenders/{offender_id}/visits/contact_list"
        return await self._get("contacts", path, payloads.contacts, call)

    async def available_dates(self, offender_id: int, start: date, end: date, call: Call) -> frozenset[date]:
        path = f"/offenders/{offender_id}/visits/available_dates?{_between(start, end)}"
        return await self._get("available_dates", path, payloads.available_dates, call)

    async def _days(self, offender_id: int, dates: Sequence[date], call: Call) -> Mapping[date, DayAvailability]:
        path = f"/offenders/{offender_id}/visits/unavailability?dates={','.join(day.isoformat() for day in dates)}"
        return await self._get("unavailability", path, payloads.unavailability, call)

    async def _restrictions(self, offender_id: int, call: Call) -> tuple[Restriction, ...]:
        path = f"/offenders/{offender_id}/visits/restrictions"
        # A 404 here may mean that the installation lacks the call, so it can't mean "none".
        return await self._get("restrictions", path, payloads.restrictions, call, odd_404="restrictions_not_found")

    async def _slots(self, prison: str, start: date, end: date, call: Call) -> tuple[VisitSlot, ...]:
        path = f"/prison/{_quoted(prison)}/slots?{_between(start, end)}"
        return await self._get("slots", path, payloads.slots, call)

    async def _find(self, offender_id: int, reference: str, call: Call) -> tuple[FoundVisit, ...]:
        path = f"/offenders/{offender_id}/visits?client_unique_ref={_quoted(reference)}"

        async def ask(deadline: float) -> tuple[FoundVisit, ...]:
            reply = await self._exchange(path, call, deadline)
            if reply.status in {404, 405}:
                raise CannotAsk(f"http_{reply.status}")
            return read_answer(reply, payloads.found_visits, self._now)

        return await self._calls.read("find_by_reference", call, ask)

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
        url = self._base + path
        await self._auth.prepare(deadline)
        authorization = self._auth.header()
        reply = await self._wire.read("GET", url, _headers(call.request_id, authorization), None, deadline)
        if reply.status != 401 or not self._auth.drop(authorization):
            return reply
        await self._auth.prepare(deadline)
        return await self._wire.read("GET", url, _headers(call.request_id, self._auth.header()), None, deadline)

    async def _prepare(self, deadline: float) -> None:
        await self._auth.prepare(deadline)

    async def book(
        self, leave: Leave, order: BookingOrder, deadline: float, request_id: str
    ) -> Booked | BookingRefused:
        url = f"{self._base}/offenders/{order.offender_id}/visits/booking"
        body = payloads.booking_body(order)

        async def post() -> Booked | BookingRefused:
            authorization = self._auth.header()
            reply = await self._wire.write("POST", url, _headers(request_id, authorization, body), body, deadline)
            if reply.status == 401:
                self._auth.drop(authorization)  # for those after us; this booking is never repeated here
            leave.hold(asked_to_wait(reply, self._now))
            return booking_answer(reply)

        return await leave.send("book", post)

    async def _cancel(self, offender_id: int, visit_id: int, code: CancellationCode, call: Call) -> CancelAnswer:
        url = f"{self._base}/offenders/{offender_id}/visits/booking/{visit_id}/cancel"
        reply = await self._patch(url, payloads.cancellation_body(code), call)
        return cancellation_answer(reply, self._now)

    async def _patch(self, url: str, body: bytes, call: Call) -> Reply:
        """A cancellation may be repeated, so a token that ran out is put right on the spot."""
        authorization = self._auth.header()
        headers = _headers(call.request_id, authorization, body)
        reply = await self._wire.write("PATCH", url, headers, body, call.deadline)
        if reply.status != 401 or not self._auth.drop(authorization):
            return reply
        await self._auth.prepare(call.deadline)
        headers = _headers(call.request_id, self._auth.header(), body)
        return await self._wire.write("PATCH", url, headers, body, call.deadline)


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
