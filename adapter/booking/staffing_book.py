"""*Book it for me*: one slot that staff chose, under all the rules that hold for a visitor's own request."""

from __future__ import annotations

from dataclasses import dataclass, replace

import nomis_client as nomis
from adapter.booking.codec import dump, dump_ids, dump_order, dump_request, load_request, load_strings
from adapter.booking.desk import Desk, Run
from adapter.booking.facts import Gathered, gather
from adapter.booking.ledger import Change, attempts, commit, hold, reload
from adapter.booking.saga import advance
from adapter.booking.saga.book import Sent, post
from adapter.booking.saga.room import room_for
from adapter.booking.staffing_guard import admitted, claim_of, claimed, who
from adapter.booking.staffing_references import settled
from adapter.booking.staffing_slots import bookable
from adapter.booking.staffing_views import Done, NotDone, Order, Result, UnderWay, Why
from adapter.store.errors import Conflict
from adapter.store.records import Attempt, Visit
from booking_rules.decision import Book, Decision, Reject, ToStaff, judge
from booking_rules.lifecycle import MACHINE_STEPS, Event, Step
from booking_rules.reasons import Reason
from booking_rules.slots import Slot
from nomis_client import BookingOrder


@dataclass(frozen=True, slots=True)
class _Judged:
    """A slot that may be booked, and on what facts. `visit` knows the prisoner's offender id of today."""

    visit: Visit
    decision: Decision
    verdict: Book
    known: Gathered


async def book(desk: Desk, order: Order, slot: str, message: str) -> Result:
    """Book it, once. Whatever the prison system answers, the request is booked, in doubt, or with staff again."""
    visit = await admitted(desk, order, Step.WITH_STAFF)
    if isinstance(visit, NotDone):
        return visit
    if slot not in bookable(desk, visit):
        return NotDone(Why.NO_SUCH_SLOT)
    now = desk.clock.monotonic()
    run = Run(
        holder=desk.ids.holder(),
        lease_until=now + desk.times.lease,
        reads_until=now + desk.times.read_timeout,
        foreground=True,
    )
    ready = await settled(desk, visit, run)
    if isinstance(ready, NotDone):
        return ready
    judged = await _judge(desk, ready, run, slot)
    if isinstance(judged, NotDone):
        return judged
    return await _book(desk, order, run, judged, message)


async def _judge(desk: Desk, visit: Visit, run: Run, slot: str) -> _Judged | NotDone:
    """All the rules for this one slot, on facts fetched now."""
    prison, request = desk.prison(visit), load_request(visit.request)
    if prison is None:
        return NotDone(Why.NO_SUCH_SLOT)
    prisoner = request.prisoner
    try:
        offender = await desk.nomis.find_offender(prisoner.number, prisoner.date_of_birth, desk.call(visit, run))
    except nomis.Unavailable:
        return NotDone(Why.AWAY)
    except nomis.NomisError:
        return NotDone(Why.RULES, reasons=("not_understood",))
    if offender is None:
        return NotDone(Why.RULES, reasons=(Reason.PRISONER_DETAILS_INCORRECT.value,))
    one = replace(request, choices=(Slot.parse(slot),))
    known = await gather(desk, visit._replace(offender_id=offender, request=dump_request(one)), run)
    now = desk.wall_time()
    decision = judge(one, prison, known.facts, now, desk.holidays(now.date()), desk.policy)
    match decision.verdict:
        case Book() as verdict:
            return _Judged(visit._replace(offender_id=offender), decision, verdict, known)
        case ToStaff(reasons) | Reject(reasons):
            return NotDone(Why.RULES, reasons=tuple(str(reason) for reason in reasons))
        case _:
            return NotDone(Why.AWAY)


async def _book(desk: Desk, order: Order, run: Run, judged: _Judged, message: str) -> Result:
    """Everything that a booking needs first, then the commit, then the one POST."""
    visit = judged.visit
    wanted = _wanted(visit, judged.verdict, await attempts(desk, visit.id))
    try:
        async with desk.nomis.booking_permit(visit.nomis_prison, run.reads_until) as permit:
            began = desk.clock.monotonic()
            change = _change(desk, order, run, judged, wanted, message)
            try:
                moved = await commit(desk, change)
            except Conflict:
                return NotDone(Why.BUSY)  # the prisoner's turn is another request's just now
            if moved is None:
                return await _somebody_first(desk, visit, order)
            learned = await post(desk, run, Sent(moved, change.written[0], began), permit)
    except nomis.Unavailable:
        return NotDone(Why.AWAY)
    after = learned.visit
    if after.step in MACHINE_STEPS and after.lease_holder == run.holder:
        after = await advance(desk, after, run)
    return await _result(desk, after, wanted.reference)


def _wanted(visit: Visit, verdict: Book, known: list[Attempt]) -> BookingOrder:
    """The order under the reference of its choice, if that was never used, else under one of staff's own."""
    used = {item.reference for item in known}
    slot = str(verdict.slot)
    reference = f"{visit.id}-{visit.choices.index(slot) + 1}" if slot in visit.choices else ""
    if not reference or reference in used:
        number = 1 + sum(item.startswith(f"{visit.id}-s") for item in used)
        reference = f"{visit.id}-s{number}"
    return BookingOrder(
        offender_id=visit.offender_id or 0,
        prison=visit.nomis_prison,
        lead_contact=verdict.lead,
        other_contacts=verdict.others,
        slot=str(verdict.raw),
        reference=reference,
        comment=f"Booked online, {visit.human_id}",
    )


def _change(desk: Desk, order: Order, run: Run, judged: _Judged, wanted: BookingOrder, message: str) -> Change:
    visit, verdict = judged.visit, judged.verdict
    slot = str(verdict.slot)
    return Change(
        visit=visit,
        events=(Event.POST,),
        who=who(order.by),
        lease=hold(desk, run),
        values={
            **claimed(visit, order.by),
            "acting_for": "staff",
            "offender_id": visit.offender_id,
            "find_by_ref": desk.nomis.finds_by_reference,
            "doubt_since": None,
        },
        opens={
            "visit_id": visit.id,
            "reference": wanted.reference,
            "choice": visit.choices.index(slot) if slot in visit.choices else None,
            "acting_for": "staff",
            "offender_id": wanted.offender_id,
            "prison": visit.nomis_prison,
            "slot": slot,
            "slot_raw": wanted.slot,
            "party": visit.party,
            "adults": visit.adults,
            "body": dump_order(wanted),
            "baseline": dump_ids(judged.known.existing_ids(verdict.slot.day)),
        },
        check=room_for(desk, visit, verdict, judged.known),
        detail=dump({"reference": wanted.reference, "slot": slot, "message": message}),
    )


async def _somebody_first(desk: Desk, visit: Visit, order: Order) -> NotDone:
    current = await reload(desk, visit.id)
    if current.version == visit.version:
        return NotDone(Why.BUSY)  # earlier requests come first for this slot
    claim = claim_of(current) if current.step is Step.WITH_STAFF else None
    if claim is not None and claim.session != order.by.session:
        return NotDone(Why.TAKEN, by=claim.name)
    return NotDone(Why.CHANGED)


async def _result(desk: Desk, visit: Visit, reference: str) -> Result:
    if visit.step is Step.BOOKED:
        return Done()
    if visit.step is not Step.WITH_STAFF:
        return UnderWay()
    done = next(item for item in await attempts(desk, visit.id) if item.reference == reference)
    texts = load_strings(done.last_texts)
    if not texts:
        return NotDone(Why.AWAY if done.posts == 0 else Why.IN_DOUBT)
    return NotDone(Why.RULES, reasons=texts)
