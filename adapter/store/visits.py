"""Reading, claiming and moving visits. A move is one guarded UPDATE plus its history, in the caller's transaction."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, String, insert, literal, select

from adapter.store.records import EventRow, Visit, as_visit
from adapter.store.shapes import NOW, Later, More, Shape, change, insertion, parameter, returned
from adapter.store.tables import visit_events, visits
from adapter.store.unit_of_work import Tx
from booking_rules.lifecycle import Event, Step, next_step

SHAPE = 1
"""Version of the JSON that this code writes and reads; rows of another shape are left alone."""

SECOND = 1_000_000
JUDGED = (Step.RECEIVED, Step.WAITING, Step.CHECKING)
"""Steps in which a request still competes for its slots."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of a move, with what staff or operators should be able to read about it (JSON)."""

    event: Event
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """What a write does with the lease.

    `holder` set: run it for `seconds` from now. Otherwise let go, and be due again in `due_in` seconds; None: never.
    `keep`: leave it as it is.
    """

    holder: str | None = None
    seconds: float = 0.0
    due_in: float | None = None
    keep: bool = False


FREE = LeaseTerms()
KEEP = LeaseTerms(keep=True)


async def add(
    tx: Tx,
    values: Mapping[str, object],
    lease: LeaseTerms,
    handover_after: float,
    who: str,
    happened: Sequence[Happened] = (),
) -> Visit:
    """Store a new visit in `received`, leased to its creator, with its first event; or further, where more `happened`.

    What happened to it is the machine's doing; the first event is that of `who`.
    """
    path = _path(Step.RECEIVED, happened)
    (row,) = await tx.run(
        *insertion(
            visits,
            {
                **values,
                "shape": SHAPE,
                "step": path[-1][1] if path else Step.RECEIVED,
                "version": 1 + len(path),
                "mark": secrets.token_hex(8),
                "claims": 0,
                "arrived_at": NOW,
                "updated_at": NOW,
                "handover_at": later(handover_after),
                **_lease_values(lease),
            },
        )
    )
    visit = as_visit(row)
    await _record(tx, visit, "arrive", None, Step.RECEIVED, who, version=1)
    for version, (item, (before, after)) in enumerate(zip(happened, path, strict=True), start=2):
        await _record(tx, visit, item.event, before, after, "machine", item.detail, version=version)
    return visit


async def move(
    tx: Tx,
    visit: Visit,
    happened: Sequence[Happened],
    *,
    who: str,
    lease: LeaseTerms,
    values: Mapping[str, object] | None = None,
    held_by: str | None = None,
    blind: bool = False,
) -> Visit | None:
    """Take `visit` through `happened`, all in this transaction, if it still is what we read.

    Guarded by id, step, version and (with `held_by`) lease holder. None: somebody was faster; nothing was written.
    Raises `IllegalTransition` for an event that the table of steps refuses.
    """
    path = _path(visit.step, happened)
    guard = {"id": visit.id} if blind else _guard(visit, held_by)  # blind: a deliberate break, for the proofs
    rows = await tx.run(
        *change(
            visits,
            guard,
            {
                "step": path[-1][1] if path else visit.step,
                "version": More(len(path)) if blind else visit.version + len(path),
                "mark": secrets.token_hex(8),
                "updated_at": NOW,
                "claims": 0,
                **_lease_values(lease),
                **(values or {}),
            },
        )
    )
    if not rows:
        return None
    moved = as_visit(rows[0])
    first = moved.version - len(path) + 1
    for version, (item, (before, after)) in enumerate(zip(happened, path, strict=True), start=first):
        await _record(tx, moved, item.event, before, after, who, item.detail, version=version)
    return moved


def _path(step: Step, happened: Sequence[Happened]) -> list[tuple[Step, Step]]:
    """From where to where each event leads. Raises `IllegalTransition`."""
    path: list[tuple[Step, Step]] = []
    for item in happened:
        after = next_step(step, item.event)
        path.append((step, after))
        step = after
    return path


async def note(
    tx: Tx,
    visit: Visit,
    *,
    name: str,
    who: str,
    values: Mapping[str, object] | None = None,
    detail: str | None = None,
    lease: LeaseTerms | None = None,
    held_by: str | None = None,
) -> Visit | None:
    """Write facts about a visit that don't change its step, under the same guards and with a line of history."""
    changes: dict[str, object] = {
        "version": visit.version + 1,
        "mark": secrets.token_hex(8),
        "claims": 0,
        "updated_at": NOW,
        **(values or {}),
        **(_lease_values(lease) if lease is not None else {}),
    }
    rows = await tx.run(*change(visits, _guard(visit, held_by), changes))
    if not rows:
        return None
    noted = as_visit(rows[0])
    await _record(tx, noted, name, visit.step, visit.step, who, detail)
    return noted


async def park(tx: Tx, visit: Visit, holder: str, due_in: float) -> bool:
    """Let go of the lease without progress; the worker takes it up again in `due_in` seconds."""
    held = {"id": visit.id, "version": visit.version, "lease_holder": holder}
    free = {"lease_holder": None, "lease_until": None, "claims": 0, "due_at": later(due_in)}
    return bool(await tx.run(*change(visits, held, free)))


async def load(tx: Tx, visit_id: str) -> Visit | None:
    rows = await tx.run(_LOAD, {"id": visit_id})
    return as_visit(rows[0]) if rows else None


async def load_by_human_id(tx: Tx, human_id: str) -> Visit | None:
    rows = await tx.run(_LOAD_BY_HUMAN_ID, {"human_id": human_id})
    return as_visit(rows[0]) if rows else None


async def prisons_with_open_visits(tx: Tx) -> set[str]:
    """Configuration keys of prisons that unfinished visits belong to."""
    ended = (Step.REJECTED, Step.WITHDRAWN, Step.CANCELLED)
    rows = await tx.execute(select(visits.c.prison_key).where(visits.c.step.not_in(ended)).distinct())
    return set(rows.scalars())


async def history(tx: Tx, visit_id: str) -> list[EventRow]:
    """Everything that happened to a visit, in order."""
    rows = (
        await tx.execute(
            select(visit_events).where(visit_events.c.visit_id == visit_id).order_by(visit_events.c.version)
        )
    ).mappings()
    return [EventRow(**{key: value for key, value in row.items() if key != "id"}) for row in rows]


def _guard(visit: Visit, held_by: str | None) -> dict[str, object]:
    guard: dict[str, object] = {"id": visit.id, "step": visit.step, "version": visit.version}
    return guard if held_by is None else {**guard, "lease_holder": held_by}


def _lease_values(lease: LeaseTerms) -> dict[str, object]:
    if lease.keep:
        return {}
    if lease.holder is not None:
        until = later(lease.seconds)
        return {"lease_holder": lease.holder, "lease_until": until, "due_at": until}
    due = None if lease.due_in is None else later(lease.due_in)
    return {"lease_holder": None, "lease_until": None, "due_at": due}


async def _record(
    tx: Tx,
    visit: Visit,
    event: str,
    before: Step | None,
    after: Step,
    who: str,
    detail: str | None = None,
    *,
    version: int | None = None,
) -> None:
    """One line of history, at the moment of the visit's last change."""
    await tx.run(
        _RECORD,
        {
            "visit_id": visit.id,
            "version": visit.version if version is None else version,
            "at": visit.updated_at,
            "event": str(event),
            "from_step": before,
            "to_step": after,
            "who": who,
            "detail": detail,
        },
    )


def later(seconds: float) -> Later:
    """A value to write: so many seconds from now, by the database's clock."""
    return Later(int(seconds * SECOND))


def micros(seconds: float) -> ColumnElement[int]:
    """Seconds as an SQL value in microseconds."""
    return literal(int(seconds * SECOND), BigInteger)


_WHOLE = returned(visits)
_LOAD = Shape(select(*_WHOLE).where(visits.c.id == parameter("id", String())), _WHOLE)
_LOAD_BY_HUMAN_ID = Shape(select(*_WHOLE).where(visits.c.human_id == parameter("human_id", String())), _WHOLE)
_RECORD = Shape(
    insert(visit_events)
    .values({name: parameter(name, column.type) for name, column in visit_events.c.items() if name != "id"})
    .inline(),
    (),
)
