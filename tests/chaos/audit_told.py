"""What families were told: one visit for one request, only forward, true at the end; and never two out of one wish."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations, pairwise

from booking_rules.lifecycle import PUBLIC_STATE, PublicState, Step
from tests.chaos.books import Books, Row, Spell, asked_by
from tests.chaos.clients import Client, Told
from tests.chaos.findings import Finding

_FINAL = {
    "requested": {"requested", "booked", "rejected", "withdrawn", "cancelled"},
    "booked": {"booked", "cancelled"},
    "rejected": {"rejected"},
    "withdrawn": {"withdrawn"},
    "cancelled": {"cancelled"},
}
"""What a visitor may be told after having been told the first."""
_OVER = (PublicState.REJECTED, PublicState.WITHDRAWN, PublicState.CANCELLED)
"""States after which an equal request is a new one."""


def client_was_told(books: Books, client: Client) -> Iterator[Finding]:
    """The answers that one visitor got."""
    of: dict[str, list[Told]] = defaultdict(list)
    visits: dict[str, set[str]] = defaultdict(set)
    for told in client.told:
        of[told.visit_id].append(told)
        if told.action == "ask":
            visits[told.request_id].add(told.visit_id)
    for ids in visits.values():
        if len(ids) > 1:
            yield Finding("double", client.visit_id, f"one request was answered with {len(ids)} visits: {sorted(ids)}")
    for visit_id, answers in of.items():
        if visit_id not in books.visits:
            yield Finding("lost", visit_id, "answered with 200 and not stored")
        else:
            yield from _forward(books.visits[visit_id], answers)


def _forward(visit: Row, answers: list[Told]) -> Iterator[Finding]:
    """What was told of one visit."""
    visit_id, states = str(visit["id"]), [told.state for told in answers]
    final = PUBLIC_STATE[Step(visit["step"])].value
    if final not in _FINAL[states[-1]]:
        yield Finding("wrong", visit_id, f"told {states[-1]}, is {final}")
    for before, after in pairwise(answers):
        if after.state not in _FINAL[before.state] and not _at_once(answers):
            yield Finding("wrong", visit_id, f"told {before.state}, then {after.state}")
    left = [told.state for told in answers if told.action == "leave"]
    if left and left[0] in ("withdrawn", "cancelled") and final != left[0]:
        yield Finding("wrong", visit_id, f"left, was told {left[0]}, is {final}")


def _at_once(answers: list[Told]) -> bool:
    """A double click: its two answers have no order."""
    return [told.action for told in answers[:2]] == ["ask", "ask"]


def equal_requests(books: Books) -> Iterator[Finding]:
    """Equal requests are one visit until that one is over, whoever gave up waiting for it, and in whatever outage."""
    of: dict[str, list[Row]] = defaultdict(list)
    for visit in books.visits.values():
        of[asked_by(visit)].append(visit)
    for found in of.values():
        found.sort(key=lambda visit: int(visit["arrived_at"]))
        for first, second in pairwise(found):
            over = _over_at(books, str(first["id"]))
            if over is None or over > second["arrived_at"]:
                text = f"and {second['id']} are of equal requests, and the first was not over"
                yield Finding("double", str(first["id"]), text)
        yield from _at_the_same_time(books, [str(visit["id"]) for visit in found])


def _over_at(books: Books, visit_id: str) -> int | None:
    """When the visit was over for its family."""
    return next(
        (row["at"] for row in books.events.get(visit_id, []) if PUBLIC_STATE[Step(row["to_step"])] in _OVER), None
    )


def _at_the_same_time(books: Books, visit_ids: list[str]) -> Iterator[Finding]:
    """A family that left and came again holds one visit at a time, but where people must take the first one out."""
    for one, other in combinations(visit_ids, 2):
        told = {str(row["kind"]) for row in books.outbox.get(one, []) if row["state"] == "sent"}
        if told & {"staff_cancelled", "staff_drift"}:
            continue
        if any(left.overlaps(right) for left in _spells(books, one) for right in _spells(books, other)):
            yield Finding("double", one, f"and {other} were scheduled at the same time, for one family")


def _spells(books: Books, visit_id: str) -> list[Spell]:
    return [spell for number in books.ours.get(visit_id, []) for spell in books.nomis[number] if spell.scheduled]
