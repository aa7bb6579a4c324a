"""Claiming visits: a lease for as long as the work may take, judged by the database's clock."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    literal_column,
    or_,
    select,
    update,
)

from adapter.store.records import Visit, as_visit, columns
from adapter.store.shapes import Shape, chosen, parameter
from adapter.store.tables import CHECKED_AT, visits
from adapter.store.unit_of_work import Tx
from adapter.store.visits import SHAPE, later
from booking_rules.lifecycle import MACHINE_STEPS, Step

_MACHINE = tuple(sorted(MACHINE_STEPS))


async def claim(tx: Tx, visit_id: str, holder: str, seconds: float) -> Visit | None:
    """Claim one visit that nobody holds; None if somebody does, or there is nothing to do for it."""
    rows = await tx.fetch(_CLAIM, {"id": visit_id, "holder": holder, "lease": later(seconds).micros})
    return as_visit(rows[0]) if rows else None


async def claim_due(tx: Tx, holder: str, seconds: float, limit: int, away: Sequence[str] = ()) -> list[Visit]:
    """Claim what is due, oldest arrival first. Waiting visits of `away` prisons only once their hand-over is due."""
    given = {"holder": holder, "lease": later(seconds).micros, "limit": limit}
    absent = {f"away_{number}": code for number, code in enumerate(away)}
    found = [as_visit(row) for row in await tx.fetch(_claim_due(len(away)), {**given, **absent})]
    return sorted(found, key=lambda visit: (visit.arrived_at, visit.id))


async def claim_unchecked(tx: Tx, after: str, period: float, limit: int) -> list[Visit]:
    """Booked visits with slots after `after` that were last compared more than `period` seconds ago; now they are.

    Those whose slot has passed are let go of, some hundreds at a time: nobody goes through them again.
    """
    given = {"after": after, "period": later(period).micros, "limit": limit}
    await tx.run(_LET_GO, {**given, "limit": _MOST_LET_GO})
    return [as_visit(row) for row in await tx.fetch(_CLAIM_UNCHECKED, given)]


_FREE = or_(visits.c.lease_until.is_(None), visits.c.lease_until < Tx.now)
_WHOLE = columns(Visit, visits)
_LEASE_END = Tx.now + parameter("lease", BigInteger())
_CLAIMED = {
    visits.c.lease_holder: parameter("holder", String()),
    visits.c.lease_until: _LEASE_END,
    visits.c.due_at: _LEASE_END,
    visits.c.claims: visits.c.claims + 1,
}
_CLAIM = Shape(
    update(visits)
    .where(visits.c.id == parameter("id", String()), visits.c.shape == SHAPE, visits.c.step.in_(_MACHINE), _FREE)
    .values(_CLAIMED)
    .returning(*_WHOLE),
    _WHOLE,
)


def _unchecked(slot: ColumnElement[bool]) -> Select[tuple[str]]:
    """Ids of booked visits that were last compared long ago, the longest first."""
    return chosen(
        select(visits.c.id)
        .where(
            visits.c.step == literal_column(f"'{Step.BOOKED}'"),  # as in the index that is for this
            slot,
            visits.c.shape == SHAPE,
            visits.c.checked_at <= Tx.now - parameter("period", BigInteger()),
        )
        .order_by(visits.c.checked_at)
        .limit(parameter("limit", Integer()))
        .with_for_update(skip_locked=True)  # SQLite needs and knows no such thing
    )


_MOST_LET_GO = 500
_AFTER = parameter("after", String())
_LET_GO = Shape(
    update(visits).where(visits.c.id.in_(_unchecked(visits.c.slot_granted <= _AFTER))).values(checked_at=None),
    (),
    CHECKED_AT,
)
_CLAIM_UNCHECKED = Shape(
    update(visits)
    .where(visits.c.id.in_(_unchecked(visits.c.slot_granted > _AFTER)))
    .values(checked_at=Tx.now)
    .returning(*_WHOLE),
    _WHOLE,
    CHECKED_AT,
)


@cache
def _claim_due(away: int) -> Shape:
    wanted = [visits.c.due_at <= Tx.now, visits.c.shape == SHAPE, visits.c.step.in_(_MACHINE), _FREE]
    if away:
        absent = and_(*(visits.c.nomis_prison != parameter(f"away_{number}", String()) for number in range(away)))
        wanted.append(or_(visits.c.step != Step.WAITING, absent, visits.c.handover_at <= Tx.now))
    due = (
        select(visits.c.id)
        .where(*wanted)
        .order_by(visits.c.arrived_at, visits.c.id)
        .limit(parameter("limit", Integer()))
        .with_for_update(skip_locked=True)
    )
    return Shape(
        update(visits).where(visits.c.id.in_(chosen(due)), _FREE).values(_CLAIMED).returning(*_WHOLE),
        _WHOLE,
    )
