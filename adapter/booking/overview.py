"""What operators ask about single visits and messages. Needs the store alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from adapter.booking.human_ids import as_human_id, as_visit_id
from adapter.store import attempts as attempt_rows
from adapter.store import backlog, outbox
from adapter.store import visits as visit_rows
from adapter.store.records import Attempt, EventRow, OutboxRow, Visit
from adapter.store.unit_of_work import Store

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


async def retry(store: Store, visit_id: str | None) -> int:
    """Send the dead letters of one visit, or all, once more; returns how many will leave."""
    async with store.write() as tx:
        dead = [row for row in await backlog.dead_letters(tx) if visit_id is None or row.visit_id == visit_id]
        revived = await backlog.revive(tx, [row.id for row in dead])
        await tx.commit()
    return revived
