"""The port: everything that the saga may ask of a prison system, in the saga's words. REST and SOAP implement it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date
from typing import Protocol

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


class BookingPermit(Protocol):
    """Everything needed to send one booking is in hand: a place, a token, the breaker's leave.

    Obtained *before* the reference is committed, so that after the commit nothing but the wire can fail.
    """

    async def post(self, order: BookingOrder, deadline: float, request_id: str = "") -> Booked | BookingRefused:
        """Send the booking once: at most one POST goes on the wire, whatever happens.

        Returns what a well-formed reply says; `BookingRefused` is only a reply of the contract's shape.
        Raises `Unavailable` if provably no byte of the request was written, `OutcomeUnknown` for everything else
        (401, 403, 429, 5xx and HTML included).
        """
        ...


class PrisonSystem(Protocol):
    """p-NOMIS, over any transport.

    Reads raise `Refused`, `Unavailable` (also when the deadline passes), `NotUnderstood` or `CannotAsk`; they are
    retried inside their deadline. All calls may run at the same time.
    """

    async def find_offender(self, noms_id: str, date_of_birth: date, call: Call) -> int | None:
        """The offender id of the active prisoner with this number and date of birth; None if there is none."""
        ...

    def recall_offender(self, noms_id: str, date_of_birth: date) -> int | None:
        """The offender id from a recent `find_offender`, without asking. None when not known (any more).

        A "not found" that rests on it proves nothing: ask `find_offender`, which always asks.
        """
        ...

    async def location(self, noms_id: str, call: Call) -> Location: ...

    async def contacts(self, offender_id: int, call: Call) -> tuple[Contact, ...]: ...

    async def available_dates(self, offender_id: int, start: date, end: date, call: Call) -> frozenset[date]:
        """Dates on which this prisoner may be visited. `start` not before today, `end` not after today + 60."""
        ...

    async def unavailability(
        self, offender_id: int, dates: Sequence[date], call: Call
    ) -> Mapping[date, DayAvailability]:
        """What stands against each of `dates`; every date lies after today. A date left out of the reply is absent."""
        ...

    async def restrictions(self, offender_id: int, call: Call) -> tuple[Restriction, ...]:
        """The prisoner's own restrictions, past and future. Raises `CannotAsk` where the installation has none."""
        ...

    async def slots(self, prison: str, start: date, end: date, call: Call) -> tuple[VisitSlot, ...]:
        """Sessions with room. The same time may come twice (two rooms)."""
        ...

    async def recent_slots(self, prison: str, start: date, end: date, call: Call) -> tuple[VisitSlot, ...]:
        """As `slots`, possibly a few seconds old: for display only, never for the check before a booking."""
        ...

    async def find_by_reference(self, offender_id: int, reference: str, call: Call) -> tuple[FoundVisit, ...]:
        """Visits under our reference, of any status. Raises `CannotAsk` where the installation can't say."""
        ...

    @property
    def finds_by_reference(self) -> bool:
        """False when it is configured, or has been seen, that this installation can't find by reference."""
        ...

    def booking_permit(self, prison: str, deadline: float) -> AbstractAsyncContextManager[BookingPermit]:
        """Wait for all that one booking POST needs. Entering raises `Unavailable` (nothing sent)."""
        ...

    async def cancel(self, offender_id: int, visit_id: int, code: CancellationCode, call: Call) -> CancelAnswer:
        """Cancel a visit; may be repeated. Raises `Unavailable` (surely not done) or `OutcomeUnknown`."""
        ...

    async def version(self, call: Call) -> Version: ...

    def is_open(self, prison: str) -> bool:
        """True while the read breaker of this prison lets ordinary calls through (what `GET /api/mode` shows)."""
        ...

    def may_answer(self, prison: str, within: float) -> bool:
        """False where a read of this prison would surely fail now, or not even be sent for `within` seconds.

        Its breaker is open, it asked to be left alone, or too many calls of this process wait for those under way.
        """
        ...

    async def probe(self, prison: str, deadline: float) -> bool:
        """A read through an open breaker; True if the prison system answered, and the breaker is closed.

        With the breaker closed it asks nothing and returns True. It asks at most once in `open_seconds`, so it may be
        called as often as one likes. Nothing else closes a read breaker: every process that has a client, with a
        worker or without, must call this again and again for each prison that `is_open` says False of. The write
        breaker needs no probe: reads that are answered let one booking through.
        """
        ...

    async def close(self) -> None: ...
