"""`booking`: commit a reference, post once, and store what the answer proves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from adapter.booking.codec import dump, dump_ids, dump_order, load_order, load_outcome
from adapter.booking.desk import Desk, Run
from adapter.booking.facts import Gathered
from adapter.booking.ledger import Change, Repost, commit, hold, reload
from adapter.booking.letters import Draft
from adapter.booking.saga import answers, check
from adapter.booking.saga.endings import hand_over, wait
from adapter.booking.saga.found import booked_letter
from adapter.booking.saga.room import room_for
from adapter.log import events, get_logger
from adapter.store.errors import Conflict
from adapter.store.records import Attempt, Visit
from booking_rules.decision import Book, ChoiceResult, Decision
from booking_rules.lifecycle import AttemptEvent, Event
from booking_rules.reasons import StaffWhy
from nomis_client import BookingOrder, BookingPermit, Unavailable

_log = get_logger()
_RIVAL_POLL, _RIVAL_POLL_LATER = 0.1, 1.0
"""Seconds until the facts are fetched again where others of ours come first: while a visitor waits, and after that."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A reference whose commit is done and whose body may now go on the wire."""

    visit: Visit
    attempt: Attempt
    committed_at: float
    """Loop time before the commit."""


async def book(
    desk: Desk,
    visit: Visit,
    run: Run,
    decision: Decision,
    verdict: Book,
    known: Gathered,
    tried: Sequence[Attempt],
) -> Visit:
    """Book one choice. Place, token and the breaker's leave come first; then the commit; then only the wire."""
    order = BookingOrder(
        offender_id=visit.offender_id or 0,
        prison=visit.nomis_prison,
        lead_contact=verdict.lead,
        other_contacts=verdict.others,
        slot=str(verdict.raw),
        reference=f"{visit.id}-{verdict.choice + 1}",
        comment=f"Booked online, {visit.human_id}",
    )
    earlier = next((item for item in tried if item.reference == order.reference), None)
    if earlier is not None and earlier.posts and earlier.body != dump_order(order):
        # The body under this reference may have been read; if it doesn't fit any more, a person decides.
        return await hand_over(desk, visit, run, why=StaffWhy.REFUSED, decision=decision)
    try:
        async with desk.nomis.booking_permit(visit.nomis_prison, run.reads_until) as permit:
            sent = await _commit_reference(desk, visit, run, decision, verdict, known, order, earlier)
            learned = await post(desk, run, sent, permit) if sent is not None else None
    except Unavailable:
        return await wait(desk, visit, run)
    if learned is None:
        return await _lost_race(desk, visit, run)
    if learned.next_choice:
        return await check.check_with(desk, learned.visit, run, known)
    return learned.visit


async def repeat(desk: Desk, visit: Visit, run: Run, attempt: Attempt) -> Visit:
    """Post the stored body of an open reference once more. Unchanged when nothing could be sent."""
    try:
        async with desk.nomis.booking_permit(visit.nomis_prison, run.reads_until) as permit:
            began = desk.clock.monotonic()
            change = Change(
                visit=visit,
                events=(Event.POST,),
                held_by=run.holder,
                lease=hold(desk, run),
                reposts=Repost(attempt),
            )
            try:
                moved = await commit(desk, change)
            except Conflict:
                return visit  # the prisoner's turn is another visit's just now
            if moved is None:
                return await reload(desk, visit.id)
            learned = await post(desk, run, Sent(moved, change.written[0], began), permit)
    except Unavailable:
        return visit
    return learned.visit


async def _commit_reference(
    desk: Desk,
    visit: Visit,
    run: Run,
    decision: Decision,
    verdict: Book,
    known: Gathered,
    order: BookingOrder,
    earlier: Attempt | None,
) -> Sent | None:
    began = desk.clock.monotonic()
    body = {
        "offender_id": order.offender_id,
        "prison": visit.nomis_prison,
        "slot": str(verdict.slot),
        "slot_raw": order.slot,
        "party": visit.party,
        "adults": visit.adults,
        "body": dump_order(order),
        "baseline": dump_ids(known.existing_ids(verdict.slot.day)),
    }
    opens, again = None, None
    if earlier is None:
        named = {"visit_id": visit.id, "reference": order.reference, "choice": verdict.choice}
        opens = {**named, "acting_for": visit.acting_for, **body}
    else:
        again = Repost(earlier, AttemptEvent.REPOST, body if earlier.posts == 0 else None)
    change = Change(
        visit=visit,
        events=(Event.POST,),
        held_by=run.holder,
        lease=hold(desk, run),
        values={
            "trace": decision.trace.to_json(),
            "overlaps_at_arrival": visit.overlaps_at_arrival or _overlaps(decision),
            "outcome": _trying(visit, decision, verdict.choice),
        },
        opens=opens,
        reposts=again,
        check=room_for(desk, visit, verdict, known),
        detail=dump({"choice": verdict.choice + 1, "reference": order.reference}),
    )
    moved = await commit(desk, change)
    return None if moved is None else Sent(moved, change.written[0], began)


async def post(desk: Desk, run: Run, sent: Sent, permit: BookingPermit) -> answers.Learned:
    """The one POST of this commit, and what its answer proves."""
    now, attempt = desk.clock.monotonic(), sent.attempt
    if now - sent.committed_at > desk.times.lease - desk.times.book_timeout - 5.0:
        # Too long since the lease was taken: whoever takes over may think that this POST is on its way.
        _log.warning(events.LEASE_LOST, visit=sent.visit.id, step=sent.visit.step.value)
        return await answers.store(desk, sent.visit, sent.attempt, run, Unavailable("lease_lost"))
    order = load_order(sent.attempt.body)
    if desk.breaks.new_reference_on_repeat and sent.attempt.posts > 1:
        order = replace(order, reference=f"{order.reference}-{sent.attempt.posts}")
    asking = asyncio.create_task(answers.ask(permit, order, now + desk.times.book_timeout, run))
    try:
        await asyncio.sleep(0)  # where a connection is at hand, it is on the wire now
        _tell_posted(attempt)
        draft = _written_meanwhile(desk, sent)
        answer = await asking
    except BaseException:
        asking.cancel()
        raise
    _tell(sent.attempt, answer, desk.clock.monotonic() - now)
    return await answers.store(desk, sent.visit, sent.attempt, run, answer, draft)


def _written_meanwhile(desk: Desk, sent: Sent) -> Draft | None:
    """While the prison system books: what the visitor is told then."""
    if sent.visit.acting_for == "staff":
        return None
    letter = booked_letter(sent.attempt)
    return desk.letters.draft(sent.visit, desk.prison(sent.visit), letter, desk.clock.now())


def _tell_posted(attempt: Attempt) -> None:
    _log.info(
        events.BOOKING_POSTED,
        visit=attempt.visit_id,
        reference=attempt.reference,
        choice=None if attempt.choice is None else attempt.choice + 1,
        tries=attempt.posts,
    )


def _tell(attempt: Attempt, reply: answers.Reply, seconds: float) -> None:
    outcome, reason = answers.in_words(reply)
    _log.info(
        events.BOOKING_ANSWERED,
        visit=attempt.visit_id,
        reference=attempt.reference,
        outcome=outcome,
        reason=reason,
        duration_ms=round(seconds * 1000, 1),
    )


async def _lost_race(desk: Desk, visit: Visit, run: Run) -> Visit:
    """Somebody changed the visit, or others of ours come first for this slot."""
    current = await reload(desk, visit.id)
    if current.version != visit.version or current.lease_holder != run.holder:
        return current
    pause = _RIVAL_POLL if run.foreground else _RIVAL_POLL_LATER
    if desk.clock.monotonic() + pause > run.reads_until:
        return await wait(desk, current, run)
    await desk.clock.sleep(pause)
    return await check.check_with(desk, current, run)


def _overlaps(decision: Decision) -> str | None:
    """Which choices overlapped when the request was first judged with all facts at hand."""
    if any(item.why is not None for item in decision.trace.choices):
        return None
    return dump([str(item.slot) for item in decision.trace.choices if item.result is ChoiceResult.OVERLAPS])


def _trying(visit: Visit, decision: Decision, choice: int) -> str:
    """The outcome while `choice` is being booked: what was found of the choices before it, nothing of the rest."""
    results = [str(result) for result in decision.outcome_choices]
    results[choice] = "unknown"
    results[choice + 1 :] = ["not_tried"] * (len(results) - choice - 1)
    return replace(load_outcome(visit.outcome), choices=tuple(results)).dumped()
