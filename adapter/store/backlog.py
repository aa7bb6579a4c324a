"""What is unfinished, counted by indexes whose size is that of the backlog, never that of the store."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, text, update

from adapter.store.records import OutboxRow, Visit, as_message, as_visit, columns
from adapter.store.tables import outbox, visits
from adapter.store.unit_of_work import Tx
from booking_rules.lifecycle import MACHINE_STEPS, Step

_OPEN = tuple(sorted((*MACHINE_STEPS, Step.WITH_STAFF)))

# Literals, not parameters: SQLite uses a partial index only where it can see that the condition is the index's own.
_COUNTED = """
SELECT
  (SELECT count(*) FROM visits WHERE step = 'waiting') AS waiting,
  (SELECT count(*) FROM visits WHERE step = 'in_doubt') AS in_doubt,
  (SELECT count(*) FROM visits WHERE step = 'with_staff') AS with_staff,
  (SELECT count(*) FROM visits WHERE step = 'with_staff' AND confirm_by < :today) AS overdue,
  (SELECT count(*) FROM attempts WHERE state IN ('open', 'stray', 'removing')) AS open_references,
  (SELECT count(*) FROM outbox WHERE state = 'queued') AS outbox_depth,
  (SELECT min(created_at) FROM outbox WHERE state = 'queued') AS outbox_oldest,
  (SELECT count(*) FROM outbox WHERE state = 'dead') AS dead_letters,
  (SELECT count(*) FROM visits WHERE drift IS NOT NULL AND step = 'booked') AS drift,
  (SELECT min(due_at) FROM visits WHERE due_at IS NOT NULL AND step <> 'waiting') AS due,
  (SELECT min(handover_at) FROM visits WHERE step = 'waiting') AS hand_over,
  (SELECT min(look_at) FROM attempts WHERE look_at IS NOT NULL) AS look
"""
_COUNT = text(_COUNTED)
_COUNT_DEAD = text("SELECT count(*) FROM outbox WHERE state = 'dead'")
# By itself SQLite would rather go through a wider index of all attempts there ever were.
_COUNT_ON_SQLITE = text(
    _COUNTED.replace("FROM attempts WHERE state", "FROM attempts INDEXED BY ix_attempts_unsettled WHERE state")
)


async def count_backlog(tx: Tx, today: str) -> dict[str, int | None]:
    """Counts, and instants (microseconds; None where there is nothing) of the oldest of each kind of due work."""
    row = (await tx.execute(_COUNT if tx.is_postgresql else _COUNT_ON_SQLITE, {"today": today})).mappings().one()
    return {name: None if value is None else int(value) for name, value in row.items()}


async def count_dead_letters(tx: Tx) -> int:
    """Messages that were given up."""
    return int((await tx.execute(_COUNT_DEAD)).scalar_one())


async def open_visits(tx: Tx) -> list[Visit]:
    """Every visit that has not ended, oldest first."""
    rows = await tx.execute(
        select(*columns(Visit, visits)).where(visits.c.step.in_(_OPEN)).order_by(visits.c.arrived_at, visits.c.id)
    )
    return [as_visit(row) for row in rows]


async def with_staff(tx: Tx) -> list[Visit]:
    """What staff have to answer, oldest first."""
    rows = await tx.execute(
        select(*columns(Visit, visits))
        .where(visits.c.step == Step.WITH_STAFF)
        .order_by(visits.c.arrived_at, visits.c.id)
    )
    return [as_visit(row) for row in rows]


async def dead_letters(tx: Tx) -> list[OutboxRow]:
    """Messages that were given up, oldest first."""
    rows = await tx.execute(
        select(*columns(OutboxRow, outbox)).where(text("state = 'dead'")).order_by(outbox.c.created_at, outbox.c.id)
    )
    return [as_message(row) for row in rows]


async def revive(tx: Tx, ids: Sequence[int]) -> int:
    """Queue dead letters again, as if they had been written now: the same bytes under the same message id."""
    result = await tx.execute(
        update(outbox)
        .where(outbox.c.id.in_(ids), outbox.c.state == "dead")
        .values(state="queued", tries=0, not_before=0, created_at=tx.now, last_error=None)
    )
    return int(result.rowcount)


async def set_aside(tx: Tx, ids: Sequence[int]) -> int:
    """Dead letters that are no longer true: they never leave, and nobody has to deal with them."""
    result = await tx.execute(
        update(outbox).where(outbox.c.id.in_(ids), outbox.c.state == "dead").values(state="superseded")
    )
    return int(result.rowcount)
