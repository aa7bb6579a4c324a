"""Fetching what a judgement needs, all at once, and putting it into the rules' words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

import nomis_client as nomis
from adapter.booking.codec import load_request
from adapter.booking.desk import Desk, Run
from adapter.store.errors import StoreUnavailable
from adapter.store.records import Visit
from adapter.store.rivals import OwnVisit, own_visits
from booking_rules import facts as rules
from booking_rules.facts import Unknown, Why
from booking_rules.matching import ids_to_match
from booking_rules.request import VisitRequest
from booking_rules.slots import Slot

T = TypeVar("T")

_FURTHEST = 60
"""Days ahead about which the prison system may be asked."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Facts, when they were asked for (database clock, microseconds; loop time), and the ids of existing visits.

    `stranger`: to one of the questions the answer was that there is no such prisoner.
    """

    facts: rules.Facts
    asked_at: int
    asked_at_loop: float
    stranger: bool = False

    def existing_ids(self, day: date) -> frozenset[int]:
        """All scheduled visits of the prisoner on a day; the baseline of a booking."""
        if isinstance(self.facts.days, Unknown) or day not in self.facts.days:
            return frozenset()
        return frozenset(item.id for item in self.facts.days[day].existing if item.id is not None)


async def gather(desk: Desk, visit: Visit, run: Run) -> Gathered:
    """Everything that judging this visit takes: four or five calls at the same time, none twice."""
    assert visit.offender_id is not None
    offender_id, call = visit.offender_id, desk.call(visit, run)
    today = desk.today()
    request = load_request(visit.request)
    days = sorted({slot.day for slot in request.choices if today < slot.day <= today + timedelta(days=_FURTHEST)})
    asked_at_loop = desk.clock.monotonic()
    port, refusals = desk.nomis, set[str]()
    async with asyncio.TaskGroup() as group:
        # The longest answers first: they are read while the others come.
        contacts = group.create_task(_known(port.contacts(offender_id, call), refusals))
        if days:
            slots = group.create_task(_known(port.slots(visit.nomis_prison, days[0], days[-1], call), refusals))
            per_day = group.create_task(_known(port.unavailability(offender_id, days, call), refusals))
        location = group.create_task(_known(port.location(request.prisoner.number, call), refusals))
        restrictions = group.create_task(_known(_restrictions(port.restrictions(offender_id, call)), refusals))
        await asyncio.sleep(0)  # the questions are on their way before we look at our own
        ours = await _own(desk, visit)
    if isinstance(ours, StoreUnavailable):
        raise ours
    at = location.result()
    return Gathered(
        facts=rules.Facts(
            offender_id=offender_id,
            prison=at if isinstance(at, Unknown) else at.prison,
            contacts=_contacts(contacts.result(), request),
            days=_days(per_day.result()) if days else {},
            restrictions=restrictions.result(),
            slots=_slots(slots.result(), request) if days else (),
            own=tuple(_own_visit(item) for item in ours),
        ),
        asked_at=visit.now,
        asked_at_loop=asked_at_loop,
        stranger="no_such_offender" in refusals,
    )


def unknown_of(error: nomis.NomisError) -> Unknown:
    """Which kind of unknown an error of the prison system leaves behind."""
    match error:
        case nomis.Locked():
            return Unknown(Why.LOCKED)
        case nomis.AccessDenied():
            return Unknown(Why.ACCESS_DENIED)
        case nomis.Unavailable(reason="timeout"):
            return Unknown(Why.TOO_SLOW)
        case nomis.Unavailable():
            return Unknown(Why.AWAY)
        case nomis.Refused(reason="bad_request"):
            return Unknown(Why.BAD_REQUEST)
        case nomis.Refused(reason="in_transit"):
            return Unknown(Why.IN_TRANSIT)
        case _:
            return Unknown(Why.NOT_UNDERSTOOD)


async def _known(asking: Awaitable[T], refusals: set[str]) -> T | Unknown:
    try:
        return await asking
    except nomis.NomisError as error:
        if isinstance(error, nomis.Refused):
            refusals.add(error.reason)
        return unknown_of(error)


async def _restrictions(asking: Awaitable[tuple[nomis.Restriction, ...]]) -> tuple[rules.Restriction, ...]:
    try:
        return tuple(_restriction(item) for item in await asking)
    except nomis.CannotAsk:
        return ()  # a closed visit then shows only when the booking is refused


async def _own(desk: Desk, visit: Visit) -> list[OwnVisit] | StoreUnavailable:
    """An outage of the store comes back as a value: out of a task group it would come as a group."""
    assert visit.offender_id is not None
    try:
        async with desk.store.read() as tx:
            return await own_visits(tx, visit.offender_id, visit.id)
    except StoreUnavailable as error:
        return error


def _contacts(
    answer: tuple[nomis.Contact, ...] | Unknown, request: VisitRequest
) -> tuple[rules.Contact, ...] | Unknown:
    """The lines of the contact list that matter for this request: mostly few of many."""
    if isinstance(answer, Unknown):
        return answer
    wanted = ids_to_match(request.visitors, ((item.id, item.date_of_birth) for item in answer))
    return tuple(
        rules.Contact(
            id=item.id,
            given_name=item.given_name,
            middle_names=item.middle_names,
            surname=item.surname,
            date_of_birth=item.date_of_birth,
            social=item.contact_type == "S",
            approved=item.approved,
            active=item.active,
            restrictions=tuple(_restriction(one) for one in item.restrictions),
        )
        for item in answer
        if item.id in wanted
    )


def _restriction(item: nomis.Restriction) -> rules.Restriction:
    return rules.Restriction(item.type, item.effective, item.expiry)


def _days(answer: Mapping[date, nomis.DayAvailability] | Unknown) -> Mapping[date, rules.Day] | Unknown:
    if isinstance(answer, Unknown):
        return answer
    return {
        day: rules.Day(
            external_movement=item.external_movement,
            out_of_vo=item.out_of_vo,
            banned=item.banned,
            existing=tuple(
                rules.Existing(Slot.parse(one.slot.raw), Slot.parse(one.slot.normal), one.id)
                for one in item.existing_visits
            ),
        )
        for day, item in answer.items()
    }


def _slots(
    answer: tuple[nomis.VisitSlot, ...] | Unknown, request: VisitRequest
) -> tuple[rules.OfferedSlot, ...] | Unknown:
    """Of all that is offered on the days of the choices, the sessions that were asked for."""
    if isinstance(answer, Unknown):
        return answer
    wanted = {str(slot) for slot in request.choices}
    return tuple(
        rules.OfferedSlot(
            raw=Slot.parse(item.time.raw),
            normal=Slot.parse(item.time.normal),
            capacity=item.capacity,
            max_groups=item.max_groups,
            max_adults=item.max_adults,
            groups_booked=item.groups_booked,
            visitors_booked=item.visitors_booked,
            adults_booked=item.adults_booked,
        )
        for item in answer
        if item.time.normal in wanted
    )


def _own_visit(item: OwnVisit) -> rules.Existing:
    return rules.Existing(
        raw=Slot.parse(item.raw),
        normal=Slot.parse(item.normal),
        id=item.nomis_visit_id,
        being_cancelled=item.leaving,
    )
