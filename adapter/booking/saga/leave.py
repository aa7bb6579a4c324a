"""`withdrawing` and `cancelling`: taking out of the prison system what the visitor no longer wants."""

from __future__ import annotations

from adapter.booking.codec import dump, load_strings
from adapter.booking.desk import Desk, Run
from adapter.booking.ledger import AttemptWrite, Change, attempts, commit, hold, park, reload
from adapter.booking.letters import Letter
from adapter.booking.saga.doubt import is_settled
from adapter.booking.saga.evidence import Shown, is_gone, is_still_there, look_for
from adapter.booking.saga.found import Proof, settle_found
from adapter.clock import instant
from adapter.store.records import Attempt, Visit
from booking_rules.lifecycle import UNSETTLED, AttemptEvent, AttemptState, Event, Step
from booking_rules.slots import Slot
from nomis_client import CancelAnswer, CancellationCode, NomisError, Refused
from notifier import MessageKind

_PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
_DAY = 86_400
_DONE = (CancelAnswer.CANCELLED, CancelAnswer.ALREADY_CANCELLED)
_LATER = (CancelAnswer.LOCKED, CancelAnswer.IN_TRANSIT)

_CODES = {
    "visitor_cancelled": CancellationCode.VISITOR,
    "prisoner_vos": CancellationCode.NO_VO,
    "prisoner_cancelled": CancellationCode.PRISONER,
    "booked_in_error": CancellationCode.ADMIN,
}


async def withdrawing(desk: Desk, visit: Visit, run: Run) -> Visit:
    """Settle every reference: find it and take it out, or prove that it is absent.

    First what staff named: it may be the very visit of a reference that nothing proves to be ours.
    """
    if visit.nomis_visit_id is not None:
        return await _take_out_named(desk, visit, run, visit.nomis_visit_id)
    known = await attempts(desk, visit.id)
    for attempt in known:
        if attempt.state is AttemptState.OPEN:
            return await _settle_open(desk, visit, attempt, run)
        if attempt.state in (AttemptState.HELD, AttemptState.STRAY, AttemptState.REMOVING):
            return await _take_out(desk, visit, attempt, run)
    if any(item.state in UNSETTLED for item in known):
        return await _later(desk, visit, run)
    moved = await commit(desk, Change(visit=visit, events=(Event.CLEAR,), held_by=run.holder))
    return moved if moved is not None else await reload(desk, visit.id)


async def cancelling(desk: Desk, visit: Visit, run: Run) -> Visit:
    """Cancel the booked visit in the prison system; the visitor has been told already."""
    nomis_visit_id = visit.nomis_visit_id
    assert nomis_visit_id is not None
    held = [
        item
        for item in await attempts(desk, visit.id)
        if item.nomis_visit_id == visit.nomis_visit_id and item.state in (AttemptState.HELD, AttemptState.REMOVING)
    ]
    if held and held[0].state is AttemptState.HELD:
        moved, held = await _begin_removing(desk, visit, held[0], run)
        if moved is None:
            return await reload(desk, visit.id)
        visit = moved
    answer = await _cancel(desk, visit, run, nomis_visit_id)
    if answer in _DONE:
        change = Change(
            visit=visit,
            events=(Event.REMOVED,),
            held_by=run.holder,
            attempts=[AttemptWrite(item, AttemptEvent.REMOVED) for item in held],
        )
        moved = await commit(desk, change)
        return moved if moved is not None else await reload(desk, visit.id)
    if answer is None or answer in _LATER:
        if _time_is_up(desk, visit, visit.slot_granted):
            return await give_up(desk, visit, run, why="not_answered")
        return await _later(desk, visit, run)
    return await give_up(desk, visit, run, why=str(answer))


async def give_up(desk: Desk, visit: Visit, run: Run, why: str) -> Visit:
    """The prison system can't be told: the mailbox is, in the same commit. The visitor hears nothing more."""
    known = await attempts(desk, visit.id)
    writes = []
    for item in known:
        if item.state is AttemptState.REMOVING:
            writes.append(AttemptWrite(item, AttemptEvent.GIVE_UP))
        elif item.state is AttemptState.OPEN and not desk.breaks.no_watch:
            writes.append(AttemptWrite(item, None, {"look_at": visit.now + _seconds(60), "looks": 0}))
    perhaps = tuple(
        item.reference
        for item in known
        if item.state in (AttemptState.OPEN, AttemptState.HELD, AttemptState.STRAY, AttemptState.REMOVING)
    )
    moved = await commit(
        desk,
        Change(
            visit=visit,
            events=(Event.GIVE_UP,),
            held_by=run.holder,
            attempts=writes,
            letters=(_told(visit, perhaps, why),),
            detail=dump({"why": why}),
        ),
    )
    return moved if moved is not None else await reload(desk, visit.id)


def _told(visit: Visit, perhaps: tuple[str, ...], why: str) -> Letter:
    if visit.step is Step.WITHDRAWING and visit.nomis_visit_id is not None:
        # They booked it by hand and asked us to take it out; of its withdrawal they were told before.
        return Letter(kind=MessageKind.STAFF_DRIFT, drift="stray_left", references=perhaps, may_be_booked=True)
    return Letter(
        kind=MessageKind.STAFF_CANCELLED,
        references=perhaps,
        may_be_booked=visit.step is Step.WITHDRAWING,
        cancellation_reasons=load_strings(visit.cancellation_reasons),
        why=why,
    )


async def take_out_stray(desk: Desk, visit: Visit, attempt: Attempt, run: Run) -> CancelAnswer | None:
    """One try to cancel a booking that its visit does not want; None: no usable answer."""
    assert attempt.nomis_visit_id is not None
    return await _cancel(desk, visit, run, attempt.nomis_visit_id, attempt.offender_id)


async def _settle_open(desk: Desk, visit: Visit, attempt: Attempt, run: Run) -> Visit:
    seen = await look_for(desk, visit, attempt, run)
    settled = is_settled(desk, visit, attempt)
    if seen.shown is Shown.OURS and seen.nomis_visit_id is not None:
        return await settle_found(desk, visit, attempt, run, Proof(seen.nomis_visit_id, seen.by))
    cancelled = seen.shown is Shown.CANCELLED and settled and seen.nomis_visit_id is not None
    if cancelled and await is_gone(desk, visit, attempt, seen.nomis_visit_id or 0, run):
        return await _close(desk, visit, attempt, run, AttemptEvent.ODD)
    absent = seen.shown is Shown.NOTHING and settled and not attempt.exists_shown
    if absent and await is_still_there(desk, visit, attempt, run):
        return await _close(desk, visit, attempt, run, AttemptEvent.ABSENT)
    if _time_is_up(desk, visit, attempt.slot):
        return await give_up(desk, visit, run, why="not_found")
    return await _later(desk, visit, run)


async def _close(desk: Desk, visit: Visit, attempt: Attempt, run: Run, event: AttemptEvent) -> Visit:
    """This reference holds nothing; it is watched all the same, for the prison system may be later than it says."""
    look_at = None if desk.breaks.no_watch else visit.now + _seconds(desk.times.settle_after)
    moved = await commit(
        desk,
        Change(
            visit=visit,
            name=f"reference_{event.value}",
            held_by=run.holder,
            lease=hold(desk, run),
            attempts=(AttemptWrite(attempt, event, {"look_at": look_at, "looks": 1}),),
        ),
    )
    return moved if moved is not None else await reload(desk, visit.id)


async def _take_out(desk: Desk, visit: Visit, attempt: Attempt, run: Run) -> Visit:
    assert attempt.nomis_visit_id is not None
    if attempt.state is not AttemptState.REMOVING:
        moved, written = await _begin_removing(desk, visit, attempt, run)
        if moved is None:
            return await reload(desk, visit.id)
        visit, attempt = moved, written[0]
    answer = await _cancel(desk, visit, run, attempt.nomis_visit_id or 0, attempt.offender_id)
    if answer in _DONE or (answer is None and await _seen_gone(desk, visit, attempt, run)):
        change = Change(
            visit=visit,
            name="reference_removed",
            held_by=run.holder,
            lease=hold(desk, run),
            attempts=(AttemptWrite(attempt, AttemptEvent.REMOVED),),
        )
        moved = await commit(desk, change)
        return moved if moved is not None else await reload(desk, visit.id)
    if answer is None or answer in _LATER:
        if _time_is_up(desk, visit, attempt.slot):
            return await give_up(desk, visit, run, why="not_answered")
        return await _later(desk, visit, run)
    return await give_up(desk, visit, run, why=str(answer))


async def _begin_removing(desk: Desk, visit: Visit, attempt: Attempt, run: Run) -> tuple[Visit | None, list[Attempt]]:
    """Stored before the first cancellation is sent. None: somebody else changed the visit."""
    change = Change(
        visit=visit,
        name="removing",
        held_by=run.holder,
        lease=hold(desk, run),
        attempts=(AttemptWrite(attempt, AttemptEvent.REMOVE, {"removing_since": visit.now}),),
    )
    return await commit(desk, change), change.written


async def _take_out_named(desk: Desk, visit: Visit, run: Run, nomis_visit_id: int) -> Visit:
    """What staff asked us to take out, having named it: booked by hand for this request, or by us unproven."""
    answer = await _cancel(desk, visit, run, nomis_visit_id)
    if answer in _DONE:
        change = Change(
            visit=visit,
            name="taken_out",
            held_by=run.holder,
            lease=hold(desk, run),
            values={"nomis_visit_id": None, "slot_raw": None},
            detail=dump({"nomis_visit_id": nomis_visit_id}),
        )
        moved = await commit(desk, change)
        return moved if moved is not None else await reload(desk, visit.id)
    if (answer is None or answer in _LATER) and not _time_is_up(desk, visit, None):
        return await _later(desk, visit, run)
    return await give_up(desk, visit, run, why=str(answer or "not_answered"))


async def _seen_gone(desk: Desk, visit: Visit, attempt: Attempt, run: Run) -> bool:
    """Whether a cancellation without an answer is seen to have been carried out."""
    if not desk.nomis.finds_by_reference:
        return False
    seen = await look_for(desk, visit, attempt, run)
    if seen.shown is not Shown.CANCELLED or seen.nomis_visit_id is None:
        return False
    return await is_gone(desk, visit, attempt, seen.nomis_visit_id, run)


async def _cancel(
    desk: Desk, visit: Visit, run: Run, nomis_visit_id: int, offender_id: int | None = None
) -> CancelAnswer | None:
    """One cancellation; None when the prison system gave no usable answer: it may be repeated."""
    reasons = visit.cancellation_reasons or ""
    code = next((code for reason, code in _CODES.items() if f'"{reason}"' in reasons), None)
    if code is None:
        code = CancellationCode.PRISON if reasons else CancellationCode.VISITOR
    owner = offender_id if offender_id is not None else visit.offender_id
    assert owner is not None
    try:
        return await desk.nomis.cancel(owner, nomis_visit_id, code, desk.call(visit, run))
    except Refused:
        return CancelAnswer.UNKNOWN
    except NomisError:
        return None


async def _later(desk: Desk, visit: Visit, run: Run) -> Visit:
    """Try again after a pause that grows with the time since the visitor asked."""
    waited = (visit.now - (visit.leaving_since or visit.now)) / 1e6
    pause = next((item for item in _PAUSES if item * 4 > waited), _PAUSES[-1])
    return await park(desk, visit, run, pause)


def _time_is_up(desk: Desk, visit: Visit, slot: str | None) -> bool:
    """After `cancel_handover_after`, or within a day of the slot, a person must do it."""
    waited = visit.now - (visit.leaving_since if visit.leaving_since is not None else visit.now)
    if waited >= _seconds(desk.times.cancel_handover_after):
        return True
    if slot is None:
        return False
    return (Slot.parse(slot).begins_at() - instant(visit.now)).total_seconds() < _DAY


def _seconds(seconds: float) -> int:
    return int(seconds * 1_000_000)
