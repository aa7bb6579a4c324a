"""Booking references: opened before their first POST, settled by what is learned, never thrown away."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import BigInteger, Integer, String, select, update

from adapter.store.records import Attempt, as_attempt, columns
from adapter.store.shapes import NOW, More, Shape, change, chosen, insertion, parameter
from adapter.store.tables import attempts
from adapter.store.unit_of_work import Tx
from adapter.store.visits import later
from booking_rules.lifecycle import AttemptEvent, AttemptState, next_attempt_state


async def open_attempt(tx: Tx, values: Mapping[str, object], lease_seconds: float) -> Attempt:
    """Commit a new reference, about to be posted for the first time. Raises `Conflict` if the reference exists."""
    (row,) = await tx.fetch(
        *insertion(
            attempts,
            {
                **values,
                "state": AttemptState.OPEN,
                "posts": 1,
                "doubted": False,
                "exists_shown": False,
                "post_began_at": NOW,
                "post_lease_until": later(lease_seconds),
                "looks": 0,
                "created_at": NOW,
                "updated_at": NOW,
            },
            Attempt._fields,
        )
    )
    return as_attempt(row)


async def attempts_of(tx: Tx, visit_id: str) -> list[Attempt]:
    return [as_attempt(row) for row in await tx.fetch(_OF_VISIT, {"visit_id": visit_id})]


async def by_reference(tx: Tx, reference: str) -> Attempt | None:
    rows = await tx.fetch(_BY_REFERENCE, {"reference": reference})
    return as_attempt(rows[0]) if rows else None


async def move_attempt(
    tx: Tx, attempt: Attempt, event: AttemptEvent, values: Mapping[str, object] | None = None
) -> Attempt | None:
    """Take a reference one state further if it still is in the state that we read; None otherwise."""
    return await _write(tx, attempt, {"state": next_attempt_state(attempt.state, event), **dict(values or {})})


async def note_attempt(tx: Tx, attempt: Attempt, values: Mapping[str, object]) -> Attempt | None:
    """Write what was learned without a change of state; None if the state is another by now."""
    return await _write(tx, attempt, values)


async def begin_post(
    tx: Tx,
    attempt: Attempt,
    lease_seconds: float,
    event: AttemptEvent | None,
    anew: Mapping[str, object] | None = None,
) -> Attempt | None:
    """Commit that the stored body is about to be posted once more under the same reference.

    `anew` replaces the body of a reference of which no byte ever left.
    """
    assert not anew or attempt.posts == 0, "a body that may have been sent is never changed"
    values: dict[str, object] = {
        **dict(anew or {}),
        "posts": More(1),
        "post_began_at": NOW,
        "post_ended_at": None,
        "post_lease_until": later(lease_seconds),
    }
    if event is not None:
        values["state"] = next_attempt_state(attempt.state, event)
    return await _write(tx, attempt, values)


async def claim_looks(tx: Tx, limit: int, lease_seconds: float) -> list[Attempt]:
    """References whose look-up by the watch is due; each is put off by `lease_seconds` so that one process looks."""
    rows = await tx.fetch(_CLAIM_LOOKS, {"limit": limit, "lease": later(lease_seconds).micros})
    return [as_attempt(row) for row in rows]


async def schedule_look(tx: Tx, attempt: Attempt, seconds: float | None, looks: int) -> None:
    """When the watch looks again; None: never. Nothing, where the reference is in another state by now."""
    unchanged = {"id": attempt.id, "state": attempt.state}
    look_at = None if seconds is None else later(seconds)
    await tx.run(*change(attempts, unchanged, {"look_at": look_at, "looks": looks}, ()))


async def _write(tx: Tx, attempt: Attempt, values: Mapping[str, object]) -> Attempt | None:
    unchanged = {"id": attempt.id, "state": attempt.state}
    rows = await tx.fetch(*change(attempts, unchanged, {"updated_at": NOW, **values}, Attempt._fields))
    return as_attempt(rows[0]) if rows else None


_WHOLE = columns(Attempt, attempts)
_OF_VISIT = Shape(
    select(*_WHOLE).where(attempts.c.visit_id == parameter("visit_id", String())).order_by(attempts.c.id), _WHOLE
)
_BY_REFERENCE = Shape(select(*_WHOLE).where(attempts.c.reference == parameter("reference", String())), _WHOLE)
_CLAIM_LOOKS = Shape(
    update(attempts)
    .where(
        attempts.c.id.in_(
            chosen(
                select(attempts.c.id)
                .where(attempts.c.look_at <= Tx.now)
                .order_by(attempts.c.look_at)
                .limit(parameter("limit", Integer()))
                .with_for_update(skip_locked=True)  # SQLite needs and knows no such thing
            )
        ),
        attempts.c.look_at <= Tx.now,
    )
    .values(look_at=Tx.now + parameter("lease", BigInteger()))
    .returning(*_WHOLE),
    _WHOLE,
)
