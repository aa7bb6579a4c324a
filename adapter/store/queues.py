"""What waits for the staff of one prison."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, select

from adapter.store.records import Visit, as_visit, columns
from adapter.store.tables import attempts, outbox, visits
from adapter.store.unit_of_work import Tx
from booking_rules.lifecycle import AttemptState, Step

MOST = 500
"""Rows of one answer."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A visit with staff; `in_doubt`: a booking of ours for it may be in the prison system."""

    visit: Visit
    in_doubt: bool


@dataclass(frozen=True, slots=True)
class Dead:
    """A message that can't be delivered; `at` in microseconds."""

    visit_id: str
    human_id: str
    mailbox: str
    kind: str
    audience: str
    at: int


async def waiting(tx: Tx, prison_id: str) -> list[Waiting]:
    """Visits with staff, oldest first, `MOST` at the most."""
    may_be_there = exists().where(
        attempts.c.visit_id == visits.c.id,
        attempts.c.doubted,
        attempts.c.state.not_in((AttemptState.REMOVED, AttemptState.GONE, AttemptState.LEFT, AttemptState.HELD)),
    )
    rows = await tx.execute(
        select(*columns(Visit, visits), may_be_there.label("in_doubt"))
        .where(visits.c.step == Step.WITH_STAFF, visits.c.prison_id == prison_id)
        .order_by(visits.c.arrived_at, visits.c.id)
        .limit(MOST)
    )
    return [Waiting(as_visit(row[:-1]), bool(row.in_doubt)) for row in rows]


async def dead_letters(tx: Tx, prison_id: str) -> list[Dead]:
    """Messages about this prison's visits that can't be delivered, newest first."""
    rows = await tx.execute(
        select(
            outbox.c.visit_id,
            visits.c.human_id,
            visits.c.mailbox,
            outbox.c.kind,
            outbox.c.audience,
            outbox.c.created_at.label("at"),
        )
        .select_from(outbox.join(visits, visits.c.id == outbox.c.visit_id))
        .where(outbox.c.state == "dead", visits.c.prison_id == prison_id)
        .order_by(outbox.c.created_at.desc(), outbox.c.id.desc())
        .limit(MOST)
    )
    return [Dead(**row) for row in rows.mappings()]
