"""Booking references: opened before their first POST, settled by what is learned, never thrown away."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import insert, select, update

from adapter.store.engine import Tx
from adapter.store.records import Attempt, as_attempt
from adapter.store.tables import attempts
from adapter.store.visits import micros
from booking_rules.lifecycle import AttemptEvent, AttemptState, next_attempt_state


class _Now:
    """Stands for the database's clock in the values of a write."""


NOW = _Now()


async def open_attempt(tx: Tx, values: Mapping[str, object], lease_seconds: float) -> Attempt:
    """Commit a new reference, about to be posted for the first time. Raises `Conflict` if the reference exists."""
    row = (
        (
            await tx.execute(
                insert(attempts)
                .values(
                    **values,
                    state=AttemptState.OPEN,
                    posts=1,
                    doubted=False,
                    exists_shown=False,
                    post_began_at=tx.now,
                    post_lease_until=tx.now + micros(lease_seconds),
                    looks=0,
                    created_at=tx.now,
                    updated_at=tx.now,
                )
                .returning(attempts)
            )
        )
        .mappings()
        .one()
    )
    return as_attempt(row)


async def attempts_of(tx: Tx, visit_id: str) -> list[Attempt]:
    rows = (
        await tx.execute(select(attempts).where(attempts.c.visit_id == visit_id).order_by(attempts.c.id))
    ).mappings()
    return [as_attempt(row) for row in rows]


async def by_reference(tx: Tx, reference: str) -> Attempt | None:
    row = (await tx.execute(select(attempts).where(attempts.c.reference == reference))).mappings().one_or_none()
    return as_attempt(row) if row else None


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
        "posts": attempts.c.posts + 1,
        "post_began_at": tx.now,
        "post_ended_at": None,
        "post_lease_until": tx.now + micros(lease_seconds),
    }
    if event is not None:
        values["state"] = next_attempt_state(attempt.state, event)
    return await _write(tx, attempt, values)


async def claim_looks(tx: Tx, limit: int, lease_seconds: float) -> list[Attempt]:
    """References whose look-up by the watch is due; each is put off by `lease_seconds` so that one process looks."""
    due = select(attempts.c.id).where(attempts.c.look_at <= tx.now).order_by(attempts.c.look_at).limit(limit)
    if tx.is_postgresql:
        due = due.with_for_update(skip_locked=True)
    rows = (
        await tx.execute(
            update(attempts)
            .where(attempts.c.id.in_(due.scalar_subquery()), attempts.c.look_at <= tx.now)
            .values(look_at=tx.now + micros(lease_seconds))
            .returning(attempts)
        )
    ).mappings()
    return [as_attempt(row) for row in rows]


async def schedule_look(tx: Tx, attempt: Attempt, seconds: float | None, looks: int) -> None:
    """When the watch looks again; None: never."""
    await tx.execute(
        update(attempts)
        .where(attempts.c.id == attempt.id)
        .values(look_at=None if seconds is None else tx.now + micros(seconds), looks=looks)
    )


async def _write(tx: Tx, attempt: Attempt, values: Mapping[str, object]) -> Attempt | None:
    row = (
        (
            await tx.execute(
                update(attempts)
                .where(attempts.c.id == attempt.id, attempts.c.state == attempt.state)
                .values(updated_at=tx.now, **{name: tx.now if item is NOW else item for name, item in values.items()})
                .returning(attempts)
            )
        )
        .mappings()
        .one_or_none()
    )
    return as_attempt(row) if row else None
