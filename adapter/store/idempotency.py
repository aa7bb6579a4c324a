"""Which requests are the same: unique rows committed with the visit, never a read before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from adapter.store.engine import Tx
from adapter.store.tables import idempotency, visits
from adapter.store.visits import micros
from booking_rules.lifecycle import PUBLIC_STATE, PublicState, Step

_ENDED = tuple(
    step for step in Step if PUBLIC_STATE[step] in (PublicState.REJECTED, PublicState.WITHDRAWN, PublicState.CANCELLED)
)


@dataclass(frozen=True, slots=True)
class Sameness:
    """One way in which a request may equal an earlier one. `kind`: `key`, `rid` or `same`; `ttl` in seconds."""

    key: str
    kind: str
    body_hash: str
    ttl: float


@dataclass(frozen=True, slots=True)
class Earlier:
    """The visit that an equal request made."""

    visit_id: str
    kind: str
    body_hash: str


async def find(tx: Tx, keys: Sequence[Sameness]) -> Earlier | None:
    """The first of `keys` that is known and still counts."""
    if not keys:
        return None
    rows = (
        (
            await tx.execute(
                select(idempotency.c.key, idempotency.c.visit_id, idempotency.c.kind, idempotency.c.body_hash)
                .join(visits, visits.c.id == idempotency.c.visit_id)
                .where(
                    idempotency.c.key.in_([item.key for item in keys]),
                    idempotency.c.expires_at > tx.now,
                    or_(idempotency.c.kind != "same", visits.c.step.not_in(_ENDED)),
                )
            )
        )
        .mappings()
        .all()
    )
    known = {row["key"]: row for row in rows}
    for item in keys:
        if row := known.get(item.key):
            return Earlier(row["visit_id"], row["kind"], row["body_hash"])
    return None


async def claim(tx: Tx, visit_id: str, keys: Sequence[Sameness]) -> bool:
    """Write `keys` for a new visit. False if one of them is taken and still counts: roll back and `find` it."""
    if not keys:
        return True
    names = [item.key for item in keys]
    dead = select(visits.c.id).where(visits.c.step.in_(_ENDED), visits.c.id == idempotency.c.visit_id)
    await tx.execute(
        delete(idempotency).where(
            idempotency.c.key.in_(names),
            or_(
                idempotency.c.expires_at <= tx.now,
                (idempotency.c.kind == "same") & dead.exists(),
            ),
        )
    )
    make = postgresql.insert if tx.is_postgresql else sqlite.insert
    for item in sorted(keys, key=lambda key: key.key):  # one order for all, so that two claims can't deadlock
        result = await tx.execute(
            make(idempotency)
            .values(
                key=item.key,
                kind=item.kind,
                visit_id=visit_id,
                body_hash=item.body_hash,
                expires_at=tx.now + micros(item.ttl),
            )
            .on_conflict_do_nothing(index_elements=[idempotency.c.key])
        )
        if not result.rowcount:
            return False
    return True
