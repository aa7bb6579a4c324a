"""Messages that must leave. A row is written with the fact that causes it and holds the bytes that leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import and_, false, insert, or_, select, true, update
from sqlalchemy.orm import aliased

from adapter.store.records import OutboxRow
from adapter.store.tables import outbox
from adapter.store.unit_of_work import Tx
from adapter.store.visits import micros


async def put(tx: Tx, rows: Sequence[Mapping[str, object]]) -> None:
    """Queue messages, to leave at once, in this order."""
    if rows:
        await tx.execute(
            insert(outbox),
            [{"state": "queued", "tries": 0, "asked": False, **row} for row in rows],
        )


async def supersede(tx: Tx, visit_id: str, kinds: Sequence[str]) -> set[str]:
    """Withdraw unsent messages that a new fact made untrue; returns the kinds that now never leave.

    A message that is being sent, or whose sending ended without an answer, may have arrived: it stays.
    """
    rows = await tx.execute(
        update(outbox)
        .where(
            outbox.c.visit_id == visit_id,
            outbox.c.kind.in_(tuple(kinds)),
            outbox.c.state == "queued",
            outbox.c.asked.is_(False),
            or_(outbox.c.lease_until.is_(None), outbox.c.lease_until < tx.now),
        )
        .values(state="superseded")
        .returning(outbox.c.kind)
    )
    return set(rows.scalars())


async def claim_due(tx: Tx, holder: str, seconds: float, limit: int, *, in_order: bool = True) -> list[OutboxRow]:
    """Claim messages that may leave now: the first unsent of their visit and audience, oldest first.

    A claim that ends without an outcome (a process died) marks the message as perhaps sent.
    """
    before = aliased(outbox)
    first = ~(
        select(before.c.id)
        .where(
            before.c.visit_id == outbox.c.visit_id,
            before.c.audience == outbox.c.audience,
            before.c.recipient == outbox.c.recipient,
            before.c.state == "queued",
            before.c.id < outbox.c.id,
        )
        .exists()
    )
    free = or_(outbox.c.lease_until.is_(None), outbox.c.lease_until < tx.now)
    due = (
        select(outbox.c.id)
        .where(outbox.c.state == "queued", outbox.c.not_before <= tx.now, free, first if in_order else true())
        .order_by(outbox.c.not_before, outbox.c.id)
        .limit(limit)
    )
    if tx.is_postgresql:
        due = due.with_for_update(skip_locked=True)
    rows = (
        (
            await tx.execute(
                update(outbox)
                .where(outbox.c.id.in_(due.scalar_subquery()), outbox.c.state == "queued", free)
                .values(
                    asked=or_(outbox.c.asked, outbox.c.lease_holder.is_not(None)),
                    lease_holder=holder,
                    lease_until=tx.now + micros(seconds),
                    tries=outbox.c.tries + 1,
                )
                .returning(outbox)
            )
        )
        .mappings()
        .all()
    )
    return sorted((OutboxRow(**row) for row in rows), key=lambda row: row.id)


async def settle(tx: Tx, row: OutboxRow, holder: str, state: str, error: str | None = None) -> bool:
    """Record that a message left (`sent`) or never will (`dead`)."""
    result = await tx.execute(
        update(outbox)
        .where(outbox.c.id == row.id, outbox.c.lease_holder == holder, outbox.c.state == "queued")
        .values(
            state=state,
            sent_at=tx.now if state == "sent" else None,
            last_error=error,
            lease_holder=None,
            lease_until=None,
        )
    )
    return bool(result.rowcount)


async def put_off(tx: Tx, row: OutboxRow, holder: str, seconds: float, error: str, asked: bool) -> bool:
    """Record a try that failed; the message leaves in `seconds` at the earliest."""
    result = await tx.execute(
        update(outbox)
        .where(outbox.c.id == row.id, outbox.c.lease_holder == holder, outbox.c.state == "queued")
        .values(
            not_before=tx.now + micros(seconds),
            last_error=error,
            asked=or_(outbox.c.asked, true() if asked else false()),
            lease_holder=None,
            lease_until=None,
        )
    )
    return bool(result.rowcount)


async def of_visit(tx: Tx, visit_id: str) -> list[OutboxRow]:
    rows = (
        await tx.execute(select(outbox).where(and_(outbox.c.visit_id == visit_id)).order_by(outbox.c.id))
    ).mappings()
    return [OutboxRow(**row) for row in rows]
