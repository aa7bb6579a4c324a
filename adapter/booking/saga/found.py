"""A booking of ours is there: by a 200, or by evidence. Whatever the visit has become since, nothing is lost."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from adapter.booking.codec import dump, load_outcome
from adapter.booking.desk import Desk, Run
from adapter.booking.ledger import FREE, KEEP, AttemptWrite, Change, attempts, commit, reload, soon
from adapter.booking.letters import Draft, Letter
from adapter.booking.messages import with_message
from adapter.booking.saga.decided import tell_decided
from adapter.store import attempts as attempt_rows
from adapter.store import visits as visit_rows
from adapter.store.errors import Conflict
from adapter.store.records import Attempt, Visit
from booking_rules.lifecycle import AttemptEvent, AttemptState, Event, Step
from notifier import MessageKind

_TRIES = 8
_KNOWN = (
    AttemptState.HELD,
    AttemptState.STRAY,
    AttemptState.REMOVING,
    AttemptState.REMOVED,
    AttemptState.LEFT,
    AttemptState.GONE,
)
"""States of a reference that was found before, by whomever."""
_STAFF_AT_WORK = 60.0
"""Seconds until the watch looks again at a reference found while a member of staff works on the visit."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What proves that the reference is booked: the prison system's visit id, and how we know it.

    `by`: `answer` (a 200), `reference` (found under it), `repeat` (a repeat said duplicate, and a single new visit).
    """

    nomis_visit_id: int
    by: str
    visit_order: str | None = None


async def settle_found(
    desk: Desk, visit: Visit, attempt: Attempt, run: Run | None, proof: Proof, draft: Draft | None = None
) -> Visit:
    """Store that `attempt` is booked. Reads again as often as somebody else is faster. `draft`: of `booked_letter`."""
    for number in range(_TRIES):
        if number and desk.breaks.drop_late_found:
            return visit
        if attempt.state in _KNOWN:
            return visit  # a reference taken out is final, whatever a read says later
        if _is_staffs(visit, attempt):
            return await _leave_to_staff(desk, visit, attempt, proof)
        asked = await asked_by_staff(desk, attempt)
        try:
            moved = await commit(desk, _change(visit, attempt, run, proof, asked, draft))
        except Conflict:
            # That visit id belongs to another visit of ours: the evidence is wrong, and proves nothing.
            return await _disbelieve(desk, visit)
        if moved is not None:
            if moved.step is Step.BOOKED and visit.step is not Step.BOOKED:
                tell_decided(desk, moved)
            return moved
        visit = await reload(desk, visit.id)
        attempt = next(item for item in await attempts(desk, visit.id) if item.id == attempt.id)
    return visit


@dataclass(frozen=True, slots=True)
class AskedByStaff:
    """A member of staff asked us to make this booking: who, and what they wrote to the visitor."""

    name: str
    message: str


async def asked_by_staff(desk: Desk, attempt: Attempt) -> AskedByStaff | None:
    """Who of staff asked for this booking, as the history has it; None where nobody did."""
    if attempt.acting_for != "staff":
        return None
    async with desk.store.read() as tx:
        history = await visit_rows.history(tx, attempt.visit_id)
    for row in reversed(history):
        kind, _, name = row.who.partition(":")
        if kind == "staff" and row.event == Event.POST and row.detail is not None:
            detail = json.loads(row.detail)
            if detail["reference"] == attempt.reference:
                return AskedByStaff(name, detail["message"])
    return None


def booked_letter(attempt: Attempt, message: str = "", draft: Draft | None = None) -> Letter:
    """What the visitor is told."""
    return Letter(kind=MessageKind.VISITOR_BOOKED, slot_granted=attempt.slot, staff_message=message, draft=draft)


def _change(
    visit: Visit,
    attempt: Attempt,
    run: Run | None,
    proof: Proof,
    asked: AskedByStaff | None,
    draft: Draft | None,
) -> Change:
    facts: dict[str, object] = {
        "nomis_visit_id": proof.nomis_visit_id,
        "post_ended_at": visit.now,
        "look_at": None,
    }
    if proof.visit_order is not None:
        facts["visit_order"] = proof.visit_order
    is_open = attempt.state is AttemptState.OPEN
    detail = dump({"nomis_visit_id": proof.nomis_visit_id, "by": proof.by, "reference": attempt.reference})
    match visit.step:
        case Step.BOOKING | Step.IN_DOUBT if is_open:
            return _booked(visit, attempt, facts, detail, asked, draft=draft)
        case Step.WITH_STAFF:
            settled = Letter(kind=MessageKind.STAFF_SETTLED, only_after=MessageKind.STAFF_REQUEST)
            return _booked(visit, attempt, facts, detail, asked, settled)
        case Step.WITHDRAWING if is_open:
            return Change(
                visit=visit,
                events=(Event.FOUND,),
                lease=KEEP if run is not None and visit.lease_holder == run.holder else soon(0.0),
                detail=detail,
                attempts=(AttemptWrite(attempt, AttemptEvent.FOUND, facts),),
            )
        case Step.BOOKED if is_open and is_this_booking(visit, attempt, proof.nomis_visit_id):
            return Change(
                visit=visit,
                name="attached",
                lease=KEEP,
                values={"nomis_visit_id": proof.nomis_visit_id, "slot_raw": attempt.slot_raw},
                detail=detail,
                attempts=(AttemptWrite(attempt, AttemptEvent.FOUND, facts),),
            )
        case _:
            return Change(
                visit=visit,
                name="stray_found",
                lease=KEEP,
                detail=detail,
                attempts=(AttemptWrite(attempt, AttemptEvent.FOUND, {**facts, "look_at": visit.now}),),
            )


def _booked(
    visit: Visit,
    attempt: Attempt,
    facts: dict[str, object],
    detail: str,
    asked: AskedByStaff | None,
    settled: Letter | None = None,
    draft: Draft | None = None,
) -> Change:
    outcome = load_outcome(visit.outcome)
    results = tuple(
        "booked" if number == attempt.choice else ("not_tried" if result == "unknown" else result)
        for number, result in enumerate(outcome.choices)
    )
    message = asked.message if asked else ""
    letters = [booked_letter(attempt, message, None if asked else draft)]
    if settled is not None:
        letters.append(settled)
    elif asked is not None:
        letters.append(Letter(kind=MessageKind.STAFF_BOOKED_COPY, slot_granted=attempt.slot, staff_message=message))
    return Change(
        visit=visit,
        events=(Event.FOUND,),
        lease=FREE,
        values={
            **_answered(visit, asked),
            "slot_granted": attempt.slot,
            "slot_raw": attempt.slot_raw,
            "nomis_visit_id": facts["nomis_visit_id"],
            "acting_for": "visitor",
            "checked_at": visit.now,
            "outcome": replace(outcome, decision="booked", reasons=(), choices=results).dumped(),
        },
        attempts=(AttemptWrite(attempt, AttemptEvent.FOUND, facts),),
        letters=letters,
        supersede=(MessageKind.VISITOR_REQUESTED, MessageKind.STAFF_REQUEST),
        detail=detail,
    )


def _answered(visit: Visit, asked: AskedByStaff | None) -> dict[str, object]:
    """What is kept of the member of staff who asked for it."""
    over: dict[str, object] = {"claimed_by": None, "claimed_until": None}
    if asked is None:
        return over
    return {**over, "answered_by": asked.name, **with_message(visit, asked.message)}


def is_this_booking(visit: Visit, attempt: Attempt, nomis_visit_id: int | None) -> bool:
    """Staff booked this visit on this slot and gave no other visit id."""
    return (
        visit.step is Step.BOOKED
        and visit.slot_granted == attempt.slot
        and visit.nomis_visit_id in (None, nomis_visit_id)
    )


def _is_staffs(visit: Visit, attempt: Attempt) -> bool:
    """Found while a member of staff works on the visit, or after its reference had been settled: theirs to decide."""
    return visit.step is Step.WITH_STAFF and (_staff_at_work(visit) or attempt.state is not AttemptState.OPEN)


async def _leave_to_staff(desk: Desk, visit: Visit, attempt: Attempt, proof: Proof) -> Visit:
    """Kept with the reference alone: staff are shown it, and the page that they have open stays good."""
    facts = {"look_at": visit.now + int(_STAFF_AT_WORK * 1e6), "candidate_id": proof.nomis_visit_id}
    async with desk.store.write() as tx:
        await attempt_rows.note_attempt(tx, attempt, facts)
        await tx.commit()
    return visit


def _staff_at_work(visit: Visit) -> bool:
    return visit.claimed_by is not None and (visit.claimed_until or 0) > visit.now


async def _disbelieve(desk: Desk, visit: Visit) -> Visit:
    desk.counts.drift_seen("saga", "visit_id_taken")
    return await reload(desk, visit.id)
