"""Which requests are the same: unique rows committed with the visit, never a read before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import BigInteger, ColumnElement, String, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from adapter.store.shapes import Shape, parameter
from adapter.store.tables import idempotency, visits
from adapter.store.unit_of_work import Tx
from adapter.store.visits import later
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
    known = {row["key"]: row for row in await tx.run(_find(len(keys)), _numbered(keys))}
    for item in keys:
        if row := known.get(item.key):
            return Earlier(row["visit_id"], row["kind"], row["body_hash"])
    return None


async def claim(tx: Tx, visit_id: str, keys: Sequence[Sameness]) -> bool:
    """Write `keys` for a new visit. False if one of them is taken and still counts: roll back and `find` it."""
    if not keys:
        return True
    await tx.run(_clear(len(keys)), _numbered(keys))
    for item in sorted(keys, key=lambda key: key.key):  # one order for all, so that two claims can't deadlock
        written = await tx.run(
            _take(tx.is_postgresql),
            {
                "key": item.key,
                "kind": item.kind,
                "visit_id": visit_id,
                "body_hash": item.body_hash,
                "lasts": later(item.ttl).micros,
            },
        )
        if not written:
            return False
    return True


def _numbered(keys: Sequence[Sameness]) -> dict[str, object]:
    return {f"key_{number}": item.key for number, item in enumerate(keys)}


def _is_one_of(count: int) -> ColumnElement[bool]:
    return or_(*(idempotency.c.key == parameter(f"key_{number}", String()) for number in range(count)))


@cache
def _find(count: int) -> Shape:
    columns = (idempotency.c.key, idempotency.c.visit_id, idempotency.c.kind, idempotency.c.body_hash)
    return Shape(
        select(*columns)
        .join(visits, visits.c.id == idempotency.c.visit_id)
        .where(
            _is_one_of(count),
            idempotency.c.expires_at > Tx.now,
            or_(idempotency.c.kind != "same", visits.c.step.not_in(_ENDED)),
        ),
        columns,
    )


@cache
def _clear(count: int) -> Shape:
    """Takes away those of the keys that don't count any more."""
    ended = select(visits.c.id).where(visits.c.step.in_(_ENDED), visits.c.id == idempotency.c.visit_id)
    over = or_(idempotency.c.expires_at <= Tx.now, (idempotency.c.kind == "same") & ended.exists())
    return Shape(delete(idempotency).where(_is_one_of(count), over), ())


@cache
def _take(on_postgresql: bool) -> Shape:
    """Writes a key; no row comes back where somebody has it."""
    make = postgresql.insert if on_postgresql else sqlite.insert
    return Shape(
        make(idempotency)
        .values(
            key=parameter("key", String()),
            kind=parameter("kind", String()),
            visit_id=parameter("visit_id", String()),
            body_hash=parameter("body_hash", String()),
            expires_at=Tx.now + parameter("lasts", BigInteger()),
        )
        .on_conflict_do_nothing(index_elements=[idempotency.c.key])
        .returning(idempotency.c.key),
        (idempotency.c.key,),
    )
