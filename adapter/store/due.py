"""Whether there is anything to do: a cheap look, so that an idle worker writes nothing."""

from __future__ import annotations

from typing import Final

from sqlalchemy import or_, select

from adapter.store.shapes import Shape
from adapter.store.tables import attempts, outbox, visits
from adapter.store.unit_of_work import Tx

_NOW: Final = Tx.now
_VISIT: Final = Shape(select(visits.c.id).where(visits.c.due_at <= _NOW).limit(1), (visits.c.id,))
_LOOK: Final = Shape(select(attempts.c.id).where(attempts.c.look_at <= _NOW).limit(1), (attempts.c.id,))
_MESSAGE: Final = Shape(
    select(outbox.c.id)
    .where(
        outbox.c.state == "queued",
        outbox.c.not_before <= _NOW,
        or_(outbox.c.lease_until.is_(None), outbox.c.lease_until < _NOW),
    )
    .limit(1),
    (outbox.c.id,),
)


async def visit_is_due(tx: Tx) -> bool:
    """May be True for visits that others hold, or that wait for their prison."""
    return await _any(tx, _VISIT)


async def look_is_due(tx: Tx) -> bool:
    return await _any(tx, _LOOK)


async def message_is_due(tx: Tx) -> bool:
    return await _any(tx, _MESSAGE)


async def _any(tx: Tx, shape: Shape) -> bool:
    return bool(await tx.run(shape, {}))
