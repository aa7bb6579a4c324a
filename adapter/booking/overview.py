"""What operators ask about single visits and messages. Needs the store alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapter.booking.human_ids import as_human_id, as_visit_id
from adapter.store import attempts as attempt_rows
from adapter.store import backlog, outbox
from adapter.store import visits as visit_rows
from adapter.store.records import Attempt, EventRow, OutboxRow, Visit
from adapter.store.unit_of_work import Store, Tx
from notifier import MessageKind

_TELLING = ("answer", "by", "choice", "reasons", "reference", "texts", "why")
"""Keys of an event's detail that hold codes of ours and references, nothing about a person."""


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that is stored of one visit."""

    visit: Visit
    events: tuple[EventRow, ...]
    attempts: tuple[Attempt, ...]
    messages: tuple[OutboxRow, ...]


async def story(store: Store, id_text: str) -> Story | None:
    """By UUID or human id, as people type them; None if there is no such visit."""
    async with store.read() as tx:
        visit = None
        if (human_id := as_human_id(id_text)) is not None:
            visit = await visit_rows.load_by_human_id(tx, human_id)
        elif (visit_id := as_visit_id(id_text)) is not None:
            visit = await visit_rows.load(tx, visit_id)
        if visit is None:
            return None
        return Story(
            visit=visit,
            events=tuple(await visit_rows.history(tx, visit.id)),
            attempts=tuple(await attempt_rows.attempts_of(tx, visit.id)),
            messages=tuple(await outbox.of_visit(tx, visit.id)),
        )


def telling(detail: str | None) -> dict[str, Any]:
    """Of an event's detail, what is free of personal data."""
    found: dict[str, Any] = json.loads(detail) if detail else {}
    return {name: found[name] for name in _TELLING if name in found}


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What people have to deal with: requests that staff answer, and messages that were given up."""

    requests: tuple[Visit, ...]
    dead_letters: tuple[OutboxRow, ...]


async def handed_over(store: Store) -> HandedOver:
    async with store.read(long=True) as tx:
        return HandedOver(tuple(await backlog.with_staff(tx)), tuple(await backlog.dead_letters(tx)))


@dataclass(frozen=True, slots=True)
class Retried:
    """How many dead letters will leave after all, and how many won't, for later messages have made them untrue."""

    queued: int
    outdated: int


async def retry(store: Store, visit_id: str | None) -> Retried:
    """Send the dead letters of one visit, or all, once more, but for those that are no longer true."""
    async with store.write() as tx:
        dead = [row for row in await backlog.dead_letters(tx) if visit_id is None or row.visit_id == visit_id]
        outdated = {row.id for row in dead if await _is_outdated(tx, row)}
        queued = await backlog.revive(tx, [row.id for row in dead if row.id not in outdated])
        aside = await backlog.set_aside(tx, list(outdated))
        await tx.commit()
    return Retried(queued, aside)


async def _is_outdated(tx: Tx, row: OutboxRow) -> bool:
    """Whether a later message says otherwise: "do not book it" must not be followed by "please book it"."""
    otherwise = _OUTDATED_BY.get(row.kind)
    if otherwise is None or row.visit_id is None:
        return False
    return any(
        later.kind in otherwise and later.id > row.id and later.state != "superseded"
        for later in await outbox.of_visit(tx, row.visit_id)
    )


_OUTDATED_BY: Mapping[str, frozenset[MessageKind]] = {
    MessageKind.VISITOR_REQUESTED: frozenset(
        {
            MessageKind.VISITOR_BOOKED,
            MessageKind.VISITOR_REJECTED,
            MessageKind.VISITOR_WITHDRAWN,
            MessageKind.VISITOR_CANCELLED,
        }
    ),
    MessageKind.VISITOR_BOOKED: frozenset({MessageKind.VISITOR_CANCELLED}),
    MessageKind.STAFF_REQUEST: frozenset(
        {
            MessageKind.STAFF_SETTLED,
            MessageKind.STAFF_BOOKED_COPY,
            MessageKind.STAFF_WITHDRAWN,
            MessageKind.STAFF_CANCELLED,
            MessageKind.VISITOR_REJECTED,  # of a no the visitor alone is told
        }
    ),
    MessageKind.STAFF_BOOKED_COPY: frozenset({MessageKind.VISITOR_CANCELLED}),
}
