"""The order of things: one choice at a time, and first come, first served where room is scarce."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from booking_rules.lifecycle import Step
from tests.chaos.books import Books, Row
from tests.chaos.findings import Finding

_SETTLES = ("refused", "away", "found", "reference_absent")
"""Events after which a reference is not open any more."""
_MARGIN = timedelta(seconds=2.0)
"""A transaction that another one doesn't see yet may have begun so much earlier."""


def one_choice_at_a_time(books: Books) -> Iterator[Finding]:
    """No POST for a choice while the reference of another one is open: not in our history, nor on the wire."""
    for visit_id, events in books.events.items():
        latest, doubted = "", {one["reference"] for one in books.attempts.get(visit_id, []) if one["doubted"]}
        for row in events:
            # What staff asked for comes back to them with its answer, which settles it unless it is a doubt.
            if row["event"] in _SETTLES or (row["event"] == "hand_over" and latest not in doubted):
                latest = ""
            elif row["event"] == "post":
                reference = _reference(row)
                if reference and latest and reference != latest:
                    yield Finding("wrong", visit_id, f"{reference} was posted while {latest} was open")
                latest = reference or latest
        yield from _on_the_wire(books, visit_id)


def _on_the_wire(books: Books, visit_id: str) -> Iterator[Finding]:
    ours = [attempt["reference"] for attempt in books.attempts.get(visit_id, [])]
    arrived = [(posts[0]["at"], posts[-1]["at"], one) for one in ours if (posts := books.posts.get(one))]
    arrived.sort()
    for (_, last, before), (first, _, after) in pairwise(arrived):
        if first < last:
            yield Finding("wrong", visit_id, f"{before} arrived once more after {after}")


def _reference(row: Row) -> str:
    """The reference that a `post` is about; a repeat of the open one doesn't name it."""
    return str(json.loads(row["detail"] or "{}").get("reference", ""))


@dataclass(frozen=True, slots=True)
class _Waited:
    """A visit that waited for the prison system, wanting these slots, and between when."""

    visit_id: str
    arrived_at: int
    since: datetime
    until: datetime


def first_come_first_served(books: Books) -> Iterator[Finding]:
    """Where room is scarce nobody is posted past an earlier family that waits for the same slot."""
    waiting = _waiting(books)
    for visit_id, attempts in books.attempts.items():
        for attempt in attempts:
            place = (str(attempt["prison"]), str(attempt["slot_raw"]))
            room = books.world.rooms.get(place)
            if room is None or attempt["acting_for"] != "visitor" or place not in waiting:
                continue
            at, arrived_at = _time(attempt["created_at"]), books.visits[visit_id]["arrived_at"]
            before = [
                one
                for one in waiting[place]
                if one.arrived_at < arrived_at and one.since + _MARGIN < at < one.until - _MARGIN
            ]
            taken = sum(spell.covers(at) for _, spell in books.at(place))
            if before and taken + len(before) + 1 > room:
                text = (
                    f"posted for {place}, where {taken} of {room} were taken, past {before[0].visit_id}, which waited"
                )
                yield Finding("wrong", visit_id, text)


def waited_for_scarce_room(books: Books) -> int:
    """How often a visit waited for a slot that is scarce: where it is never, nothing was compared."""
    return sum(len(found) for found in _waiting(books).values())


def _waiting(books: Books) -> dict[tuple[str, str], list[_Waited]]:
    """By prison and slot: who waited for it."""
    found: dict[tuple[str, str], list[_Waited]] = {}
    for visit_id, events in books.events.items():
        visit = books.visits[visit_id]
        for since, until in _waits(events):
            waited = _Waited(visit_id, visit["arrived_at"], since, until)
            for slot in (visit["slot1"], visit["slot2"], visit["slot3"]):
                if slot and (visit["nomis_prison"], slot) in books.world.rooms:
                    found.setdefault((visit["nomis_prison"], slot), []).append(waited)
    return found


def _waits(events: list[Row]) -> Iterator[tuple[datetime, datetime]]:
    """From `waiting` until it was posted, answered or left: being judged in between counts."""
    since: datetime | None = None
    for row in events:
        step = Step(row["to_step"])
        if step is Step.WAITING:
            since = since or _time(row["at"])
        elif step is not Step.CHECKING and since is not None:
            yield since, _time(row["at"])
            since = None


def _time(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1e6, UTC)
