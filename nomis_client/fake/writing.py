"""The two writes: book and cancel. What they refuse writes nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from nomis_client.fake import texts
from nomis_client.fake.clock import london, london_date
from nomis_client.fake.entities import LedgerEntry, Order, Prisoner, Session, Status, Visit
from nomis_client.fake.installation import Installation
from nomis_client.fake.replies import Booking, Cancelled, No, Refusal
from nomis_client.fake.requests import Book, Cancel, Override
from nomis_client.fake.rules import choose_room, objections, occupancy, party_of, spend_from
from nomis_client.fake.times import parse_slot
from nomis_client.fake.world import Change, World

_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CODES = frozenset({"VISCANC", "OFFCANC", "NO_VO", "ADMIN", "HMP"})
_MAX_COMMENT = 197
_FIRST_VISIT = 5984


def book(
    world: World, installation: Installation, order: Book, now: datetime, along: Sequence[Change] = ()
) -> Booking | Refusal:
    """Book at the prisoner's current prison. `along`: changes that belong into the same commit, booked or not."""
    outcome = _judge(world, installation, order, now)
    if isinstance(outcome, Refusal):
        if along:
            world.commit(now, *along)
        return outcome
    prisoner, session = outcome
    visit, changes = booked(world, prisoner, session, order, now)
    world.commit(now, *changes, *along)
    return Booking(visit.id, visit.order)


def cancel(world: World, request: Cancel, now: datetime, along: Sequence[Change] = ()) -> Cancelled | Refusal:
    outcome = _judge_cancelling(world, request, now)
    if isinstance(outcome, Refusal):
        if along:
            world.commit(now, *along)
        return outcome
    world.commit(now, *cancelled(world, outcome, request.code, now), *along)
    return Cancelled()


def booked(
    world: World, prisoner: Prisoner, session: Session, order: Book, now: datetime, *, by_hand: bool = False
) -> tuple[Visit, list[Change]]:
    """The new visit and everything that changes with it; asks no rule."""
    visit_id = world.visits.last_key(_FIRST_VISIT - 1) + 1
    paid, changes = _spent(world, prisoner, visit_id, now)
    visit = Visit(
        id=visit_id,
        noms_id=prisoner.noms_id,
        offender_id=prisoner.offender_id,
        stay=prisoner.stay,
        prison=session.prison,
        session=session.id,
        begin=session.begin,
        end=session.end,
        status=Status.SCHEDULED,
        lead=order.lead_contact,
        others=order.other_contacts,
        adults=party_of(order, prisoner.contacts, london_date(now)).adults - 1,
        reference=order.reference or None,
        order=paid,
        made_by="hand" if by_hand else "api",
        comment=order.comment,
    )
    return visit, [(world.visits, visit_id, visit), *changes]


def cancelled(world: World, visit: Visit, code: str, now: datetime) -> list[Change]:
    """What changes when a scheduled visit is cancelled: its visiting order is given back."""
    gone = replace(visit, status=Status.CANCELLED, cancellation_code=code)
    changes: list[Change] = [(world.visits, visit.id, gone)]
    prisoner = world.prisoners.get(visit.noms_id)
    if visit.order is not None and prisoner is not None:
        back = visit.order
        entry = LedgerEntry(
            number=world.ledger.last_key(0) + 1,
            at=now,
            noms_id=visit.noms_id,
            type=back.type,
            change=1,
            visit_id=visit.id,
            order_number=back.number,
        )
        changes += [(world.ledger, entry.number, entry), (world.prisoners, visit.noms_id, _add(prisoner, back.type, 1))]
    return changes


def granted(world: World, prisoner: Prisoner, vo: int, pvo: int, now: datetime) -> list[Change]:
    """Visiting orders given by the prison; negative ones are taken away."""
    number = world.ledger.last_key(0)
    changes: list[Change] = []
    for kind, change in (("VO", vo), ("PVO", pvo)):
        if change:
            number += 1
            entry = LedgerEntry(number=number, at=now, noms_id=prisoner.noms_id, type=kind, change=change)
            changes.append((world.ledger, number, entry))
            prisoner = _add(prisoner, kind, change)
    return [*changes, (world.prisoners, prisoner.noms_id, prisoner)]


def _judge(world: World, installation: Installation, order: Book, now: datetime) -> Refusal | tuple[Prisoner, Session]:
    malformed = _malformed(order)
    if malformed:
        return Refusal(No.BAD_REQUEST, (malformed,))
    prisoner = world.offender(order.offender_id)
    if prisoner is None or not prisoner.active:
        return Refusal(No.NO_OFFENDER, (texts.OFFENDER_NOT_FOUND,))
    if prisoner.in_transit:
        return Refusal(No.IN_TRANSIT, (texts.IN_TRANSIT,))
    if prisoner.locked:
        return Refusal(No.LOCKED, (texts.LOCKED,))
    wanted = parse_slot(order.slot)
    day = wanted[0].date()
    if Override.OFFENDER_RESTRICTIONS not in order.overrides and prisoner.restricted("CLOSED", day):
        return Refusal(No.CLOSED, (texts.CLOSED,))
    rooms = [s for s in world.sessions_on(prisoner.prison, day) if s.span == wanted]
    if not rooms:
        return Refusal(No.REFUSED, (texts.NO_SLOT,))
    duplicate = world.visit_under(order.reference) is not None
    if duplicate and installation.duplicate_checked == "first":
        return Refusal(No.DUPLICATE, (texts.DUPLICATE,))
    today = london_date(now)
    offered = [occupancy(room, world.visits_in(room.id)) for room in rooms]
    room = choose_room(offered, party_of(order, prisoner.contacts, today))
    existing = [v.span for v in world.visits_of(prisoner.noms_id) if v.scheduled and v.stay == prisoner.stay]
    against = objections(order, prisoner, day, today, existing, wanted, room)
    if against:
        return Refusal(No.REFUSED, against)
    if duplicate:
        return Refusal(No.DUPLICATE, (texts.DUPLICATE,))
    return prisoner, (room or offered[0]).session


def _malformed(order: Book) -> str:
    if not _REFERENCE.fullmatch(order.reference):
        return "client_unique_ref is invalid"
    if len(order.comment) > _MAX_COMMENT:
        return "comment is too long"
    try:
        parse_slot(order.slot)
    except ValueError:
        return "slot is invalid"
    return ""


def _judge_cancelling(world: World, request: Cancel, now: datetime) -> Refusal | Visit:
    if request.code not in _CODES:
        return Refusal(No.INVALID_CODE, (texts.INVALID_CODE,))
    prisoner = world.offender(request.offender_id)
    if prisoner is None:
        return Refusal(No.VISIT_NOT_FOUND, (texts.VISIT_NOT_FOUND,))
    if prisoner.in_transit or not prisoner.active:
        return Refusal(No.IN_TRANSIT, (texts.IN_TRANSIT,))
    if prisoner.locked:
        return Refusal(No.LOCKED, (texts.LOCKED,))
    visit = world.visits.get(request.visit_id)
    if visit is None or visit.noms_id != prisoner.noms_id or visit.stay != prisoner.stay:
        return Refusal(No.VISIT_NOT_FOUND, (texts.VISIT_NOT_FOUND,))
    if visit.status is Status.CANCELLED:
        return Refusal(No.ALREADY_CANCELLED, (texts.ALREADY_CANCELLED,))
    if visit.status is Status.COMPLETED or visit.end <= london(now):
        return Refusal(No.COMPLETED, (texts.COMPLETED,))
    return visit


def _spent(world: World, prisoner: Prisoner, visit_id: int, now: datetime) -> tuple[Order | None, list[Change]]:
    kind = spend_from(prisoner)
    if kind is None:
        return None, []
    number = world.ledger.last_key(0) + 1
    # Longer than 32 bits, as the real ones are.
    order = Order(number=london_date(now).year * 1_000_000_000 + number, type=kind)
    entry = LedgerEntry(
        number=number,
        at=now,
        noms_id=prisoner.noms_id,
        type=kind,
        change=-1,
        visit_id=visit_id,
        order_number=order.number,
    )
    return order, [(world.ledger, number, entry), (world.prisoners, prisoner.noms_id, _add(prisoner, kind, -1))]


def _add(prisoner: Prisoner, kind: str, change: int) -> Prisoner:
    if kind == "VO":
        return replace(prisoner, vo=prisoner.vo + change)
    return replace(prisoner, pvo=prisoner.pvo + change)
