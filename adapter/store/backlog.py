"""What is unfinished, counted by indexes whose size is that of the backlog, never that of the store."""

from __future__ import annotations

from sqlalchemy import text

from adapter.store.unit_of_work import Tx

# Literals, not parameters: SQLite uses a partial index only where it can see that the condition is the index's own.
_COUNT = text("""
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
""")


async def count_backlog(tx: Tx, today: str) -> dict[str, int | None]:
    """Counts, and instants (microseconds; None where there is nothing) of the oldest of each kind of due work."""
    row = (await tx.execute(_COUNT, {"today": today})).mappings().one()
    return {name: None if value is None else int(value) for name, value in row.items()}
