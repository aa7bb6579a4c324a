"""The port over SOAP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from random import Random
from typing import TypeVar

from yarl import URL

from nomis_client.calls import Calls, Leave
from nomis_client.client import PortClient
from nomis_client.errors import CannotAsk, NotUnderstood, Refused
from nomis_client.settings import NomisSettings
from nomis_client.soap import payloads
from nomis_client.soap.codec import Arguments, Codec, Message
from nomis_client.soap.elements import Members, carried
from nomis_client.soap.replies import Asked, booking_answer, cancellation_answer, read_answer
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

READ_ASIDE = 64 * 1024
"""Bytes from which a reply (a hundred contacts) is read in a thread: docs/decisions/0008-soap-parsing.md."""


class SoapClient(PortClient):
    """Implements `PrisonSystem`."""

    def __init__(
        self,
        settings: NomisSettings,
        wire: Wire,
        codec: Codec,
        calls: Calls,
        *,
        monotonic: Callable[[], float],
        now: Callable[[], datetime],
        rng: Random,
    ) -> None:
        super().__init__(settings, wire, calls, monotonic=monotonic, now=now)
        self._url = str(URL(settings.soap.url, encoded=True).with_fragment(None))
        self._codec = codec
        self._rng = rng

    async def _look_up(self, noms_id: str, date_of_birth: date, call: Call) -> int | None:
        arguments = payloads.of_number(noms_id) | {"DateOfBirth": date_of_birth}
        try:
            return await self._ask("find_offender", "LookupActiveOffender", arguments, payloads.offender, call)
        except Refused as refusal:
            if refusal.reason == "no_such_offender":  # the contract says so by `Found`; a fault proves nothing
                raise NotUnderstood("look_up_not_found") from None
            raise

    async def location(self, noms_id: str, call: Call) -> Location:
        arguments = payloads.of_number(noms_id)
        return await self._ask("location", "GetOffenderLocation", arguments, payloads.location, call)

    async def contacts(self, offender_id: int, call: Call) -> tuple[Contact, ...]:
        arguments = {"OffenderId": offender_id}
        return await self._ask("contacts", "GetContactList", arguments, payloads.contacts, call)

    async def available_dates(self, offender_id: int, start: date, end: date, call: Call) -> frozenset[date]:
        arguments = {"OffenderId": offender_id, "StartDate": start, "EndDate": end}
        return await self._ask("available_dates", "GetAvailableDates", arguments, payloads.available_dates, call)

    async def _days(self, offender_id: int, dates: Sequence[date], call: Call) -> Mapping[date, DayAvailability]:
        arguments = payloads.of_dates(offender_id, dates)
        return await self._ask("unavailability", "GetVisitUnavailability", arguments, payloads.unavailability, call)

    async def _restrictions(self, offender_id: int, call: Call) -> tuple[Restriction, ...]:
        arguments = {"OffenderId": offender_id}
        return await self._ask("restrictions", "GetOffenderRestrictions", arguments, payloads.restrictions, call)

    async def _slots(self, prison: str, start: date, end: date, call: Call) -> tuple[VisitSlot, ...]:
        arguments = payloads.of_prison(prison, start, end)
        return await self._ask("slots", "GetVisitSlots", arguments, payloads.slots, call)

    async def _find(self, offender_id: int, reference: str, call: Call) -> tuple[FoundVisit, ...]:
        arguments = {"OffenderId": offender_id, "ClientUniqueRef": carried(reference)}
        operation = "FindVisitByClientRef"

        async def ask(deadline: float) -> tuple[FoundVisit, ...]:
            reply, asked = await self._exchange(operation, arguments, call, deadline)
            if reply.status in {404, 405}:
                raise CannotAsk(f"http_{reply.status}")
            try:
                return read_answer(reply, asked, payloads.found_visits, self._now)
            except NotUnderstood as failure:
                if failure.reason == "fault_sender":  # an operation that this installation doesn't have
                    raise CannotAsk("fault_sender") from None
                raise

        return await self._calls.read("find_by_reference", call, ask)

    async def version(self, call: Call) -> Version:
        return await self._ask("version", "GetVersion", {}, payloads.version, call)

    async def _ask(
        self, name: str, operation: str, arguments: Arguments, parse: Callable[[Members], T], call: Call
    ) -> T:
        """One read. `name` is what the observer hears."""

        async def ask(deadline: float) -> T:
            reply, asked = await self._exchange(operation, arguments, call, deadline)
            if len(reply.body) >= READ_ASIDE:
                return await asyncio.to_thread(read_answer, reply, asked, parse, self._now)
            return read_answer(reply, asked, parse, self._now)

        return await self._calls.read(name, call, ask)

    async def _exchange(self, operation: str, arguments: Arguments, call: Call, deadline: float) -> tuple[Reply, Asked]:
        message = self._message(operation, arguments)
        headers = _with_request_id(message.headers, call.request_id)
        reply = await self._wire.read("POST", self._url, headers, message.body, deadline)
        return reply, self._asked(operation, message)

    async def book(
        self, leave: Leave, order: BookingOrder, deadline: float, request_id: str
    ) -> Booked | BookingRefused:
        message = self._message("BookVisit", payloads.of_booking(order))
        headers = _with_request_id(message.headers, request_id)

        async def post() -> Booked | BookingRefused:
            reply = await self._wire.write("POST", self._url, headers, message.body, deadline)
            leave.hold(asked_to_wait(reply, self._now))
            return booking_answer(reply, self._asked("BookVisit", message))

        return await leave.send("book", post)

    async def _cancel(self, offender_id: int, visit_id: int, code: CancellationCode, call: Call) -> CancelAnswer:
        message = self._message("CancelVisit", payloads.of_cancelling(offender_id, visit_id, code))
        headers = _with_request_id(message.headers, call.request_id)
        reply = await self._wire.write("POST", self._url, headers, message.body, call.deadline)
        return cancellation_answer(reply, self._asked("CancelVisit", message), self._now)

    def _message(self, operation: str, arguments: Arguments) -> Message:
        """The request for one try, with ids that no other request has."""
        drawn = f"{self._rng.getrandbits(256):064x}"
        return self._codec.message(
            operation, arguments, now=self._now(), message_id=drawn[:32], correlation_id=drawn[32:]
        )

    def _asked(self, operation: str, message: Message) -> Asked:
        return Asked(operation, self._codec.envelope_namespace, message.correlation_id)


def _with_request_id(headers: dict[str, str], request_id: str) -> dict[str, str]:
    if request_id.isascii() and request_id.isprintable() and request_id:
        return headers | {"X-Request-Id": request_id}
    return headers
