"""Everything that the books have about one visit, for whoever must understand a finding."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from tests.chaos.books import Books


def explain(books: Books, visit_id: str) -> Iterator[str]:
    """Everything that the books have about one visit, in order of time."""
    for row in books.events.get(visit_id, []):
        yield f"{_time(row['at'])} store  {row['event']} → {row['to_step']} ({row['who']}) {row['detail'] or ''}"
    for attempt in books.attempts.get(visit_id, []):
        facts = (
            "state",
            "posts",
            "doubted",
            "exists_shown",
            "last_answer",
            "candidate_id",
            "nomis_visit_id",
            "look_at",
            "looks",
        )
        yield f"       attempt {attempt['reference']}: " + ", ".join(f"{name}={attempt[name]}" for name in facts)
        for post in books.posts.get(attempt["reference"], []):
            yield f"{post['at']} POST   {post['outcome']} {post['faults']} answered {post['answered_at']}"
    for number in books.ours.get(visit_id, []):
        for spell in books.nomis[number]:
            there = f"{spell.visit['reference']} {spell.visit['status']}"
            yield f"{spell.since} nomis  {number} {there} until {spell.until}"
    for row in books.outbox.get(visit_id, []):
        yield f"{_time(row['created_at'])} outbox {row['kind']} {row['state']} tries={row['tries']} {row['last_error']}"
    for letter in books.letters.get(visit_id, []):
        yield f"       mail   {letter.kind} {letter.message_id}"
    for client in books.clients:
        if visit_id in {told.visit_id for told in client.told}:
            yield f"       told   {[(told.action, told.state) for told in client.told]} refused {client.refused}"


def _time(micros: int) -> str:
    return datetime.fromtimestamp(micros / 1e6, UTC).isoformat()
