"""May this member of staff do this now? And what every answer of theirs writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from adapter.booking.desk import Desk
from adapter.booking.ledger import Change, commit, reload
from adapter.booking.staffing_views import Claim, Done, Member, NotDone, Order, Result, Why
from adapter.clock import instant
from adapter.store import visits as visit_rows
from adapter.store.errors import Conflict
from adapter.store.records import EventRow, Visit
from booking_rules.lifecycle import Step

CLAIM_FOR = timedelta(minutes=30)
"""How long a request stays with the colleague who started on it."""
_CLAIM_MICROS = int(CLAIM_FOR.total_seconds() * 1_000_000)


def who(by: Member) -> str:
    """As the history names them."""
    return f"staff:{by.name}"


def name_in(who: str) -> str:
    """The name of a member of staff out of the history; "" for the machine and the visitor."""
    kind, _, name = who.partition(":")
    return name if kind == "staff" else ""


def claim_of(visit: Visit, history: Sequence[EventRow] = ()) -> Claim | None:
    """Who is working on it now, and, told by its history, since when."""
    if visit.claimed_by is None or visit.claimed_until is None or visit.claimed_until <= visit.now:
        return None
    name, _, session = visit.claimed_by.rpartition("#")
    until = instant(visit.claimed_until)
    began = next((row.at for row in reversed(history) if row.event == "claimed" and name_in(row.who) == name), None)
    return Claim(name, session, instant(began) if began is not None else until - CLAIM_FOR, until)


def claimed(visit: Visit, by: Member) -> dict[str, object]:
    """The columns of a claim that begins or goes on now."""
    return {"claimed_by": f"{by.name}#{by.session}", "claimed_until": visit.now + _CLAIM_MICROS}


RELEASED: Mapping[str, object] = {"claimed_by": None, "claimed_until": None}


async def admitted(desk: Desk, order: Order, *steps: Step, started: bool = True) -> Visit | NotDone:
    """The visit, if it still is as the order says, in one of `steps`, and (with `started`) theirs to answer."""
    async with desk.store.read() as tx:
        visit = await visit_rows.load(tx, order.visit_id)
    if visit is None or visit.version != order.version or visit.step not in steps:
        # Who was faster is what they want to know, whatever else changed.
        return _taken(visit, order.by) or NotDone(Why.CHANGED)
    if (taken := _taken(visit, order.by)) is not None:
        return taken
    if started and (visit.claimed_by is None or visit.claimed_by.rpartition("#")[2] != order.by.session):
        return NotDone(Why.NOT_STARTED)
    return visit


def _taken(visit: Visit | None, by: Member) -> NotDone | None:
    if visit is None or visit.step is not Step.WITH_STAFF:
        return None
    claim = claim_of(visit)
    return NotDone(Why.TAKEN, by=claim.name) if claim is not None and claim.session != by.session else None


async def carried_out(desk: Desk, change: Change, conflict: Why = Why.BUSY) -> Result:
    """Commit an answer. Somebody who was faster is told of; nothing is tried twice for a person."""
    try:
        moved = await commit(desk, change)
    except Conflict:
        return NotDone(conflict)
    if moved is None:
        current = await reload(desk, change.visit.id)
        by = name_in(change.who)
        claim = claim_of(current) if current.step is Step.WITH_STAFF else None
        taken = claim is not None and claim.name != by
        return NotDone(Why.TAKEN, by=claim.name) if taken and claim is not None else NotDone(Why.CHANGED)
    desk.waker.notify()
    return Done()
