"""Which requests are the same: unique rows committed with the visit, never a read before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter

from sqlalchemy import BigInteger, ColumnElement, String, and_, literal_column, or_, select
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
    given: dict[str, object] = {"visit_id": visit_id}
    for number, item in enumerate(sorted(keys, key=_by_key)):  # one order for all, so that two claims can't deadlock
        given[f"key_{number}"] = item.key
        given[f"kind_{number}"] = item.kind
        given[f"body_hash_{number}"] = item.body_hash
        given[f"lasts_{number}"] = later(item.ttl).micros
    return len(await tx.run(_take(len(keys), tx.is_postgresql), given)) == len(keys)


_by_key = attrgetter("key")


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


_ITS_VISIT = literal_column("idempotency.visit_id", String())
"""Of the row in the way, spelt out: here a column of the table would be that of any of its rows."""


@cache
def _take(count: int, on_postgresql: bool) -> Shape:
    """Writes keys, also over those that don't count any more. Those that somebody has don't come back."""
    make = postgresql.insert if on_postgresql else sqlite.insert
    wanted = make(idempotency).values([_row(number) for number in range(count)])
    ended = select(visits.c.id).where(visits.c.id == _ITS_VISIT, visits.c.step.in_(_ENDED))
    return Shape(
        wanted.on_conflict_do_update(
            index_elements=[idempotency.c.key],
            set_={name: wanted.excluded[name] for name in ("kind", "visit_id", "body_hash", "expires_at")},
            where=or_(idempotency.c.expires_at <= Tx.now, and_(idempotency.c.kind == "same", ended.exists())),
        ).returning(idempotency.c.key),
        (idempotency.c.key,),
    )


def _row(number: int) -> dict[str, object]:
    return {
        "key": parameter(f"key_{number}", String()),
        "kind": parameter(f"kind_{number}", String()),
        "visit_id": parameter("visit_id", String()),
        "body_hash": parameter(f"body_hash_{number}", String()),
        "expires_at": Tx.now + parameter(f"lasts_{number}", BigInteger()),
    }
