"""The state machine: requests in, replies out, no transport. Every call says what time it is."""

from __future__ import annotations

from datetime import date, datetime
from typing import assert_never

from nomis_client.fake import queries, writing
from nomis_client.fake.clock import london_date
from nomis_client.fake.installation import Installation
from nomis_client.fake.pending import Pending
from nomis_client.fake.replies import Healthy, No, Refusal, Reply, VersionIs
from nomis_client.fake.requests import (
    Book,
    Cancel,
    FindByReference,
    FindOffender,
    GetAvailableDates,
    GetContacts,
    GetHealth,
    GetLocation,
    GetRestrictions,
    GetSlots,
    GetToken,
    GetUnavailability,
    GetVersion,
    Malformed,
    Read,
    Request,
    Write,
)
from nomis_client.fake.timetable import planned_sessions
from nomis_client.fake.world import ALWAYS, Change, World

_THE = "installation"


class PrisonState:
    """One prison system. Not thread-safe; every call is carried out whole before it returns."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or World()
        self._awaited: set[int] = set()
        self._carried_out: dict[int, Reply] = {}

    @property
    def installation(self) -> Installation:
        return self.world.installations.get(_THE) or Installation()

    def install(self, installation: Installation, now: datetime) -> None:
        self.world.commit(now, (self.world.installations, _THE, installation))

    def answer(self, request: Request, now: datetime, as_of: datetime | None = None) -> Reply:
        """Carry a request out. `as_of`: a read is answered from the past (a replica that lags)."""
        self.settle(now)
        if isinstance(request, Malformed):
            return Refusal(No.BAD_REQUEST, (request.reason,))
        if isinstance(request, Book | Cancel):
            return self._write(request, now)
        return self._read(request, london_date(now), as_of)

    def settle(self, now: datetime) -> None:
        """Let happen what is due: writes still under way, and sessions for the days that have come into sight."""
        due = sorted((p for p in self.world.pending.values() if p.due <= now), key=lambda p: (p.due, p.number))
        for pending in due:
            self.carry_out(pending.number, pending.due)
        today = london_date(now)
        for prison in tuple(self.world.prisons.values()):
            changes = planned_sessions(self.world, prison, today)
            if changes:
                self.world.commit(ALWAYS, *changes)

    def put_off(self, write: Write, due: datetime, now: datetime, *, awaited: bool = False) -> int:
        """Keep a write to be carried out when `due`; returns its number. `awaited`: somebody will `collect`."""
        number = self.world.pending.last_key(0) + 1
        book, cancel = (write, None) if isinstance(write, Book) else (None, write)
        pending = Pending(number=number, due=due, book=book, cancel=cancel)
        self.world.commit(now, (self.world.pending, number, pending))
        if awaited:
            self._awaited.add(number)
        return number

    def carry_out(self, number: int, now: datetime) -> None:
        """Carry out a write that was put off, unless that has happened."""
        pending = self.world.pending.get(number)
        if pending is None:
            return
        reply = self._write(pending.write, now, (self.world.pending, number, None))
        if number in self._awaited:
            self._carried_out[number] = reply

    def collect(self, number: int, now: datetime) -> Reply:
        """The reply to an awaited write, which is carried out now at the latest."""
        self.carry_out(number, now)
        self._awaited.discard(number)
        return self._carried_out.pop(number)

    def abandon(self, number: int) -> None:
        """Nobody waits for this reply any more; the write itself still happens."""
        self._awaited.discard(number)
        self._carried_out.pop(number, None)

    def close(self) -> None:
        self.world.close()

    def _write(self, write: Write, now: datetime, *along: Change) -> Reply:
        if isinstance(write, Book):
            return writing.book(self.world, self.installation, write, now, along)
        return writing.cancel(self.world, write, now, along)

    def _read(self, request: Read, today: date, as_of: datetime | None) -> Reply:
        view = queries.View(self.world, today, as_of)
        match request:
            case FindOffender():
                return view.find_offender(request)
            case GetLocation():
                return view.location(request)
            case GetContacts():
                return view.contacts(request)
            case GetAvailableDates():
                return view.available_dates(request)
            case GetUnavailability():
                return view.unavailability(request)
            case GetRestrictions():
                return view.restrictions(request) if self.installation.restrictions else Refusal(No.CANNOT_ASK)
            case GetSlots():
                return view.slots(request)
            case FindByReference():
                able = self.installation.find_by_ref == "yes"
                return view.find_by_reference(request) if able else Refusal(No.CANNOT_ASK)
            case GetVersion():
                return VersionIs("fake-1", "")
            case GetHealth() | GetToken():
                return Healthy()
        assert_never(request)
