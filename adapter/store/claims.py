"""Claiming visits: a lease for as long as the work may take, judged by the database's clock."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, ColumnElement, String, or_, select, update

from adapter.store.records import Visit, as_visit
from adapter.store.shapes import Shape, change, parameter, returned
from adapter.store.tables import visits
from adapter.store.unit_of_work import Tx
from adapter.store.visits import SHAPE, later, micros
from booking_rules.lifecycle import MACHINE_STEPS, Step

_MACHINE = tuple(sorted(MACHINE_STEPS))


async def renew(tx: Tx, visit_id: str, holder: str, seconds: float) -> bool:
    """Run the lease on for `seconds` from now. False: it is not ours any more."""
    until = later(seconds)
    held = {"id": visit_id, "lease_holder": holder}
    return bool(await tx.run(*change(visits, held, {"lease_until": until, "due_at": until})))


async def claim(tx: Tx, visit_id: str, holder: str, seconds: float) -> Visit | None:
    """Claim one visit that nobody holds; None if somebody does, or there is nothing to do for it."""
    rows = await tx.run(_CLAIM, {"id": visit_id, "holder": holder, "lease": later(seconds).micros})
    return as_visit(rows[0]) if rows else None


async def claim_due(tx: Tx, holder: str, seconds: float, limit: int, away: Sequence[str] = ()) -> list[Visit]:
    """Claim what is due, oldest arrival first. Waiting visits of `away` prisons only once their hand-over is due."""
    now = tx.now
    free = or_(visits.c.lease_until.is_(None), visits.c.lease_until < now)
    wanted: list[ColumnElement[bool]] = [
        visits.c.due_at <= now,
        visits.c.shape == SHAPE,
        visits.c.step.in_(_MACHINE),
        free,
    ]
    if away:
        wanted.append(
            or_(
                visits.c.step != Step.WAITING,
                visits.c.nomis_prison.not_in(away),
                visits.c.handover_at <= now,
            )
        )
    due = select(visits.c.id).where(*wanted).order_by(visits.c.arrived_at, visits.c.id).limit(limit)
    if tx.is_postgresql:
        due = due.with_for_update(skip_locked=True)
    rows = (
        (
            await tx.execute(
                update(visits)
                .where(visits.c.id.in_(due.scalar_subquery()), free)
                .values(
                    lease_holder=holder,
                    lease_until=now + micros(seconds),
                    due_at=now + micros(seconds),
                    claims=visits.c.claims + 1,
                )
                .returning(*visits.c, now.label("now"))
            )
        )
        .mappings()
        .all()
    )
    return sorted((as_visit(row) for row in rows), key=lambda visit: (visit.arrived_at, visit.id))


async def claim_unchecked(tx: Tx, after: str, period: float, limit: int) -> list[Visit]:
    """Booked visits with slots after `after` that were last compared more than `period` seconds ago; now they are."""
    due = (
        select(visits.c.id)
        .where(
            visits.c.step == Step.BOOKED,
            visits.c.slot_granted > after,
            visits.c.shape == SHAPE,
            visits.c.checked_at <= tx.now - micros(period),
        )
        .order_by(visits.c.checked_at)
        .limit(limit)
    )
    if tx.is_postgresql:
        due = due.with_for_update(skip_locked=True)
    rows = (
        (
            await tx.execute(
                update(visits)
                .where(visits.c.id.in_(due.scalar_subquery()))
                .values(checked_at=tx.now)
                .returning(*visits.c, tx.now.label("now"))
            )
        )
        .mappings()
        .all()
    )
    return [as_visit(row) for row in rows]


_FREE = or_(visits.c.lease_until.is_(None), visits.c.lease_until < Tx.now)
_WHOLE = returned(visits)
_LEASE_END = Tx.now + parameter("lease", BigInteger())
_CLAIM = Shape(
    update(visits)
    .where(visits.c.id == parameter("id", String()), visits.c.shape == SHAPE, visits.c.step.in_(_MACHINE), _FREE)
    .values(
        lease_holder=parameter("holder", String()),
        lease_until=_LEASE_END,
        due_at=_LEASE_END,
        claims=visits.c.claims + 1,
    )
    .returning(*_WHOLE),
    _WHOLE,
)
