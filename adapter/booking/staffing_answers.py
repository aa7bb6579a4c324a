"""What staff answer without our booking: start, give back, write, reject, booked by hand, cancel, take out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import nomis_client as nomis
from adapter.booking.codec import dump, load_outcome, load_request
from adapter.booking.depart import cancel_change
from adapter.booking.desk import Desk, Run
from adapter.booking.ledger import FREE, KEEP, AttemptWrite, Change, attempts, soon
from adapter.booking.letters import Letter
from adapter.booking.messages import with_message
from adapter.booking.present import has_begun
from adapter.booking.saga.endings import other_slots
from adapter.booking.staffing_guard import RELEASED, admitted, carried_out, claimed, who
from adapter.booking.staffing_references import Looked, a_look, look_at_all, unread, watched
from adapter.booking.staffing_slots import timetable
from adapter.booking.staffing_views import BookedByHand, NotDone, Order, Rejection, Result, Why
from adapter.store.records import Attempt, Visit
from adapter.store.rivals import knows_nomis_visit
from booking_rules.lifecycle import AttemptEvent, AttemptState, Event, Step
from booking_rules.reasons import REJECTION_REASONS, STAFF_CANCELLATION_REASONS, Reason, for_visitor
from booking_rules.slots import Slot
from notifier import MessageKind

_UNSENT = (MessageKind.VISITOR_REQUESTED, MessageKind.STAFF_REQUEST)
"""A receipt and a request that have not left yet are untrue once staff have answered."""


async def start(desk: Desk, order: Order) -> Result:
    """Claim it for a while; again by the same person, for another while."""
    visit = await admitted(desk, order, Step.WITH_STAFF, started=False)
    if isinstance(visit, NotDone):
        return visit
    by = order.by
    return await carried_out(
        desk, Change(visit=visit, name="claimed", who=who(by), lease=KEEP, values=claimed(visit, by))
    )


async def release(desk: Desk, order: Order) -> Result:
    """Give it back: a colleague can start at once."""
    visit = await admitted(desk, order, Step.WITH_STAFF)
    if isinstance(visit, NotDone):
        return visit
    return await carried_out(
        desk, Change(visit=visit, name="released", who=who(order.by), lease=KEEP, values=dict(RELEASED))
    )


async def write(desk: Desk, order: Order, message: str) -> Result:
    """A message to the visitor, and nothing else."""
    visit = await admitted(desk, order, Step.WITH_STAFF)
    if isinstance(visit, NotDone):
        return visit
    return await carried_out(
        desk,
        Change(
            visit=visit,
            name="message",
            who=who(order.by),
            lease=KEEP,
            values={**claimed(visit, order.by), **with_message(visit, message)},
            letters=(Letter(kind=MessageKind.VISITOR_MESSAGE, staff_message=message),),
        ),
    )


async def reject(desk: Desk, order: Order, rejection: Rejection) -> Result:
    """Answer no. A reference that turns up later is taken out."""
    reasons = tuple(Reason(code) for code in rejection.reasons)
    assert reasons, "the form asks for one"
    assert set(reasons) <= set(REJECTION_REASONS)
    visit = await admitted(desk, order, Step.WITH_STAFF)
    if isinstance(visit, NotDone):
        return visit
    looks = await look_at_all(desk, visit, a_look(desk))
    if (told := unread(looks, rejection.looked)) is not None:
        return told
    shown = for_visitor(reasons)
    outcome = replace(load_outcome(visit.outcome), decision="rejected", reasons=shown)
    letter = Letter(
        kind=MessageKind.VISITOR_REJECTED,
        reasons=shown,
        allowance_renews_on=rejection.allowance_renews_on if Reason.NO_ALLOWANCE in reasons else None,
        staff_message=rejection.message,
        other_slots=other_slots(desk, visit, shown),
    )
    return await carried_out(
        desk,
        Change(
            visit=visit,
            events=(Event.STAFF_REJECTED,),
            who=who(order.by),
            lease=FREE,
            values={
                **RELEASED,
                **with_message(visit, rejection.message),
                "answered_by": order.by.name,
                "outcome": outcome.dumped(),
            },
            attempts=watched(visit, await attempts(desk, visit.id)),
            letters=(letter,),
            supersede=_UNSENT,
            detail=dump({"reasons": [str(reason) for reason in reasons]}),
        ),
    )


async def booked_by_hand(desk: Desk, order: Order, booked: BookedByHand) -> Result:
    """Staff booked it themselves. A number they type counts only if the prisoner has that visit at that slot."""
    visit = await admitted(desk, order, Step.WITH_STAFF)
    if isinstance(visit, NotDone):
        return visit
    if booked.slot not in timetable(desk, visit):
        return NotDone(Why.NO_SUCH_SLOT)
    run = a_look(desk)
    verified = await _verified(desk, visit, run, booked.slot, booked.nomis_visit_id)
    if isinstance(verified, NotDone):
        return verified
    looks = await look_at_all(desk, visit, run)
    if (told := unread(looks, booked.looked)) is not None:
        return told
    ours = _ours(looks, booked)
    return await carried_out(desk, _booked(visit, order, booked, verified, ours, looks), Why.OTHERS_VISIT)


async def cancel(desk: Desk, order: Order, reason: str, message: str) -> Result:
    """Cancel a booked visit that has not begun, for one of staff's reasons."""
    assert reason in STAFF_CANCELLATION_REASONS
    visit = await admitted(desk, order, Step.BOOKED, started=False)
    if isinstance(visit, NotDone):
        return visit
    if has_begun(visit, desk.clock.now()):
        return NotDone(Why.BEGUN)
    letter = Letter(kind=MessageKind.VISITOR_CANCELLED, cancellation_reasons=(reason,), staff_message=message)
    change = cancel_change(visit, reason, who(order.by), (letter,))
    values = {**change.values, **with_message(visit, message), "answered_by": order.by.name}
    return await carried_out(desk, replace(change, values=values))


async def take_out(desk: Desk, order: Order, slot: str, nomis_visit_id: int) -> Result:
    """Staff had booked it by hand and the visitor has withdrawn it: cancel that visit, once its number is verified."""
    visit = await admitted(desk, order, Step.WITHDRAWN, started=False)
    if isinstance(visit, NotDone):
        return visit
    if slot not in timetable(desk, visit):
        return NotDone(Why.NO_SUCH_SLOT)
    verified = await _verified(desk, visit, a_look(desk), slot, nomis_visit_id)
    if isinstance(verified, NotDone):
        return verified
    return await carried_out(
        desk,
        Change(
            visit=visit,
            events=(Event.TAKE_OUT,),
            who=who(order.by),
            lease=soon(0.0),
            values={**verified, "leaving_since": visit.now},
            detail=dump({"nomis_visit_id": nomis_visit_id, "slot": slot}),
        ),
    )


async def _verified(
    desk: Desk, visit: Visit, run: Run, slot: str, nomis_visit_id: int | None
) -> dict[str, object] | NotDone:
    """The columns that a number typed by staff gives, if the prisoner has a visit of that number at that slot."""
    if nomis_visit_id is None:
        return {}
    prisoner, call, day = load_request(visit.request).prisoner, desk.call(visit, run), Slot.parse(slot).day
    if day <= desk.today():
        return NotDone(Why.NO_SUCH_VISIT)  # of today and before nothing can be asked
    try:
        offender = await desk.nomis.find_offender(prisoner.number, prisoner.date_of_birth, call)
        days = await desk.nomis.unavailability(offender, [day], call) if offender is not None else {}
    except (nomis.Unavailable, nomis.NotUnderstood):
        return NotDone(Why.AWAY)
    except nomis.NomisError:
        return NotDone(Why.NO_SUCH_VISIT)
    existing = days[day].existing_visits if day in days else ()
    found = next((item for item in existing if item.id == nomis_visit_id and item.slot.normal == slot), None)
    if found is None:
        return NotDone(Why.NO_SUCH_VISIT)
    async with desk.store.read() as tx:
        if await knows_nomis_visit(tx, [nomis_visit_id], visit.id):
            return NotDone(Why.OTHERS_VISIT)
    return {"offender_id": offender, "nomis_visit_id": nomis_visit_id, "slot_raw": found.slot.raw}


def _ours(looks: Sequence[Looked], booked: BookedByHand) -> Looked | None:
    """The reference of ours that is what staff say is booked; it becomes the visit's own."""
    for item in looks:
        told = item.told
        same = told.slot == booked.slot and booked.nomis_visit_id in (None, told.nomis_visit_id)
        if told.seen == "found" and same and item.attempt.state is AttemptState.OPEN:
            return item
    return None


def _booked(
    visit: Visit,
    order: Order,
    booked: BookedByHand,
    verified: dict[str, object],
    ours: Looked | None,
    looks: Sequence[Looked],
) -> Change:
    values: dict[str, object] = {
        **RELEASED,
        **verified,
        **with_message(visit, booked.message),
        "slot_granted": booked.slot,
        "answered_by": order.by.name,
        "checked_at": visit.now,
        "not_allowed": dump([str(number - 1) for number in booked.not_allowed]) if booked.not_allowed else None,
        "outcome": _outcome(visit, booked.slot),
    }
    others: list[Attempt] = [item.attempt for item in looks if item is not ours]
    writes = watched(visit, others)
    if ours is not None:
        facts = {"nomis_visit_id": ours.look.nomis_visit_id, "look_at": None}
        writes.append(AttemptWrite(ours.attempt, AttemptEvent.FOUND, facts))
        values |= {
            "nomis_visit_id": ours.look.nomis_visit_id,
            "slot_raw": ours.attempt.slot_raw,
            "offender_id": ours.attempt.offender_id,
        }
    told = Letter(kind=MessageKind.VISITOR_BOOKED, slot_granted=booked.slot, staff_message=booked.message)
    return Change(
        visit=visit,
        events=(Event.STAFF_BOOKED,),
        who=who(order.by),
        lease=FREE,
        values=values,
        attempts=writes,
        letters=(told, replace(told, kind=MessageKind.STAFF_BOOKED_COPY)),
        supersede=_UNSENT,
        detail=dump(
            {"slot": booked.slot, "nomis_visit_id": values.get("nomis_visit_id"), "visit_order": booked.visit_order}
        ),
    )


def _outcome(visit: Visit, slot: str) -> str:
    before = load_outcome(visit.outcome)
    results = tuple(
        "booked" if asked == slot else ("not_tried" if result in ("unknown", "booked") else result)
        for asked, result in zip(visit.choices, before.choices, strict=True)
    )
    return replace(before, decision="booked", reasons=(), choices=results).dumped()
