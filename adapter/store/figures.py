"""Daily counts that outlive visits, and which visits they have already.

`visits.counted` is a sum: 1, its arrival is counted; 2, so is its hand-over to staff; 4, so is its end. It changes in
the transaction that adds to the counts, so each is counted exactly once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import and_, func, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from adapter.store.shapes import Shape
from adapter.store.tables import daily_figures, visit_events, visits
from adapter.store.unit_of_work import Tx
from booking_rules.lifecycle import PUBLIC_STATE, Event, PublicState, Step

ARRIVED, HANDED_OVER, ENDED = 1, 2, 4
_OVER = tuple(step for step in Step if PUBLIC_STATE[step] is not PublicState.REQUESTED)
_ANSWERS = (Step.BOOKED, Step.REJECTED)
_UNCOUNTED = text(f"counted < {ENDED}")
"""A literal: SQLite uses a partial index only where it can see that the condition is the index's own."""
_NEWS = or_(
    visits.c.counted == 0,
    and_(visits.c.counted == ARRIVED, visits.c.staff_why.is_not(None)),
    visits.c.step.in_(_OVER),
)
_SOMETHING = Shape(select(visits.c.id).where(_UNCOUNTED, _NEWS).limit(1), (visits.c.id,))


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A visit of which something isn't counted yet. `choices`: the slots asked for; instants in microseconds."""

    id: str
    counted: int
    prison: str
    channel: str
    arrived_at: int
    over: bool
    staff_why: str | None
    slot_granted: str | None
    choices: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """The first yes or no to a request. `by_staff`: they had it before that."""

    at: int
    step: str
    by_staff: bool


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """What is counted. Days and weeks are YYYY-MM-DD."""

    day: str
    prison: str
    measure: str
    item: str
    week: str


async def lock_uncounted(tx: Tx, limit: int, among: Sequence[str] | None = None) -> list[Uncounted]:
    """Visits with something to count, oldest first; nobody else counts them in this transaction."""
    wanted = (
        select(
            visits.c.id,
            visits.c.counted,
            visits.c.prison_key,
            visits.c.channel,
            visits.c.arrived_at,
            visits.c.step,
            visits.c.staff_why,
            visits.c.slot_granted,
            visits.c.slot1,
            visits.c.slot2,
            visits.c.slot3,
        )
        .where(_UNCOUNTED, _NEWS)
        .order_by(visits.c.arrived_at, visits.c.id)
        .limit(limit)
    )
    if among is not None:
        wanted = wanted.where(visits.c.id.in_(among))
    if tx.is_postgresql:
        wanted = wanted.with_for_update(skip_locked=True)
    return [
        Uncounted(
            id=row["id"],
            counted=row["counted"],
            prison=row["prison_key"],
            channel=row["channel"],
            arrived_at=row["arrived_at"],
            over=row["step"] in _OVER,
            staff_why=row["staff_why"],
            slot_granted=row["slot_granted"],
            choices=(row["slot1"], row["slot2"], row["slot3"]),
        )
        for row in (await tx.execute(wanted)).mappings()
    ]


async def something_uncounted(tx: Tx) -> bool:
    """Whether there is anything to count; looks at unfinished and uncounted visits only."""
    return bool(await tx.run(_SOMETHING, {}))


async def first_answers(tx: Tx, visit_ids: Sequence[str]) -> dict[str, FirstAnswer]:
    """By visit; those that were never answered are absent."""
    events = visit_events.c
    answered = and_(events.to_step.in_(_ANSWERS), or_(events.from_step.is_(None), events.from_step != events.to_step))
    rows = await tx.execute(
        select(events.visit_id, events.event, events.to_step, events.at)
        .where(events.visit_id.in_(visit_ids), or_(events.event == Event.HAND_OVER, answered))
        .order_by(events.visit_id, events.version)
    )
    found: dict[str, FirstAnswer] = {}
    with_staff = set()
    for row in rows.mappings():
        visit_id = row["visit_id"]
        if row["event"] == Event.HAND_OVER:
            with_staff.add(visit_id)
        elif visit_id not in found:
            found[visit_id] = FirstAnswer(row["at"], row["to_step"], visit_id in with_staff)
    return found


async def add(tx: Tx, counts: Mapping[Cell, int]) -> None:
    """Add to the daily counts."""
    if counts:  # in one order for all, so that two processes can't wait for each other
        rows = [{**asdict(cell), "count": counts[cell]} for cell in sorted(counts)]
        await tx.execute(_ADD_POSTGRESQL if tx.is_postgresql else _ADD_SQLITE, rows)


async def mark_counted(tx: Tx, now_counted: Mapping[str, int]) -> None:
    """Remember what of these visits is counted."""
    for value in set(now_counted.values()):
        ids = [visit_id for visit_id, counted in now_counted.items() if counted == value]
        await tx.execute(update(visits).where(visits.c.id.in_(ids)).values(counted=value))


async def weekly(tx: Tx, since: str) -> list[tuple[str, str, str, str, int]]:
    """Sums of the weeks from the Monday `since` on: (week, prison, measure, item, count)."""
    kept = daily_figures.c
    rows = await tx.execute(
        select(kept.week, kept.prison, kept.measure, kept.item, func.sum(kept.count).label("sum"))
        .where(kept.week >= since)
        .group_by(kept.week, kept.prison, kept.measure, kept.item)
    )
    return [(row["week"], row["prison"], row["measure"], row["item"], int(row["sum"])) for row in rows.mappings()]


_NEW_SQLITE, _NEW_POSTGRESQL = sqlite.insert(daily_figures), postgresql.insert(daily_figures)
_CELL = list(daily_figures.primary_key.columns)
_ADD_SQLITE = _NEW_SQLITE.on_conflict_do_update(
    index_elements=_CELL, set_={"count": daily_figures.c.count + _NEW_SQLITE.excluded.count}
)
_ADD_POSTGRESQL = _NEW_POSTGRESQL.on_conflict_do_update(
    index_elements=_CELL, set_={"count": daily_figures.c.count + _NEW_POSTGRESQL.excluded.count}
)
