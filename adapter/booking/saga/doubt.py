"""`in_doubt`: a booking was posted and nobody said whether it booked. Look, wait, look again; never guess."""

from __future__ import annotations

from dataclasses import replace

from adapter.booking.codec import load_strings
from adapter.booking.desk import Desk, Run
from adapter.booking.ledger import KEEP, AttemptWrite, Change, attempts, commit, hold, park, reload
from adapter.booking.saga import book, check
from adapter.booking.saga.answers import refuse
from adapter.booking.saga.endings import hand_over
from adapter.booking.saga.evidence import Shown, is_still_there, look_for
from adapter.booking.saga.found import Proof, settle_found
from adapter.store.errors import Conflict
from adapter.store.records import Attempt, Visit
from booking_rules.answers import Answer, weigh
from booking_rules.calendar import is_bookable
from booking_rules.lifecycle import AttemptEvent, AttemptState, Event, Step
from booking_rules.reasons import StaffWhy
from booking_rules.slots import Slot

_PAUSES = (0.2, 0.4, 0.8, 1.5, 3.0, 6.0, 10.0, 15.0)
"""Seconds between looks: quick at first, for the answer is often only lost."""


async def doubt_after_crash(desk: Desk, visit: Visit, run: Run) -> Visit:
    """Found in `booking` by somebody who didn't post: its poster is gone, and perhaps its POST is on the wire."""
    open_ones = [item for item in await attempts(desk, visit.id) if item.state is AttemptState.OPEN]
    moved = await commit(
        desk,
        Change(
            visit=visit,
            events=(Event.DOUBT,),
            held_by=run.holder,
            lease=hold(desk, run),
            values={"doubt_since": visit.doubt_since or visit.now},
            attempts=[
                AttemptWrite(item, None, {"doubted": True, "last_answer": "lost", "last_texts": None})
                for item in open_ones
            ],
        ),
    )
    return moved if moved is not None else await reload(desk, visit.id)


async def look(desk: Desk, visit: Visit, run: Run) -> Visit:
    """One look at the open reference, and what it leads to."""
    attempt = next((a for a in await attempts(desk, visit.id) if a.state is AttemptState.OPEN), None)
    if attempt is None:
        return await hand_over(desk, visit, run, why=StaffWhy.IN_DOUBT)
    if _too_long(desk, visit):
        return await hand_over(desk, visit, run, why=StaffWhy.IN_DOUBT)
    visit = await _remember_way(desk, visit, run)
    if visit.step is not Step.IN_DOUBT or visit.lease_holder != run.holder:
        return visit
    seen = await look_for(desk, visit, attempt, run)
    match seen.shown:
        case Shown.OURS if seen.nomis_visit_id is not None:
            return await settle_found(desk, visit, attempt, run, Proof(seen.nomis_visit_id, seen.by))
        case Shown.CANDIDATE if seen.nomis_visit_id is not None:
            return await _candidate(desk, visit, attempt, run, seen.nomis_visit_id)
        case Shown.NOTHING if is_settled(desk, visit, attempt) and not attempt.exists_shown:
            return await _absent(desk, visit, attempt, run)
        case _:
            return await _later(desk, visit, attempt, run)


def is_settled(desk: Desk, visit: Visit, attempt: Attempt) -> bool:
    """Whether enough time has passed since the last POST ended for an absence to be evidence."""
    ended = attempt.post_ended_at
    if ended is None:
        ended = attempt.post_lease_until or visit.now
    if desk.breaks.settle_from_commit:
        ended = attempt.created_at
    return visit.now >= ended + int(desk.times.settle_after * 1_000_000)


async def _remember_way(desk: Desk, visit: Visit, run: Run) -> Visit:
    """Once an installation is seen not to find by reference, the visit keeps the prisoner's turn while in doubt."""
    if desk.nomis.finds_by_reference or not visit.find_by_ref:
        return visit
    change = Change(visit=visit, name="no_find_by_ref", held_by=run.holder, lease=KEEP, values={"find_by_ref": False})
    try:
        moved = await commit(desk, change)
    except Conflict:
        return await park(desk, visit, run, 1.0)  # another visit of this prisoner has the turn
    return moved if moved is not None else await reload(desk, visit.id)


async def _candidate(desk: Desk, visit: Visit, attempt: Attempt, run: Run, candidate: int) -> Visit:
    """A single new visit at our slot. It is ours if our POST, repeated, is a duplicate, and it then still stands."""
    if attempt.exists_shown and attempt.candidate_id == candidate:
        return await _later(desk, visit, attempt, run)  # not seen for long enough
    if attempt.candidate_id != candidate:
        moved, changed = await _note(desk, visit, attempt, run, candidate)
        if moved is None or changed is None or moved.step is not Step.IN_DOUBT:
            return await reload(desk, visit.id)
        visit, attempt = moved, changed
        if attempt.exists_shown:
            return await _later(desk, visit, attempt, run)
    return await _post_again(desk, visit, attempt, run)


async def _note(
    desk: Desk, visit: Visit, attempt: Attempt, run: Run, candidate: int
) -> tuple[Visit | None, Attempt | None]:
    facts: dict[str, object] = {"candidate_id": candidate}
    if attempt.exists_shown:
        facts["duplicate_at"] = visit.now  # the single id must be seen for `read_lag`
    change = Change(
        visit=visit,
        name="candidate_seen",
        held_by=run.holder,
        lease=KEEP,
        attempts=(AttemptWrite(attempt, None, facts),),
    )
    moved = await commit(desk, change)
    return moved, change.written[0] if change.written else None


async def _absent(desk: Desk, visit: Visit, attempt: Attempt, run: Run) -> Visit:
    """Nothing is there, long after the last POST: its last refusal counts, or the same POST is made again."""
    there = await is_still_there(desk, visit, attempt, run)
    if there is None:
        return await _later(desk, visit, attempt, run)
    if not there:
        return await hand_over(desk, visit, run, why=StaffWhy.IN_DOUBT)
    texts = load_strings(attempt.last_texts)
    if attempt.last_texts is None or weigh(texts).answer is Answer.LOCKED:
        return await _post_again(desk, visit, attempt, run)
    settled = still_watched(desk, visit, AttemptWrite(attempt, AttemptEvent.REFUSED))
    learned = await refuse(desk, visit, run, settled, texts)
    return await check.check(desk, learned.visit, run) if learned.next_choice else learned.visit


def still_watched(desk: Desk, visit: Visit, write: AttemptWrite) -> AttemptWrite:
    """The reference is settled, but was once in doubt: the watch keeps looking for it until its slot."""
    look_at = None if desk.breaks.no_watch else visit.now + int(desk.times.settle_after * 1_000_000)
    return replace(write, values={**write.values, "look_at": look_at, "looks": 1})


async def _post_again(desk: Desk, visit: Visit, attempt: Attempt, run: Run) -> Visit:
    """The same reference with the same body, if time, notice and place still allow it; else staff."""
    prison = desk.prison(visit)
    today = desk.today()
    allowed = prison is not None and is_bookable(prison, Slot.parse(attempt.slot), today, desk.holidays(today))
    there = await is_still_there(desk, visit, attempt, run) if allowed else False
    if there is None:
        return await _later(desk, visit, attempt, run)
    if not there:
        return await hand_over(desk, visit, run, why=StaffWhy.IN_DOUBT)
    moved = await book.repeat(desk, visit, run, attempt)
    if moved.step is Step.IN_DOUBT and moved.lease_holder == run.holder:
        # Nothing could be sent, or it was told something that proves nothing: never at once again.
        return await _later(desk, moved, attempt, run)
    return moved


async def _later(desk: Desk, visit: Visit, attempt: Attempt, run: Run) -> Visit:
    """Look again after a pause: within the budget by ourselves, else by whoever is next."""
    pause = _PAUSES[min(attempt.looks, len(_PAUSES) - 1)]
    change = Change(
        visit=visit,
        name="looked",
        held_by=run.holder,
        lease=hold(desk, run),
        attempts=(AttemptWrite(attempt, None, {"looks": attempt.looks + 1}),),
    )
    moved = await commit(desk, change)
    if moved is None:
        return await reload(desk, visit.id)
    if run.foreground and desk.clock.monotonic() + pause < run.reads_until:
        await desk.clock.sleep(pause)
        return moved
    until_hand_over = ((visit.doubt_since or visit.now) - visit.now) / 1e6 + desk.times.in_doubt_handover_after
    return await park(desk, moved, run, max(_PAUSES[0], min(pause, until_hand_over)))


def _too_long(desk: Desk, visit: Visit) -> bool:
    since = visit.doubt_since if visit.doubt_since is not None else visit.now
    return visit.now >= since + int(desk.times.in_doubt_handover_after * 1_000_000)
