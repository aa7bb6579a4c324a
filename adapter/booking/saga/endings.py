"""How a judged visit leaves the machine's hands, or is held until the prison system is back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adapter.booking.codec import StoredOutcome, dump, load_outcome
from adapter.booking.desk import Desk, Run
from adapter.booking.ledger import AttemptWrite, Change, attempts, commit, reload, soon
from adapter.booking.letters import Letter
from adapter.booking.saga.decided import tell_decided
from adapter.store.records import Attempt, Visit
from booking_rules.calendar import bookable_slots
from booking_rules.decision import Decision, Reject, ToStaff, Trace
from booking_rules.lifecycle import AttemptState, Event, Step
from booking_rules.reasons import StaffWhy, another_date_may_help, for_visitor
from notifier import MessageKind

RETRY = 0.5
"""Seconds until a waiting visit is tried again; the worker first probes whether the prison system is back."""
_SOON = 0.01
"""Seconds: never due again at the same moment, or a look just before the hand-over would be made over and over."""
_OFFERS = 6
"""How many other dates a rejected visitor is shown."""


async def wait(desk: Desk, visit: Visit, run: Run, attempt: AttemptWrite | None = None, due_in: float = RETRY) -> Visit:
    """The prison system can't be asked now and nothing is open: hold the visit, or hand it over if its time is up."""
    if visit.acting_for == "staff":
        return await hand_over(desk, visit, run, why=StaffWhy.WAITED_TOO_LONG, settles=attempt)
    waits = visit.step is not Step.WAITING
    if visit.handover_at <= visit.now and visit.step is not Step.BOOKING:
        return await hand_over(desk, visit, run, why=StaffWhy.WAITED_TOO_LONG, settles=attempt)
    moved = await commit(
        desk,
        Change(
            visit=visit,
            events=(Event.AWAY,) if waits else (),
            name="still_away",
            held_by=run.holder,
            lease=soon(min(due_in, max(_SOON, (visit.handover_at - visit.now) / 1e6))),
            values={"ever_waited": True},
            attempts=(attempt,) if attempt else (),
        ),
    )
    if moved is None:
        return await reload(desk, visit.id)
    desk.waker.notify()
    return moved


async def give_answer(desk: Desk, visit: Visit, run: Run, decision: Decision, first: Sequence[Event] = ()) -> Visit:
    """Carry out a verdict that needs no booking: rejected, or handed to staff."""
    verdict = decision.verdict
    if isinstance(verdict, ToStaff):
        return await hand_over(desk, visit, run, why=str(verdict.reasons[0]), decision=decision, first=first)
    assert isinstance(verdict, Reject)
    outcome = StoredOutcome(
        "rejected",
        for_visitor(verdict.reasons),
        tuple(str(result) for result in decision.outcome_choices),
        "real_time",
    )
    letter = Letter(
        kind=MessageKind.VISITOR_REJECTED,
        reasons=outcome.reasons,
        other_slots=other_slots(desk, visit, outcome.reasons),
    )
    moved = await commit(
        desk,
        Change(
            visit=visit,
            events=(*first, Event.REJECT),
            held_by=run.holder,
            values={"outcome": outcome.dumped(), "trace": decision.trace.to_json()},
            letters=(letter,),
            detail=dump({"reasons": [str(reason) for reason in verdict.reasons]}),
        ),
    )
    if moved is None:
        return await reload(desk, visit.id)
    tell_decided(desk, moved)
    return moved


async def hand_over(
    desk: Desk,
    visit: Visit,
    run: Run | None,
    *,
    why: str,
    decision: Decision | None = None,
    first: Sequence[Event] = (),
    settles: AttemptWrite | None = None,
    trace: Trace | None = None,
    named: tuple[str, ...] = (),
) -> Visit:
    """Give the visit to staff: the receipt, the mailbox email and the step in one commit.

    Every reference that ever had a POST without a usable answer is named, and watched from then on. What staff asked
    us to do and could not be done comes back to them without another email. `named`: references that may be booked
    although we hold nothing of them.
    """
    known = await attempts(desk, visit.id)
    perhaps = [item for item in known if _perhaps_there(item, settles)]
    before = load_outcome(visit.outcome)
    outcome = replace(
        before,
        decision="with_staff",
        choices=tuple(str(result) for result in decision.outcome_choices) if decision else before.choices,
        mode="mailbox" if why == StaffWhy.NOT_REAL_TIME else before.mode,
    )
    shown = trace or (decision.trace if decision else None)
    request = Letter(
        kind=MessageKind.STAFF_REQUEST,
        why=why,
        trace=shown,
        references=named or tuple(item.reference for item in perhaps or known),
        may_be_booked=bool(perhaps or named),
    )
    letters = () if visit.acting_for == "staff" else (Letter(kind=MessageKind.VISITOR_REQUESTED), request)
    values: dict[str, object] = {"outcome": outcome.dumped(), "staff_why": why, "acting_for": "visitor"}
    if shown is not None:
        values["trace"] = shown.to_json()
    moved = await commit(
        desk,
        Change(
            visit=visit,
            events=(*first, Event.HAND_OVER),
            held_by=run.holder if run else None,
            values=values,
            attempts=_watched(desk, perhaps, settles),
            letters=letters,
            detail=dump({"why": why}),
        ),
    )
    if moved is None:
        return await reload(desk, visit.id)
    if letters:
        tell_decided(desk, moved)
    return moved


def _perhaps_there(item: Attempt, settles: AttemptWrite | None) -> bool:
    if settles is not None and settles.attempt.id == item.id and settles.values.get("doubted"):
        return True
    return item.doubted and item.state not in (AttemptState.REMOVED, AttemptState.GONE)


def _watched(desk: Desk, perhaps: Sequence[Attempt], settles: AttemptWrite | None) -> tuple[AttemptWrite, ...]:
    """References that may still turn up are looked for by the watch from now on."""
    writes = [] if settles is None else [settles]
    for item in perhaps:
        watch = {"look_at": first_look(desk, item), "looks": 0}
        if settles is None or settles.attempt.id != item.id:
            writes.append(AttemptWrite(item, None, watch))
        elif settles.event is None:  # it is as open as before
            writes[0] = replace(settles, values={**settles.values, **watch})
    return tuple(writes)


def first_look(desk: Desk, attempt: Attempt) -> int:
    """When (database clock, microseconds) the watch looks for a reference the first time: once it is settled."""
    ended = attempt.post_ended_at or attempt.post_lease_until or attempt.updated_at
    return ended + int(desk.times.settle_after * 1e6)


def other_slots(desk: Desk, visit: Visit, reasons: Sequence[str]) -> tuple[str, ...]:
    """Other dates that a visitor who is told no for these reasons may try."""
    prison = desk.prison(visit)
    if prison is None or not another_date_may_help(reasons):
        return ()
    today = desk.today()
    asked = set(visit.choices)
    free = (str(slot) for slot in bookable_slots(prison, today, desk.holidays(today)))
    return tuple(slot for slot in free if slot not in asked)[:_OFFERS]
