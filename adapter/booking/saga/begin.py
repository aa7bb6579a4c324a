"""From `received` or `waiting` to `checking`: who is the prisoner, and is it this request's turn?"""

from __future__ import annotations

from adapter.booking.codec import load_request
from adapter.booking.desk import Desk, Run
from adapter.booking.facts import unknown_of
from adapter.booking.ledger import Change, commit, hold, park, reload
from adapter.booking.saga.check import check_with
from adapter.booking.saga.endings import give_answer, hand_over, wait
from adapter.store.errors import Conflict
from adapter.store.records import Visit
from adapter.store.rivals import has_older_rival, turn_is_free
from adapter.store.unit_of_work import Tx
from booking_rules.decision import Reject, ToStaff, decide_without_facts, judge
from booking_rules.facts import Facts, Unknown
from booking_rules.lifecycle import Event, Step
from booking_rules.reasons import StaffWhy
from nomis_client import NomisError

_TURN_POLL = 0.05
_TURN_PAUSE, _LONGEST_TURN_PAUSE = 0.5, 2.0
"""Seconds: between two looks while the visitor waits, and until the worker tries again."""
_SECOND_LOOK = 0.2


async def begin(desk: Desk, visit: Visit, run: Run) -> Visit:
    """Look the prisoner up and take the turn. Reads only until then, so a crash here costs nothing."""
    if not run.foreground and visit.handover_at <= visit.now:
        return await hand_over(desk, visit, run, why=StaffWhy.WAITED_TOO_LONG)
    prison = desk.prison(visit)
    if prison is None:
        return await hand_over(desk, visit, run, why=StaffWhy.PRISON_NOT_IN_USE)
    request, now = load_request(visit.request), desk.wall_time()
    if (early := decide_without_facts(request, prison, now)) is not None:
        assert isinstance(early.verdict, ToStaff)
        return await hand_over(desk, visit, run, why=str(early.verdict.reasons[0]), decision=early)
    offender = await _find_offender(desk, visit, run)
    if isinstance(offender, Unknown):
        if offender.why.curable:
            return await wait(desk, visit, run)
        return await hand_over(desk, visit, run, why=str(offender.why))
    if offender is None:
        decision = judge(request, prison, Facts(offender_id=None), now, desk.holidays(now.date()), desk.policy)
        assert isinstance(decision.verdict, Reject | ToStaff)
        return await give_answer(desk, visit, run, decision, first=(Event.START,))
    return await _take_turn(desk, visit, run, offender)


async def _find_offender(desk: Desk, visit: Visit, run: Run) -> int | Unknown | None:
    """The offender id; None only after asking twice, and never on the word of a cache."""
    prisoner = load_request(visit.request).prisoner
    known = desk.nomis.recall_offender(prisoner.number, prisoner.date_of_birth)
    if known is not None:
        return known
    for again in (True, False):
        try:
            found = await desk.nomis.find_offender(prisoner.number, prisoner.date_of_birth, desk.call(visit, run))
        except NomisError as error:
            return unknown_of(error)
        if found is not None:
            return found
        if again:
            await desk.clock.sleep(_SECOND_LOOK)
    return None


async def _take_turn(desk: Desk, visit: Visit, run: Run, offender_id: int) -> Visit:
    """One unsettled saga per prisoner, oldest request first; the unique index decides, not this code."""

    async def oldest(tx: Tx) -> bool:
        return not await has_older_rival(tx, visit)

    while True:
        try:
            started = await commit(
                desk,
                Change(
                    visit=visit,
                    events=(Event.START,),
                    held_by=run.holder,
                    lease=hold(desk, run),
                    values={
                        "offender_id": offender_id,
                        "find_by_ref": desk.nomis.finds_by_reference,
                        "turnless": False,
                    },
                    check=oldest,
                ),
            )
        except Conflict:
            started = None
        if started is not None:
            return await check_with(desk, started, run)
        visit = await reload(desk, visit.id)
        if visit.step not in (Step.RECEIVED, Step.WAITING) or visit.lease_holder != run.holder:
            return visit
        if not run.foreground or not await _turn_comes(desk, visit, run, offender_id):
            return await park(desk, visit, run, _turn_pause(visit))


def _turn_pause(visit: Visit) -> float:
    """The longer it has waited for its turn, the less it matters when exactly it looks again."""
    waited = (visit.now - visit.arrived_at) / 1e6
    return min(max(_TURN_PAUSE, waited / 8), _LONGEST_TURN_PAUSE)


async def _turn_comes(desk: Desk, visit: Visit, run: Run, offender_id: int) -> bool:
    """Waits, within the budget, until nobody else has the turn and nobody older wants it. Only reads."""
    pause = _TURN_POLL
    while desk.clock.monotonic() + pause < run.reads_until:
        await desk.clock.sleep(pause)
        async with desk.store.read() as tx:
            if await turn_is_free(tx, offender_id) and not await has_older_rival(tx, visit):
                return True
        pause = min(2 * pause, 0.2)
    return False
