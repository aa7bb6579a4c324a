"""What the staff pages show: one request, and one prison's queue. Nothing here changes anything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

from adapter.booking.codec import load_outcome, load_request, load_strings
from adapter.booking.desk import Desk
from adapter.booking.letters import notes_of
from adapter.booking.present import has_begun
from adapter.booking.staffing_guard import claim_of, name_in
from adapter.booking.staffing_references import doubtful
from adapter.booking.staffing_slots import bookable, timetable
from adapter.booking.staffing_views import (
    CheckLine,
    ChoiceLine,
    DeadLetter,
    HistoryLine,
    OpenRequest,
    PersonLine,
    Queue,
    QueueLine,
    StaffRequest,
)
from adapter.clock import LONDON, instant
from adapter.store import attempts as attempt_rows
from adapter.store import queues
from adapter.store import visits as visit_rows
from adapter.store.records import Attempt, EventRow, Visit
from booking_rules.decision import Trace
from booking_rules.lifecycle import PUBLIC_STATE, PublicState, Step
from booking_rules.request import age_on

_LEAVING = (Step.WITHDRAWING, Step.CANCELLING)
_ANSWERS = frozenset({"found", "staff_booked", "reject", "staff_rejected", "withdraw", "withdraw_open", "cancel"})
_BLIND = "cancel_blind"
_SILENT = frozenset({"looked", "no_find_by_ref", "candidate_seen", "still_away", "learned", "noted"})
"""Notes of the machine to itself."""


async def request(desk: Desk, visit_id: str) -> StaffRequest | None:
    """The page of one request, in one read."""
    async with desk.store.read() as tx:
        visit = await visit_rows.load(tx, visit_id)
        if visit is None:
            return None
        history = await visit_rows.history(tx, visit_id)
        known = await attempt_rows.attempts_of(tx, visit_id)
    return _page(desk, visit, history, known)


async def queue(desk: Desk, prison_id: str) -> Queue | None:
    prison = desk.registry.current.by_id(prison_id)
    if prison is None:
        return None
    async with desk.store.read() as tx:
        waiting = await queues.waiting(tx, prison_id)
        dead = await queues.dead_letters(tx, prison_id)
    return Queue(
        prison_name=prison.name,
        mailbox=prison.email_address,
        waiting=tuple(_line(desk, item) for item in waiting),
        dead_letters=tuple(
            DeadLetter(
                id=item.visit_id,
                human_id=item.human_id,
                kind=item.kind,
                audience=item.audience,
                at=instant(item.at),
                prison_id=prison_id,
                mailbox=item.mailbox,
            )
            for item in dead
        ),
    )


def check_lines(trace: Trace) -> tuple[CheckLine, ...]:
    """Every check of a trace."""
    return tuple(CheckLine(item.name, item.subject, str(item.result), item.basis) for item in trace.checks)


def _page(desk: Desk, visit: Visit, history: Sequence[EventRow], known: Sequence[Attempt]) -> StaffRequest:
    prison = desk.prison(visit)
    with_staff = visit.step is Step.WITH_STAFF
    public = PUBLIC_STATE[visit.step]
    answer = next((row for row in reversed(history) if row.event in _ANSWERS or row.event == _BLIND), None)
    answered = answer is not None and public is not PublicState.REQUESTED
    return StaffRequest(
        id=visit.id,
        human_id=visit.human_id,
        prison_id=visit.prison_id,
        prison_name=prison.name if prison else visit.prison_key,
        mailbox=visit.mailbox,
        version=visit.version,
        state="with_staff" if with_staff else "under_way" if public is PublicState.REQUESTED else public.value,
        arrived_at=instant(visit.arrived_at),
        confirm_by=date.fromisoformat(visit.confirm_by),
        overdue=with_staff and date.fromisoformat(visit.confirm_by) < desk.today(),
        open=_open(desk, visit) if with_staff else None,
        claim=claim_of(visit, history) if with_staff else None,
        doubtful=tuple((item.reference, item.slot) for item in doubtful(known)),
        slot_granted=visit.slot_granted,
        nomis_visit_id=visit.nomis_visit_id,
        choices=timetable(desk, visit) if visit.step is Step.WITHDRAWN else visit.choices,
        answered_at=instant(answer.at) if answer is not None and answered else None,
        answered_by=_answered_by(visit, answer) if answer is not None and answered else "",
        reasons=_reasons(visit, answer),
        leaving=visit.step in _LEAVING,
        can_cancel=visit.step is Step.BOOKED and not has_begun(visit, desk.clock.now()),
        can_take_out=visit.step is Step.WITHDRAWN,
        history=tuple(
            HistoryLine(instant(row.at), row.event, name_in(row.who) or row.who)
            for row in history
            if row.event not in _SILENT
        ),
    )


def _answered_by(visit: Visit, answer: EventRow) -> str:
    """Who gave the answer that stands. A booking that staff asked for is found by the machine."""
    return name_in(answer.who) or (visit.answered_by or "" if answer.event == "found" else "")


def _reasons(visit: Visit, answer: EventRow | None) -> tuple[str, ...]:
    """The reasons as staff gave them; the visitor may have been told less."""
    if visit.step in (Step.CANCELLED, Step.CANCELLING):
        return load_strings(visit.cancellation_reasons)
    if visit.step is not Step.REJECTED:
        return ()
    detail = json.loads(answer.detail) if answer is not None and answer.detail else {}
    return tuple(detail.get("reasons", load_outcome(visit.outcome).reasons))


def _open(desk: Desk, visit: Visit) -> OpenRequest:
    wanted = load_request(visit.request)
    trace = Trace.from_json(visit.trace) if visit.trace else None
    notes = notes_of(trace)
    arrived = instant(visit.arrived_at).astimezone(LONDON).date()
    return OpenRequest(
        prisoner_name=f"{wanted.prisoner.first_name} {wanted.prisoner.last_name}",
        prisoner_number=wanted.prisoner.number,
        prisoner_born=wanted.prisoner.date_of_birth,
        visitors=tuple(
            PersonLine(
                name=f"{person.first_name} {person.last_name}",
                date_of_birth=person.date_of_birth,
                age=age_on(person.date_of_birth, arrived),
                note=notes.get(f"visitor {number}", ""),
            )
            for number, person in enumerate(wanted.visitors, start=1)
        ),
        choices=tuple(
            ChoiceLine(str(slot), notes.get(f"choice {number}", ""))
            for number, slot in enumerate(wanted.choices, start=1)
        ),
        email=wanted.email,
        phone=wanted.phone,
        why=visit.staff_why or "",
        checks=check_lines(trace) if trace else (),
        checked_at=trace.at.replace(tzinfo=LONDON) if trace else None,
        messages=tuple(item["body"] for item in json.loads(visit.staff_messages or "[]")),
        bookable=bookable(desk, visit),
        timetable=timetable(desk, visit),
    )


def _line(desk: Desk, item: queues.Waiting) -> QueueLine:
    visit = item.visit
    claim = claim_of(visit)
    confirm_by = date.fromisoformat(visit.confirm_by)
    return QueueLine(
        id=visit.id,
        human_id=visit.human_id,
        arrived_at=instant(visit.arrived_at),
        confirm_by=confirm_by,
        overdue=confirm_by < desk.today(),
        in_doubt=item.in_doubt,
        claimed_by=claim.name if claim is not None else "",
        prison_id=visit.prison_id,
        mailbox=visit.mailbox,
    )
