"""The port, as far as it is the same over every transport: what is remembered, what needs no asking, permits, probes.

A transport says how one question is asked and what its reply means, and nothing else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from nomis_client.calls import Calls, Leave
from nomis_client.errors import CannotAsk
from nomis_client.memory import Memory
from nomis_client.settings import NomisSettings
from nomis_client.types import (
    Booked,
    BookingOrder,
    BookingRefused,
    Call,
    CancelAnswer,
    CancellationCode,
    DayAvailability,
    FoundVisit,
    Restriction,
    Version,
    VisitSlot,
)
from nomis_client.wire import Wire

_LONDON = ZoneInfo("Europe/London")


class PortClient(ABC):
    """The promises are the port's (`PrisonSystem`)."""

    def __init__(
        self,
        settings: NomisSettings,
        wire: Wire,
        calls: Calls,
        *,
        monotonic: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._wire = wire
        self._calls = calls
        self._now = now
        self._memory = Memory(settings, monotonic)

    async def find_offender(self, noms_id: str, date_of_birth: date, call: Call) -> int | None:
        found = await self._look_up(noms_id, date_of_birth, call)
        self._memory.note_offender(noms_id, date_of_birth, found)
        return found

    def recall_offender(self, noms_id: str, date_of_birth: date) -> int | None:
        return self._memory.offender(noms_id, date_of_birth)

    async def unavailability(
        self, offender_id: int, dates: Sequence[date], call: Call
    ) -> Mapping[date, DayAvailability]:
        return await self._days(offender_id, dates, call) if dates else {}

    async def restrictions(self, offender_id: int, call: Call) -> tuple[Restriction, ...]:
        if not self._settings.restrictions:
            raise CannotAsk("restrictions")
        return await self._restrictions(offender_id, call)

    async def slots(self, prison: str, start: date, end: date, call: Call) -> tuple[VisitSlot, ...]:
        offered = await self._slots(prison, start, end, call)
        self._memory.note_slots(prison, start, end, offered)
        return offered

    async def recent_slots(self, prison: str, start: date, end: date, call: Call) -> tuple[VisitSlot, ...]:
        return await self._memory.recent_slots(
            prison, start, end, call.deadline, lambda: self.slots(prison, start, end, call)
        )

    async def find_by_reference(self, offender_id: int, reference: str, call: Call) -> tuple[FoundVisit, ...]:
        if not self.finds_by_reference:
            raise CannotAsk("find_by_reference")
        try:
            found = await self._find(offender_id, reference, call)
        except CannotAsk:
            self._memory.note_cannot_find()
            raise
        self._memory.note_found_by_reference()
        return found

    @property
    def finds_by_reference(self) -> bool:
        return self._memory.finds_by_reference

    @asynccontextmanager
    async def booking_permit(self, prison: str, deadline: float) -> AsyncIterator[Permit]:
        async with self._calls.leave_to_write(prison, deadline) as leave:
            await self._prepare(deadline)
            yield Permit(self, leave)

    async def cancel(self, offender_id: int, visit_id: int, code: CancellationCode, call: Call) -> CancelAnswer:
        async with self._calls.leave_to_write(call.prison, call.deadline) as leave:
            await self._prepare(call.deadline)
            return await leave.send("cancel", lambda: self._cancel(offender_id, visit_id, code, call))

    def is_open(self, prison: str) -> bool:
        return self._calls.is_open(prison)

    def may_answer(self, prison: str, within: float) -> bool:
        return self._calls.may_answer(prison, within)

    async def probe(self, prison: str, deadline: float) -> bool:
        tomorrow = self._now().astimezone(_LONDON).date() + timedelta(days=1)

        async def ask(call: Call) -> object:
            return await (self.slots(prison, tomorrow, tomorrow, call) if prison else self.version(call))

        return await self._calls.probe(prison, deadline, ask)

    async def close(self) -> None:
        await self._wire.close()

    async def _prepare(self, deadline: float) -> None:  # noqa: B027 - most have nothing to prepare
        """Have what a write needs besides the wire. May raise `Unavailable`, and then nothing was sent."""

    @abstractmethod
    async def _look_up(self, noms_id: str, date_of_birth: date, call: Call) -> int | None: ...

    @abstractmethod
    async def _days(self, offender_id: int, dates: Sequence[date], call: Call) -> Mapping[date, DayAvailability]: ...

    @abstractmethod
    async def _restrictions(self, offender_id: int, call: Call) -> tuple[Restriction, ...]: ...

    @abstractmethod
    async def _slots(self, prison: str, start: date, end: date, call: Call) -> tuple[VisitSlot, ...]: ...

    @abstractmethod
    async def _find(self, offender_id: int, reference: str, call: Call) -> tuple[FoundVisit, ...]:
        """Raises `CannotAsk` for whatever is a sign that the installation lacks the call."""

    @abstractmethod
    async def version(self, call: Call) -> Version: ...

    @abstractmethod
    async def book(
        self, leave: Leave, order: BookingOrder, deadline: float, request_id: str
    ) -> Booked | BookingRefused:
        """The one POST of a permit, sent through `leave`."""

    @abstractmethod
    async def _cancel(self, offender_id: int, visit_id: int, code: CancellationCode, call: Call) -> CancelAnswer: ...


class Permit:
    """Implements `BookingPermit`."""

    __slots__ = ("_client", "_leave")

    def __init__(self, client: PortClient, leave: Leave) -> None:
        self._client = client
        self._leave = leave

    async def post(self, order: BookingOrder, deadline: float, request_id: str = "") -> Booked | BookingRefused:
        return await self._client.book(self._leave, order, deadline, request_id)
