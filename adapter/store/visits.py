"""Reading, claiming and moving visits. A move is one guarded UPDATE plus its history, in the caller's transaction."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from sqlalchemy import BigInteger, ColumnElement, String, literal, select
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from adapter.store.history import Line, with_history
from adapter.store.records import EventRow, Visit, as_event, as_visit, columns
from adapter.store.shapes import NOW, Later, Shape, change, insertion, parameter
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
    stored = {
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
    }
    arrival = Line(1, "arrive", None, Step.RECEIVED, who, None)
    lines = [arrival, *_lines(2, happened, path, "machine")]
    given = await with_history(tx, *insertion(visits, stored, ("updated_at", "now")), str(values["id"]), lines)
    assert given is not None
    return Visit._make(_whole({**_UNSAID, **stored, **given}))


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
    What comes back is told from `visit`, which therefore has to be all as it was read.
    Raises `IllegalTransition` for an event that the table of steps refuses.
    """
    path = _path(visit.step, happened)
    if blind:  # a deliberate break, for the proofs: whatever it has become meanwhile
        visit, held_by = await load(tx, visit.id) or visit, None
    changes = {
        "step": path[-1][1] if path else visit.step,
        "version": visit.version + len(path),
        "mark": secrets.token_hex(8),
        "updated_at": NOW,
        "claims": 0,
        **_lease_values(lease),
        **(values or {}),
    }
    return await _write(tx, visit, held_by, changes, _lines(visit.version + 1, happened, path, who))


def _path(step: Step, happened: Sequence[Happened]) -> list[tuple[Step, Step]]:
    """From where to where each event leads. Raises `IllegalTransition`."""
    path: list[tuple[Step, Step]] = []
    for item in happened:
        after = next_step(step, item.event)
        path.append((step, after))
        step = after
    return path


def _lines(first: int, happened: Sequence[Happened], path: Sequence[tuple[Step, Step]], who: str) -> list[Line]:
    return [
        Line(version, str(item.event), before, after, who, item.detail)
        for version, (item, (before, after)) in enumerate(zip(happened, path, strict=True), start=first)
    ]


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
    changes = {
        "version": visit.version + 1,
        "mark": secrets.token_hex(8),
        "claims": 0,
        "updated_at": NOW,
        **(values or {}),
        **(_lease_values(lease) if lease is not None else {}),
    }
    return await _write(
        tx, visit, held_by, changes, [Line(visit.version + 1, name, visit.step, visit.step, who, detail)]
    )


async def _write(
    tx: Tx, visit: Visit, held_by: str | None, changes: Mapping[str, object], lines: Sequence[Line]
) -> Visit | None:
    """The guarded UPDATE and its history. The guard tells what the visit is then, but for what comes back."""
    guard: dict[str, object] = {"id": visit.id, "step": visit.step, "version": visit.version}
    if held_by is not None:
        guard["lease_holder"] = held_by
    given = await with_history(tx, *change(visits, guard, changes, _UNVERSIONED), visit.id, lines)
    return None if given is None else visit._replace(**{**changes, **given})


_UNVERSIONED = ("lease_holder", "lease_until", "due_at", "claims", "checked_at", "updated_at", "now")
"""What others write without a new version (claims, `park`, the comparison of booked visits); and the clock."""


async def park(tx: Tx, visit: Visit, holder: str, due_in: float) -> bool:
    """Let go of the lease without progress; the worker takes it up again in `due_in` seconds."""
    held = {"id": visit.id, "version": visit.version, "lease_holder": holder}
    free = {"lease_holder": None, "lease_until": None, "claims": 0, "due_at": later(due_in)}
    return bool(await tx.run(*change(visits, held, free, ("id",))))


async def load(tx: Tx, visit_id: str) -> Visit | None:
    rows = await tx.fetch(_LOAD, {"id": visit_id})
    return as_visit(rows[0]) if rows else None


async def load_by_human_id(tx: Tx, human_id: str) -> Visit | None:
    rows = await tx.fetch(_LOAD_BY_HUMAN_ID, {"human_id": human_id})
    return as_visit(rows[0]) if rows else None


async def prisons_with_open_visits(tx: Tx) -> set[str]:
    """Configuration keys of prisons that unfinished visits belong to."""
    ended = (Step.REJECTED, Step.WITHDRAWN, Step.CANCELLED)
    rows = await tx.execute(select(visits.c.prison_key).where(visits.c.step.not_in(ended)).distinct())
    return set(rows.scalars())


async def history(tx: Tx, visit_id: str) -> list[EventRow]:
    """Everything that happened to a visit, in order."""
    return [as_event(row) for row in await tx.fetch(_HISTORY, {"visit_id": visit_id})]


def _lease_values(lease: LeaseTerms) -> dict[str, object]:
    if lease.keep:
        return {}
    if lease.holder is not None:
        until = later(lease.seconds)
        return {"lease_holder": lease.holder, "lease_until": until, "due_at": until}
    due = None if lease.due_in is None else later(lease.due_in)
    return {"lease_holder": None, "lease_until": None, "due_at": due}


def later(seconds: float) -> Later:
    """A value to write: so many seconds from now, by the database's clock."""
    return Later(int(seconds * SECOND))


def micros(seconds: float) -> ColumnElement[int]:
    """Seconds as an SQL value in microseconds."""
    return literal(int(seconds * SECOND), BigInteger)


_WHOLE = columns(Visit, visits)
_whole = itemgetter(*Visit._fields)
_UNSAID = {
    name: column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else None
    for name, column in visits.c.items()
}
"""What a new visit has where nothing is said."""
_LOAD = Shape(select(*_WHOLE).where(visits.c.id == parameter("id", String())), _WHOLE)
_LOAD_BY_HUMAN_ID = Shape(select(*_WHOLE).where(visits.c.human_id == parameter("human_id", String())), _WHOLE)
_EVENT = columns(EventRow, visit_events)
_HISTORY = Shape(
    select(*_EVENT).where(visit_events.c.visit_id == parameter("visit_id", String())).order_by(visit_events.c.version),
    _EVENT,
)
