"""The visitor withdraws a request, or cancels a visit. Withdrawal wins over whatever the machine is doing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from adapter.booking.codec import dump
from adapter.booking.desk import Desk
from adapter.booking.ledger import FREE, KEEP, Change, attempts, commit, reload, soon
from adapter.booking.letters import Letter
from adapter.booking.present import has_begun
from adapter.store.errors import Conflict, StoreUnavailable
from adapter.store.records import Attempt, Visit
from booking_rules.lifecycle import PUBLIC_STATE, AttemptState, Event, PublicState, Step
from booking_rules.reasons import CancellationReason
from notifier import MessageKind

_TRIES = 20
_MAYBE = (AttemptState.OPEN, AttemptState.HELD, AttemptState.STRAY, AttemptState.REMOVING)


async def depart(
    desk: Desk,
    visit: Visit,
    reason: str = CancellationReason.VISITOR_CANCELLED,
    who: str = "visitor",
) -> Visit:
    """Withdraw what is requested, cancel what is booked and has not begun, leave the rest as it is.

    Done when it returns; doing it again changes nothing and sends nothing.
    """
    for _ in range(_TRIES):
        state = PUBLIC_STATE[visit.step]
        if state is PublicState.REQUESTED:
            change = _withdraw(desk, visit, await attempts(desk, visit.id))
        elif state is PublicState.BOOKED and not has_begun(visit, desk.clock.now()):
            change = cancel_change(visit, reason, who)
        else:
            return visit
        try:
            moved = await commit(desk, change)
        except Conflict:
            # Another visit of this prisoner has the turn; leaving doesn't wait. Whoever judges that one sees that this
            # one is on its way out.
            moved = await commit(desk, replace(change, values={**change.values, "turnless": True}))
        if moved is not None:
            desk.waker.notify()
            return moved
        visit = await reload(desk, visit.id)
    raise StoreUnavailable("locked")


def _withdraw(desk: Desk, visit: Visit, known: Sequence[Attempt]) -> Change:
    # Nothing is open before `booking`. The references were read after the visit: should they say otherwise, the visit
    # has moved on, and the guard sends us back to read it again.
    is_open = visit.step in (Step.BOOKING, Step.IN_DOUBT) or (
        visit.step is Step.WITH_STAFF and any(item.state in _MAYBE for item in known)
    )
    if is_open and desk.breaks.withdraw_without_withdrawing:
        return replace(_withdraw_change(visit, known, is_open=False), events=(Event.WITHDRAW_OPEN, Event.CLEAR))
    return _withdraw_change(visit, known, is_open)


def _withdraw_change(visit: Visit, known: Sequence[Attempt], is_open: bool) -> Change:
    letters = [Letter(kind=MessageKind.VISITOR_WITHDRAWN)]
    if visit.step is Step.WITH_STAFF or visit.acting_for == "staff":  # they have had the request, whoever has it now
        letters.append(
            Letter(
                kind=MessageKind.STAFF_WITHDRAWN,
                only_after=MessageKind.STAFF_REQUEST,
                references=tuple(item.reference for item in known if item.doubted or item.state in _MAYBE),
                may_be_booked=is_open,
            )
        )
    leased = visit.leased()
    return Change(
        visit=visit,
        events=(Event.WITHDRAW_OPEN if is_open else Event.WITHDRAW,),
        who="visitor",
        # Whoever is posting keeps the lease, learns of this when storing the answer, and takes the booking out.
        lease=KEEP if is_open and leased else soon(0.0) if is_open else FREE,
        values={"leaving_since": visit.now},
        letters=letters,
        supersede=(MessageKind.VISITOR_REQUESTED, MessageKind.STAFF_REQUEST),
    )


def cancel_change(visit: Visit, reason: str, who: str, letters: Sequence[Letter] | None = None) -> Change:
    """Cancel a booked visit: with its verified id in the prison system too, else the mailbox is told at once."""
    has_id = visit.nomis_visit_id is not None and visit.offender_id is not None
    told: list[Letter] = list(letters) if letters is not None else []
    if letters is None:
        told.append(Letter(kind=MessageKind.VISITOR_CANCELLED, cancellation_reasons=(reason,)))
    if not has_id:
        told.append(Letter(kind=MessageKind.STAFF_CANCELLED, why="no_visit_id", cancellation_reasons=(reason,)))
    values: dict[str, Any] = {
        "leaving_since": visit.now,
        "cancelled_at": visit.now,
        "cancellation_reasons": dump([reason]),
        "calendar_sequence": visit.calendar_sequence + 1,
    }
    return Change(
        visit=visit,
        events=(Event.CANCEL if has_id else Event.CANCEL_BLIND,),
        who=who,
        lease=soon(0.0) if has_id else FREE,
        values=values,
        letters=told,
        supersede=(MessageKind.VISITOR_BOOKED, MessageKind.STAFF_BOOKED_COPY),
    )
