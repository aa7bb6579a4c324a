"""Reading, claiming and moving visits. A move is one guarded UPDATE plus its history, in the caller's transaction."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, and_, insert, literal, or_, select, update

from adapter.store.records import EventRow, Visit, as_visit
from adapter.store.tables import visit_events, visits
from adapter.store.unit_of_work import Tx
from booking_rules.lifecycle import MACHINE_STEPS, Event, Step, next_step

SHAPE = 1
"""Version of the JSON that this code writes and reads; rows of another shape are left alone."""

SECOND = 1_000_000
_MACHINE = tuple(sorted(MACHINE_STEPS))
JUDGED = (Step.RECEIVED, Step.WAITING, Step.CHECKING)
"""Steps in which a request still competes for its slots."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of a move, with what staff or operators should be able to read about it (JSON)."""

    event: Event
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """What a write does with the lease.

    `holder` set: run it for `seconds` from now. Otherwise let go, and be due again in `due_in` seconds, or at `due_at`
    (microseconds), or (neither) never. `keep`: leave it as it is.
    """

    holder: str | None = None
    seconds: float = 0.0
    due_in: float | None = None
    due_at: int | None = None
    keep: bool = False


FREE = LeaseTerms()
KEEP = LeaseTerms(keep=True)


async def add(tx: Tx, values: Mapping[str, object], lease: LeaseTerms, handover_after: float, who: str) -> Visit:
    """Store a new visit in `received`, leased to its creator, with its first event."""
    now = tx.now
    arrived = (
        (
            await tx.execute(
                insert(visits)
                .values(
                    **values,
                    shape=SHAPE,
                    step=Step.RECEIVED,
                    version=1,
                    mark=secrets.token_hex(8),
                    claims=0,
                    arrived_at=now,
                    updated_at=now,
                    handover_at=now + micros(handover_after),
                    **_lease_values(tx, lease),
                )
                .returning(*visits.c, now.label("now"))
            )
        )
        .mappings()
        .one()
    )
    visit = as_visit(arrived)
    await tx.execute(
        insert(visit_events).values(
            visit_id=visit.id,
            version=1,
            at=visit.arrived_at,
            event="arrive",
            from_step=None,
            to_step=Step.RECEIVED,
            who=who,
        )
    )
    return visit


async def move(
    tx: Tx,
    visit: Visit,
    happened: Sequence[Happened],
    *,
    who: str,
    lease: LeaseTerms,
    values: Mapping[str, object] | None = None,
    held_by: str | None = None,
    blind: bool = False,
) -> Visit | None:
    """Take `visit` through `happened`, all in this transaction, if it still is what we read.

    Guarded by id, step, version and (with `held_by`) lease holder. None: somebody was faster; nothing was written.
    Raises `IllegalTransition` for an event that the table of steps refuses.
    """
    step = visit.step
    path: list[tuple[Step, Step]] = []
    for item in happened:
        after = next_step(step, item.event)
        path.append((step, after))
        step = after
    guard = [visits.c.id == visit.id, visits.c.step == visit.step, visits.c.version == visit.version]
    if blind:  # a deliberate break of the promise, for the proofs
        guard, held_by = guard[:1], None
    if held_by is not None:
        guard.append(visits.c.lease_holder == held_by)
    row = (
        (
            await tx.execute(
                update(visits)
                .where(*guard)
                .values(
                    step=step,
                    version=(visits.c.version if blind else visit.version) + len(path),
                    mark=secrets.token_hex(8),
                    updated_at=tx.now,
                    claims=0,
                    **_lease_values(tx, lease),
                    **dict(values or {}),
                )
                .returning(*visits.c, tx.now.label("now"))
            )
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    moved = as_visit(row)
    await tx.execute(
        insert(visit_events),
        [
            {
                "visit_id": visit.id,
                "version": moved.version - len(path) + number,
                "at": moved.updated_at,
                "event": item.event.value,
                "from_step": before.value,
                "to_step": after.value,
                "who": who,
                "detail": item.detail,
            }
            for number, (item, (before, after)) in enumerate(zip(happened, path, strict=True), start=1)
        ],
    )
    return moved


async def note(
    tx: Tx,
    visit: Visit,
    *,
    name: str,
    who: str,
    values: Mapping[str, object] | None = None,
    detail: str | None = None,
    lease: LeaseTerms | None = None,
    held_by: str | None = None,
) -> Visit | None:
    """Write facts about a visit that don't change its step, under the same guards and with a line of history."""
    guard = [visits.c.id == visit.id, visits.c.step == visit.step, visits.c.version == visit.version]
    if held_by is not None:
        guard.append(visits.c.lease_holder == held_by)
    changes: dict[str, object] = {
        "version": visit.version + 1,
        "mark": secrets.token_hex(8),
        "claims": 0,
        "updated_at": tx.now,
        **dict(values or {}),
    }
    if lease is not None:
        changes |= _lease_values(tx, lease)
    row = (
        (await tx.execute(update(visits).where(*guard).values(**changes).returning(*visits.c, tx.now.label("now"))))
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    await tx.execute(
        insert(visit_events).values(
            visit_id=visit.id,
            version=visit.version + 1,
            at=tx.now,
            event=name,
            from_step=visit.step.value,
            to_step=visit.step.value,
            who=who,
            detail=detail,
        )
    )
    return as_visit(row)


async def park(tx: Tx, visit: Visit, holder: str, due_in: float) -> bool:
    """Let go of the lease without progress; the worker takes it up again in `due_in` seconds."""
    result = await tx.execute(
        update(visits)
        .where(visits.c.id == visit.id, visits.c.version == visit.version, visits.c.lease_holder == holder)
        .values(lease_holder=None, lease_until=None, claims=0, due_at=tx.now + micros(due_in))
    )
    return bool(result.rowcount)


async def renew(tx: Tx, visit_id: str, holder: str, seconds: float) -> bool:
    """Run the lease on for `seconds` from now. False: it is not ours any more."""
    result = await tx.execute(
        update(visits)
        .where(visits.c.id == visit_id, visits.c.lease_holder == holder)
        .values(lease_until=tx.now + micros(seconds), due_at=tx.now + micros(seconds))
    )
    return bool(result.rowcount)


async def claim(tx: Tx, visit_id: str, holder: str, seconds: float) -> Visit | None:
    """Claim one visit that nobody holds; None if somebody does, or there is nothing to do for it."""
    row = (
        (
            await tx.execute(
                update(visits)
                .where(
                    visits.c.id == visit_id,
                    visits.c.shape == SHAPE,
                    visits.c.step.in_(_MACHINE),
                    or_(visits.c.lease_until.is_(None), visits.c.lease_until < tx.now),
                )
                .values(
                    lease_holder=holder,
                    lease_until=tx.now + micros(seconds),
                    due_at=tx.now + micros(seconds),
                    claims=visits.c.claims + 1,
                )
                .returning(*visits.c, tx.now.label("now"))
            )
        )
        .mappings()
        .one_or_none()
    )
    return as_visit(row) if row else None


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


async def load(tx: Tx, visit_id: str) -> Visit | None:
    row = (
        (await tx.execute(select(*visits.c, tx.now.label("now")).where(visits.c.id == visit_id)))
        .mappings()
        .one_or_none()
    )
    return as_visit(row) if row else None


async def load_by_human_id(tx: Tx, human_id: str) -> Visit | None:
    row = (
        (await tx.execute(select(*visits.c, tx.now.label("now")).where(visits.c.human_id == human_id)))
        .mappings()
        .one_or_none()
    )
    return as_visit(row) if row else None


async def prisons_with_open_visits(tx: Tx) -> set[str]:
    """Configuration keys of prisons that unfinished visits belong to."""
    ended = (Step.REJECTED, Step.WITHDRAWN, Step.CANCELLED)
    rows = await tx.execute(select(visits.c.prison_key).where(visits.c.step.not_in(ended)).distinct())
    return set(rows.scalars())


async def history(tx: Tx, visit_id: str) -> list[EventRow]:
    """Everything that happened to a visit, in order."""
    rows = (
        await tx.execute(
            select(visit_events).where(visit_events.c.visit_id == visit_id).order_by(visit_events.c.version)
        )
    ).mappings()
    return [EventRow(**{key: value for key, value in row.items() if key != "id"}) for row in rows]


def earlier(visit: Visit) -> ColumnElement[bool]:
    """SQL: this row arrived before `visit`."""
    return or_(
        visits.c.arrived_at < visit.arrived_at,
        and_(visits.c.arrived_at == visit.arrived_at, visits.c.id < visit.id),
    )


def _lease_values(tx: Tx, lease: LeaseTerms) -> dict[str, object]:
    if lease.keep:
        return {}
    if lease.holder is not None:
        until = tx.now + micros(lease.seconds)
        return {"lease_holder": lease.holder, "lease_until": until, "due_at": until}
    due: object = lease.due_at
    if lease.due_in is not None:
        due = tx.now + micros(lease.due_in)
    return {"lease_holder": None, "lease_until": None, "due_at": due}


def micros(seconds: float) -> ColumnElement[int]:
    """Seconds as an SQL value in microseconds."""
    return literal(int(seconds * SECOND), BigInteger)
