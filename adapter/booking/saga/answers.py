"""What the answer to a booking POST proves, and storing it. Few answers count; everything else is doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from adapter.booking.codec import dump, load_outcome
from adapter.booking.desk import Desk, Run
from adapter.booking.ledger import KEEP, NOW, AttemptWrite, Change, attempts, commit, hold, reload
from adapter.booking.letters import Draft
from adapter.booking.saga.endings import hand_over, wait
from adapter.booking.saga.found import Proof, settle_found
from adapter.store.records import Attempt, Visit
from booking_rules.answers import Answer, Weighed, weigh
from booking_rules.decision import ChoiceResult
from booking_rules.lifecycle import AttemptEvent, AttemptState, Event, Step
from booking_rules.reasons import StaffWhy
from nomis_client import (
    Booked,
    BookingOrder,
    BookingPermit,
    BookingRefused,
    OutcomeUnknown,
    Unavailable,
)

Reply = Booked | BookingRefused | Unavailable | OutcomeUnknown

_AGAIN = 0.3
"""Seconds until a locked record is tried again within the budget."""
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Learned:
    """The visit after the answer was stored; `next_choice`: this one was refused for good, judge the next."""

    visit: Visit
    next_choice: bool = False


async def ask(permit: BookingPermit, order: BookingOrder, deadline: float, run: Run) -> Reply:
    """Post once; errors come back as values, for they must be stored, not thrown."""
    try:
        return await permit.post(order, deadline, run.request_id)
    except (Unavailable, OutcomeUnknown) as error:
        return error


def in_words(reply: Reply) -> tuple[str, str | None]:
    """Outcome and reason as codes, for the log."""
    match reply:
        case Booked():
            return "booked", None
        case BookingRefused():
            return "refused", str(reply.texts[0]) if reply.texts else None
        case Unavailable():
            return "unsent", reply.reason
        case OutcomeUnknown():
            return "unknown", reply.reason


async def store(
    desk: Desk, visit: Visit, attempt: Attempt, run: Run, reply: Reply, draft: Draft | None = None
) -> Learned:
    """Store what a reply to this reference's POST proves, whoever holds the visit by now.

    `draft`: of the message that leaves if it is booked.
    """
    match reply:
        case Booked():
            order = reply.visit_order.number if reply.visit_order else None
            proof = Proof(reply.visit_id, "answer", None if order is None else str(order))
            return Learned(await settle_found(desk, visit, attempt, run, proof, draft))
        case Unavailable():
            return Learned(await _unsent(desk, visit, attempt, run))
        case BookingRefused():
            return await _refused(desk, visit, attempt, run, reply)
        case OutcomeUnknown():
            return Learned(await _doubt(desk, visit, attempt, run, reply.reason, None))


async def _unsent(desk: Desk, visit: Visit, attempt: Attempt, run: Run) -> Visit:
    """No byte left: as if this POST had never been made."""
    if attempt.posts > 1 or attempt.doubted:
        return await _doubt(desk, visit, attempt, run, "unsent", None, posts=attempt.posts - 1)
    settled = AttemptWrite(attempt, AttemptEvent.UNSENT, {"posts": 0, "last_answer": "unsent"})
    return await _settle_or_note(desk, visit, attempt, settled, await wait(desk, visit, run, settled))


async def _refused(desk: Desk, visit: Visit, attempt: Attempt, run: Run, reply: BookingRefused) -> Learned:
    texts = [str(text) for text in reply.texts]
    weighed = weigh(texts)
    only_post = (attempt.posts == 1 and not attempt.doubted) or desk.breaks.believe_repeat_refusal
    # An overlap would have been foretold by the facts: unforetold, it may be our own booking.
    counts = only_post and weighed.known and weighed.answer is not Answer.LOOK_UP and not weighed.overlapping
    if not counts:
        return Learned(await _doubt(desk, visit, attempt, run, str(weighed.answer), texts))
    facts = {"last_answer": str(weighed.answer), "last_texts": dump(texts), "post_ended_at": NOW}
    if weighed.answer is Answer.LOCKED:
        return Learned(await _locked(desk, visit, attempt, run, facts))
    settled = AttemptWrite(attempt, AttemptEvent.REFUSED, facts)
    learned = await refuse(desk, visit, run, settled, texts)
    if learned.next_choice:
        return learned
    return Learned(await _settle_or_note(desk, visit, attempt, settled, learned.visit))


async def refuse(desk: Desk, visit: Visit, run: Run, settled: AttemptWrite, texts: Sequence[str]) -> Learned:
    """Act on a refusal that counts, and isn't about a locked record: a person's to judge, or the end of this choice.

    Where somebody changed the visit meanwhile nothing is stored, and the visit is as they left it.
    """
    weighed = weigh(texts)
    refused = _with_result(visit, settled.attempt, weighed)
    if weighed.answer in (Answer.STAFF, Answer.LOOK_UP) or not weighed.known or visit.acting_for == "staff":
        why = str(weighed.reason or StaffWhy.REFUSED)
        return Learned(await hand_over(desk, refused, run, why=why, settles=settled))
    moved = await commit(
        desk,
        Change(
            visit=visit,
            events=(Event.REFUSED,),
            held_by=run.holder,
            lease=hold(desk, run),
            attempts=(settled,),
            values={"outcome": refused.outcome},
            detail=dump({"texts": list(texts)}),
        ),
    )
    if moved is None:
        return Learned(await reload(desk, visit.id))
    return Learned(moved, next_choice=True)


async def _locked(desk: Desk, visit: Visit, attempt: Attempt, run: Run, facts: dict[str, object]) -> Visit:
    """Nothing was written: once more within the budget, else wait until the record is closed."""
    settled = AttemptWrite(attempt, AttemptEvent.UNSENT, facts)
    in_time = run.foreground and desk.clock.monotonic() + 2 * _AGAIN < run.reads_until
    if not in_time or visit.acting_for == "staff":
        return await _settle_or_note(
            desk, visit, attempt, settled, await wait(desk, visit, run, settled, due_in=_AGAIN)
        )
    moved = await commit(
        desk,
        Change(
            visit=visit,
            events=(Event.AWAY,),
            held_by=run.holder,
            lease=hold(desk, run),
            attempts=(settled,),
        ),
    )
    if moved is None:
        return await _settle_or_note(desk, visit, attempt, settled, await reload(desk, visit.id))
    await desk.clock.sleep(_AGAIN)
    return moved


async def _doubt(
    desk: Desk,
    visit: Visit,
    attempt: Attempt,
    run: Run,
    answer: str,
    texts: Sequence[str] | None,
    posts: int | None = None,
) -> Visit:
    """From now on no refusal settles this reference; only a look-up does."""
    facts: dict[str, object] = {"doubted": True, "last_answer": answer[:20], "post_ended_at": NOW}
    if texts is not None or posts is None:
        facts["last_texts"] = None if texts is None else dump(list(texts))
    if posts is not None:
        facts["posts"] = posts
    if answer == Answer.LOOK_UP:
        facts |= {"exists_shown": True, "duplicate_at": NOW}
    if weigh(texts or ()).overlapping and attempt.candidate_id is not None:
        # Asked again because a new visit stands at that slot, and told "overlapping": a person must look.
        settled = AttemptWrite(attempt, None, facts)
        return await hand_over(desk, visit, run, why=StaffWhy.IN_DOUBT, settles=settled)
    moved = await commit(
        desk,
        Change(
            visit=visit,
            events=(Event.DOUBT,),
            held_by=run.holder,
            lease=hold(desk, run),
            values={"doubt_since": visit.doubt_since or visit.now},
            attempts=(AttemptWrite(attempt, None, facts),),
            detail=dump({"answer": answer}),
        ),
    )
    if moved is not None:
        return moved
    return await _settle_or_note(desk, visit, attempt, AttemptWrite(attempt, None, facts), await reload(desk, visit.id))


async def _settle_or_note(desk: Desk, visit: Visit, attempt: Attempt, settled: AttemptWrite, current: Visit) -> Visit:
    """What was learned is kept even if the visit was moved meanwhile (withdrawn, taken over).

    Reads again as often as somebody else is faster.
    """
    for _ in range(_TRIES):
        item = next((one for one in await attempts(desk, visit.id) if one.id == attempt.id), None)
        late = _late(item, attempt, settled, current) if item is not None else None
        if late is None:
            return current
        moved = await commit(desk, Change(visit=current, name="learned", lease=KEEP, attempts=(late,)))
        if moved is not None:
            return moved
        current = await reload(desk, visit.id)
    return current


def _late(item: Attempt, attempt: Attempt, settled: AttemptWrite, current: Visit) -> AttemptWrite | None:
    """What a late answer says about the reference as it is now (`item`); None: nothing more.

    Only a withdrawal may settle a reference by an answer that counts; elsewhere the answer is noted, and the
    evidence of the look-ups decides.
    """
    if item.state is not AttemptState.OPEN:
        return None
    if item.posts != attempt.posts:  # posted again meanwhile: this is no longer the last answer
        shown = {name: settled.values[name] for name in ("exists_shown", "duplicate_at") if name in settled.values}
        return AttemptWrite(item, None, shown) if shown and not item.exists_shown else None
    event = settled.event if current.step is Step.WITHDRAWING else None
    return AttemptWrite(item, event, {k: v for k, v in settled.values.items() if k != "posts"})


_RESULTS = {
    Answer.NO_ALLOWANCE: ChoiceResult.PRISONER_UNAVAILABLE,
    Answer.NEXT_FULL: ChoiceResult.FULL,
    Answer.NEXT_NOT_OFFERED: ChoiceResult.NOT_OFFERED,
    Answer.NEXT_OVERLAPS: ChoiceResult.OVERLAPS,
}


def choice_result(weighed: Weighed) -> ChoiceResult:
    """What a refusal that counts makes of its choice, in the contract's words."""
    return _RESULTS.get(weighed.answer, ChoiceResult.REFUSED)


def _with_result(visit: Visit, attempt: Attempt, weighed: Weighed) -> Visit:
    """The visit with this choice's result in its outcome."""
    if attempt.choice is None:
        return visit
    outcome = load_outcome(visit.outcome)
    results = list(outcome.choices)
    results[attempt.choice] = str(choice_result(weighed))
    return visit._replace(outcome=replace(outcome, choices=tuple(results)).dumped())
