"""Removing visits for good: every row of theirs, a few visits in a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_hex

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from adapter.store.tables import attempts, idempotency, outbox, service_facts, visit_events, visits
from adapter.store.unit_of_work import Tx
from booking_rules.lifecycle import AttemptState, Step

TABLES = (outbox, idempotency, visit_events, attempts, visits)
"""What holds personal data, in the order in which rows can go."""

_ENDED = (Step.REJECTED, Step.WITHDRAWN, Step.CANCELLED)
_OVER = (*_ENDED, Step.BOOKED)
_UNTIDY = "untidy"
"""A fact that stands from the removal of rows until they are out of the database's files: a random word."""
_UNSETTLED = (AttemptState.OPEN, AttemptState.STRAY, AttemptState.REMOVING)


@dataclass(frozen=True, slots=True)
class Age:
    """What is old enough: visits on days before `day` (YYYY-MM-DD, London), else what arrived before `instant` (µs)."""

    day: str
    instant: int


async def old_visits(tx: Tx, age: Age, limit: int) -> list[str]:
    """Ids of visits that may go, oldest first."""
    rows = await tx.execute(
        select(visits.c.id).where(_may_go(tx, _is_old(age))).order_by(visits.c.arrived_at).limit(limit)
    )
    return list(rows.scalars())


async def open_old_visits(tx: Tx, age: Age) -> int:
    """How many visits arrived that long ago and are still open: they stay."""
    found = await tx.execute(
        select(func.count()).select_from(visits).where(visits.c.step.not_in(_OVER), visits.c.arrived_at < age.instant)
    )
    return int(found.scalar_one())


async def lock_old(tx: Tx, visit_ids: Sequence[str], age: Age) -> list[str]:
    """Those of `visit_ids` that may still go; nobody else changes them in this transaction."""
    return await _locked(tx, visit_ids, _is_old(age))


async def lock_erasable(tx: Tx, visit_ids: Sequence[str], today: str) -> list[str]:
    """Those of `visit_ids` that may go at a person's wish: not open, and not booked for `today` or a later day."""
    lies_ahead = and_(visits.c.step == Step.BOOKED, visits.c.slot_granted >= today)
    return await _locked(tx, visit_ids, ~lies_ahead)


async def remove(tx: Tx, visit_ids: Sequence[str]) -> None:
    """Remove these visits and everything that belongs to them. They must be locked by this transaction."""
    for table in TABLES:
        key = table.c.id if table is visits else table.c.visit_id
        await tx.execute(delete(table).where(key.in_(visit_ids)))
    await _make_untidy(tx)


async def untidy(tx: Tx) -> str | None:
    """A mark if rows were removed that may still be in the database's files."""
    return (await tx.execute(select(service_facts.c.value).where(service_facts.c.name == _UNTIDY))).scalar_one_or_none()


async def tidied(tx: Tx, mark: str) -> None:
    """They are gone, unless more were removed since the mark was read."""
    await tx.execute(delete(service_facts).where(service_facts.c.name == _UNTIDY, service_facts.c.value == mark))


async def remove_old_feedback(tx: Tx, age: Age, limit: int) -> int:
    """Remove up to `limit` messages that belong to no visit (feedback), once they have left; how many went."""
    old = (
        select(outbox.c.id)
        .where(outbox.c.visit_id.is_(None), outbox.c.state != "queued", outbox.c.created_at < age.instant)
        .limit(limit)
    )
    went = int((await tx.execute(delete(outbox).where(outbox.c.id.in_(old.scalar_subquery())))).rowcount)
    if went:
        await _make_untidy(tx)
    return went


async def _locked(tx: Tx, visit_ids: Sequence[str], wanted: ColumnElement[bool]) -> list[str]:
    found = select(visits.c.id).where(visits.c.id.in_(visit_ids), _may_go(tx, wanted)).order_by(visits.c.id)
    if tx.is_postgresql:
        found = found.with_for_update(skip_locked=True)
    return list((await tx.execute(found)).scalars())


def _is_old(age: Age) -> ColumnElement[bool]:
    return and_(
        visits.c.arrived_at < age.instant, or_(visits.c.slot_granted.is_(None), visits.c.slot_granted < age.day)
    )


def _may_go(tx: Tx, wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    """Over, in nobody's hands, with no reference that may still turn up and no message that has still to leave."""
    unsettled = select(attempts.c.id).where(attempts.c.visit_id == visits.c.id, attempts.c.state.in_(_UNSETTLED))
    looked_for = select(attempts.c.id).where(attempts.c.visit_id == visits.c.id, attempts.c.look_at.is_not(None))
    unsent = select(outbox.c.id).where(outbox.c.visit_id == visits.c.id, outbox.c.state == "queued")
    return and_(
        visits.c.step.in_(_OVER),
        or_(visits.c.step != Step.BOOKED, visits.c.slot_granted.is_not(None)),
        wanted,
        or_(visits.c.lease_until.is_(None), visits.c.lease_until < tx.now),
        ~unsettled.exists(),
        ~looked_for.exists(),
        ~unsent.exists(),
    )


async def requests_with(tx: Tx, address: str) -> list[tuple[str, str]]:
    """Id and request of every visit whose request may hold this address (lower case); reads all of them."""
    query = select(visits.c.id, visits.c.request).order_by(visits.c.arrived_at)
    if address.isascii():
        query = query.where(func.lower(visits.c.request).contains(address, autoescape=True))
    return [(row["id"], row["request"]) for row in (await tx.execute(query)).mappings()]


async def feedback(tx: Tx) -> list[tuple[int, bytes]]:
    """Id and bytes of every message that belongs to no visit and has left, or never will."""
    query = select(outbox.c.id, outbox.c.payload).where(outbox.c.visit_id.is_(None), outbox.c.state != "queued")
    return [(row["id"], bytes(row["payload"])) for row in (await tx.execute(query)).mappings()]


async def remove_feedback(tx: Tx, ids: Sequence[int]) -> int:
    """Remove these messages; how many went."""
    if not ids:
        return 0
    await _make_untidy(tx)
    return int((await tx.execute(delete(outbox).where(outbox.c.id.in_(ids), outbox.c.visit_id.is_(None)))).rowcount)


async def _make_untidy(tx: Tx) -> None:
    make = postgresql.insert if tx.is_postgresql else sqlite.insert
    new = make(service_facts).values(name=_UNTIDY, value=token_hex(8))
    await tx.execute(new.on_conflict_do_update(index_elements=["name"], set_={"value": new.excluded.value}))
