"""`checking`: fetch the facts, judge them, and act on the verdict. Holds the prisoner's turn."""

from __future__ import annotations

from dataclasses import replace

from adapter.booking.codec import load_request, load_strings
from adapter.booking.desk import Desk, Run
from adapter.booking.facts import Gathered, gather
from adapter.booking.ledger import tried_before
from adapter.booking.saga.answers import choice_result
from adapter.booking.saga.book import book
from adapter.booking.saga.endings import give_answer, hand_over, wait
from adapter.store.records import Attempt, Visit
from booking_rules.answers import weigh
from booking_rules.decision import Book, ChoiceResult, Decision, Settled, ToStaff, Wait, judge
from booking_rules.lifecycle import AttemptState, Step
from booking_rules.reasons import StaffWhy
from nomis_client import NomisError


async def check(desk: Desk, visit: Visit, run: Run) -> Visit:
    """A visit found in `checking`: everything is fetched again."""
    if visit.step is Step.CHECKING and not run.foreground and visit.handover_at <= visit.now:
        return await hand_over(desk, visit, run, why=StaffWhy.WAITED_TOO_LONG)
    return await check_with(desk, visit, run)


async def check_with(desk: Desk, visit: Visit, run: Run, known: Gathered | None = None) -> Visit:
    """Judge and act. `known` facts are used again while they are fresh: after a refused choice."""
    if visit.step is not Step.CHECKING or visit.lease_holder != run.holder:
        return visit  # the answer to the commit before was lost, and until it was read back somebody was faster
    prison = desk.prison(visit)
    if prison is None or visit.offender_id is None:
        return await hand_over(desk, visit, run, why=StaffWhy.PRISON_NOT_IN_USE)
    if known is None or desk.clock.monotonic() - known.asked_at_loop > desk.times.facts_max_age:
        known = await gather(desk, visit, run)
        if known.stranger and not await _is_still_known(desk, visit, run):
            return await wait(desk, visit, run)
    now = desk.wall_time()
    tried = await tried_before(desk, visit)
    decision = judge(
        load_request(visit.request),
        prison,
        known.facts,
        now,
        desk.holidays(now.date()),
        desk.policy,
        settled=tuple(_settled(item) for item in tried if _is_settled(item)),
    )
    if _may_have_been_told(desk, visit, run) and _new_overlap(visit, decision):
        decision = replace(decision, verdict=ToStaff((StaffWhy.NEW_OVERLAP,)))
    match decision.verdict:
        case Book() as verdict:
            return await book(desk, visit, run, decision, verdict, known, tried)
        case Wait():
            return await wait(desk, visit, run)
        case _:
            return await give_answer(desk, visit, run, decision)


async def _is_still_known(desk: Desk, visit: Visit, run: Run) -> bool:
    """Whether the prisoner's id is the one that we remembered: that there is no such prisoner isn't said by a cache."""
    prisoner = load_request(visit.request).prisoner
    try:
        found = await desk.nomis.find_offender(prisoner.number, prisoner.date_of_birth, desk.call(visit, run))
    except NomisError:
        return False
    return found == visit.offender_id


def _is_settled(attempt: Attempt) -> bool:
    return attempt.choice is not None and attempt.state is not AttemptState.UNSENT


def _settled(attempt: Attempt) -> Settled:
    """What an earlier booking answer says about its choice; it is not tried again."""
    assert attempt.choice is not None
    if attempt.state is AttemptState.REFUSED and attempt.last_texts:
        answer = weigh(load_strings(attempt.last_texts))
        return Settled(attempt.choice, choice_result(answer), answer.reason)
    return Settled(attempt.choice, ChoiceResult.REFUSED)  # without a reason: a person decides


def _may_have_been_told(desk: Desk, visit: Visit, run: Run) -> bool:
    """Whether the visitor was told "requested" by now. Somebody may wait all the same: who sends it once more."""
    return not run.foreground or visit.ever_waited or visit.now - visit.arrived_at > desk.times.budget * 1e6


def _new_overlap(visit: Visit, decision: Decision) -> bool:
    """An overlap that was not there at arrival: while the visitor waited, somebody may have booked by hand."""
    then = set(load_strings(visit.overlaps_at_arrival))
    return any(item.result is ChoiceResult.OVERLAPS and str(item.slot) not in then for item in decision.trace.choices)
