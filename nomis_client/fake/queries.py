"""The reads, of now or of a moment ago."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from nomis_client.fake import texts
from nomis_client.fake.entities import Prisoner
from nomis_client.fake.replies import (
    ContactList,
    Dates,
    Day,
    Days,
    FoundVisits,
    No,
    OffenderFound,
    Offered,
    Refusal,
    Restrictions,
    Slots,
    Whereabouts,
)
from nomis_client.fake.requests import (
    FindByReference,
    FindOffender,
    GetAvailableDates,
    GetContacts,
    GetLocation,
    GetRestrictions,
    GetSlots,
    GetUnavailability,
)
from nomis_client.fake.rules import is_full, occupancy, out_of_orders
from nomis_client.fake.timetable import HORIZON
from nomis_client.fake.world import World

_NOMS = re.compile(r"[A-Z]\d{4}[A-Z]{2}")
_NO_OFFENDER = Refusal(No.NO_OFFENDER, (texts.OFFENDER_NOT_FOUND,))


class View:
    """The world as one moment saw it; `as_of` None: now. `today` is London's, and judges the date limits."""

    def __init__(self, world: World, today: date, as_of: datetime | None = None) -> None:
        self._world, self._today, self._as_of = world, today, as_of

    def find_offender(self, request: FindOffender) -> OffenderFound | Refusal:
        """A wrong date of birth looks just like an unknown number, and like a prisoner who has left."""
        if not _NOMS.fullmatch(request.noms_id):
            return Refusal(No.BAD_REQUEST, ("noms_id is not a valid NOMS ID",))
        prisoner = self._by_number(request.noms_id)
        if prisoner is None or prisoner.date_of_birth != request.date_of_birth:
            return OffenderFound(None)
        return OffenderFound(prisoner.offender_id)

    def location(self, request: GetLocation) -> Whereabouts | Refusal:
        prisoner = self._by_number(request.noms_id)
        if prisoner is None:
            return _NO_OFFENDER
        if prisoner.in_transit:
            return Whereabouts("TRN", "TRANSFER", "")
        prison = self._world.prisons.get(prisoner.prison, self._as_of)
        return Whereabouts(prisoner.prison, prison.desc if prison else prisoner.prison, prisoner.housing)

    def contacts(self, request: GetContacts) -> ContactList | Refusal:
        prisoner = self._by_id(request.offender_id)
        return _NO_OFFENDER if prisoner is None else ContactList(prisoner.contacts)

    def available_dates(self, request: GetAvailableDates) -> Dates | Refusal:
        """Days with a session that has room, on which nothing stands against the prisoner."""
        wrong = self._outside(request.start, request.end)
        if wrong is not None:
            return wrong
        prisoner = self._by_id(request.offender_id)
        if prisoner is None:
            return _NO_OFFENDER
        if out_of_orders(prisoner):
            return Dates(())
        return Dates(
            tuple(
                day
                for day in _days(request.start, request.end)
                if not prisoner.moves_on(day)
                and not prisoner.restricted("BAN", day)
                and any(not is_full(offered) for offered in self.offered(prisoner.prison, day))
            )
        )

    def unavailability(self, request: GetUnavailability) -> Days | Refusal:
        if not request.dates or any(day <= self._today for day in request.dates):
            return Refusal(No.BAD_REQUEST, ("dates must be in the future",))
        prisoner = self._by_id(request.offender_id)
        if prisoner is None:
            return _NO_OFFENDER
        visits = [
            visit
            for visit in self._world.visits_of(prisoner.noms_id, self._as_of)
            if visit.scheduled and visit.stay == prisoner.stay
        ]
        return Days(
            {
                day: Day(
                    external_movement=prisoner.moves_on(day),
                    out_of_vo=out_of_orders(prisoner),
                    banned=prisoner.restricted("BAN", day),
                    existing_visits=tuple(visit for visit in visits if visit.begin.date() == day),
                )
                for day in request.dates
            }
        )

    def restrictions(self, request: GetRestrictions) -> Restrictions | Refusal:
        prisoner = self._by_id(request.offender_id)
        return _NO_OFFENDER if prisoner is None else Restrictions(prisoner.restrictions)

    def slots(self, request: GetSlots) -> Slots | Refusal:
        """Codes are case-sensitive; an unknown one has no slots."""
        wrong = self._outside(request.start, request.end)
        if wrong is not None:
            return wrong
        known = self._world.prisons.get(request.prison, self._as_of) is not None
        return Slots(
            tuple(
                offered
                for day in _days(request.start, request.end)
                for offered in self.offered(request.prison, day)
                if not is_full(offered)
            ),
            known,
        )

    def find_by_reference(self, request: FindByReference) -> FoundVisits | Refusal:
        """Only visits of the current stay whose session still exists; of any status."""
        prisoner = self._by_id(request.offender_id)
        if prisoner is None:
            return _NO_OFFENDER
        if prisoner.in_transit:
            return Refusal(No.IN_TRANSIT, (texts.IN_TRANSIT,))
        visit = self._world.visit_under(request.reference, self._as_of)
        seen = (
            visit is not None
            and visit.noms_id == prisoner.noms_id
            and visit.stay == prisoner.stay
            and self._world.sessions.get(visit.session, self._as_of) is not None
        )
        return FoundVisits((visit,) if visit is not None and seen else ())

    def offered(self, prison: str, day: date) -> Iterator[Offered]:
        """Every session of a day with its numbers, full ones included."""
        for session in self._world.sessions_on(prison, day, self._as_of):
            yield occupancy(session, self._world.visits_in(session.id, self._as_of))

    def _by_number(self, noms_id: str) -> Prisoner | None:
        prisoner = self._world.prisoners.get(noms_id, self._as_of)
        return prisoner if prisoner is not None and prisoner.active else None

    def _by_id(self, offender_id: int) -> Prisoner | None:
        prisoner = self._world.offender(offender_id, self._as_of)
        return prisoner if prisoner is not None and prisoner.active else None

    def _outside(self, start: date, end: date) -> Refusal | None:
        if start < self._today:
            return Refusal(No.BAD_REQUEST, ("start_date must not be in the past",))
        if end > self._today + HORIZON:
            return Refusal(No.BAD_REQUEST, ("end_date must be within 60 days",))
        return Refusal(No.BAD_REQUEST, ("end_date must not be before start_date",)) if end < start else None


def _days(start: date, end: date) -> Iterator[date]:
    while start <= end:
        yield start
        start += timedelta(days=1)
