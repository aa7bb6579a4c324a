"""Each visit at the end of a run: what we say of it, what the prison system holds and did, and its references."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from booking_rules.lifecycle import MACHINE_STEPS, Step
from tests.chaos.audit_letters import letters_of
from tests.chaos.books import Books, Row, raw_slot
from tests.chaos.findings import Finding, Kind
from tests.support.left_there import left_to_staff

_PATIENCE = 30.0
"""Seconds by which a look of the watch may be late, on a busy machine."""
_ON_ITS_WAY = 4.0
"""Seconds that a POST may take from the moment before the commit that forbids it to its arrival."""


def visit_of_ours(books: Books, visit: Row) -> Iterator[Finding]:
    visit_id, step = str(visit["id"]), Step(visit["step"])
    if step in MACHINE_STEPS:
        yield Finding("lost", visit_id, f"never ended: {step}")
        return
    yield from _in_nomis(books, visit, step)
    yield from _spells(books, visit_id)
    yield from _references(books, visit)
    yield from letters_of(books, visit, step)
    if visit["lease_holder"] is not None:
        yield Finding("wrong", visit_id, "still leased")


def _in_nomis(books: Books, visit: Row, step: Step) -> Iterator[Finding]:
    """The prison system holds exactly what we say."""
    visit_id, there = str(visit["id"]), books.scheduled(str(visit["id"]))
    told = {str(row["kind"]) for row in books.outbox.get(visit_id, []) if row["state"] == "sent"}
    if step is Step.BOOKED:
        if len(there) != 1:
            kind: Kind = "double" if there else "wrong"
            yield Finding(kind, visit_id, f"booked, and {len(there)} are scheduled")
            return
        (one,) = there
        attempt = next((a for a in books.attempts[visit_id] if a["reference"] == one["reference"]), None)
        order = {} if attempt is None else json.loads(attempt["body"])
        wanted = (visit["nomis_visit_id"], visit["slot_raw"], visit["nomis_prison"])
        if (one["id"], raw_slot(one), one["prison"]) != wanted:
            yield Finding("wrong", visit_id, f"booked as {wanted}, scheduled as {one}")
        if (order.get("lead_contact"), order.get("other_contacts")) != (one["lead"], list(one["others"])):
            yield Finding("wrong", visit_id, "another party than ours")
    elif step is Step.WITH_STAFF:
        tried = books.attempts.get(visit_id, [])
        known = [one for one in there if any(_is_known_to_staff(books, visit, attempt, one) for attempt in tried)]
        if len(there) > 1 or known != there:
            yield Finding("wrong", visit_id, f"with staff, and {len(there)} scheduled that were not found")
    else:
        held = [(int(one["id"]), str(one["reference"])) for one in there]
        tries = books.attempts.get(visit_id, [])
        if not left_to_staff(visit, held, tries, told, by_reference=books.plan.find_by_ref):
            yield Finding("wrong", visit_id, f"{step}, and {len(there)} are scheduled")


def _spells(books: Books, visit_id: str) -> Iterator[Finding]:
    """Never two scheduled at the same time, in the whole history; visiting orders are given back."""
    ours = books.ours.get(visit_id, [])
    spells = [(number, spell) for number in ours for spell in books.nomis[number] if spell.scheduled]
    for place, (number, one) in enumerate(spells):
        for other_number, other in spells[place + 1 :]:
            if number != other_number and one.overlaps(other):
                yield Finding("double", visit_id, f"{number} and {other_number} were scheduled at the same time")
    spent = sum(books.ledger.get(number, 0) for number in ours)
    if spent not in (0, -1):
        yield Finding("wrong", visit_id, f"visiting orders: {spent}")


def _references(books: Books, visit: Row) -> Iterator[Finding]:
    """One body for each reference, none without a row, none after the hand-over, nothing left half done."""
    visit_id = str(visit["id"])
    for attempt in books.attempts.get(visit_id, []):
        if attempt["state"] in ("stray", "removing"):
            yield Finding("wrong", visit_id, f"{attempt['reference']} is still {attempt['state']}")
        if attempt["state"] == "open" and not _may_stay_open(visit, attempt):
            yield Finding("wrong", visit_id, f"{attempt['reference']} is still open")
        if attempt["look_at"] is not None and attempt["look_at"] / 1e6 < books.read_at - _PATIENCE:
            yield Finding("wrong", visit_id, f"{attempt['reference']} should have been looked for, and was not")
        posts = books.posts.get(attempt["reference"], [])
        if len({post["body_hash"] for post in posts}) > 1:
            yield Finding("wrong", visit_id, f"{attempt['reference']} was posted with several bodies")
        for post in posts:
            at = datetime.fromisoformat(post["at"]).timestamp()
            if at < attempt["created_at"] / 1e6 - 0.5:
                yield Finding("wrong", visit_id, f"{attempt['reference']} was posted before it was stored")
            if any(at > row["at"] / 1e6 + _ON_ITS_WAY for row in _handed_over(books, visit_id)):
                yield Finding("wrong", visit_id, f"{attempt['reference']} was posted after the hand-over")
    known = {attempt["reference"] for attempt in books.attempts.get(visit_id, [])}
    for reference in books.posts:
        if reference.startswith(visit_id) and reference not in known:
            yield Finding("wrong", visit_id, f"{reference} was posted and never stored")


def _is_known_to_staff(books: Books, visit: Row, attempt: Row, there: Row) -> bool:
    """Found while a member of staff is at work, who is shown it; or in doubt where nobody can look it up."""
    if attempt["reference"] != there["reference"]:
        return False
    shown = visit["claimed_by"] is not None and attempt["candidate_id"] == there["id"]
    return bool(shown or (attempt["doubted"] and not books.plan.find_by_ref))


def _may_stay_open(visit: Row, attempt: Row) -> bool:
    """What people, or a family that left, decided although it was in doubt is looked for until its slot."""
    if visit["step"] == "rejected":
        return bool(attempt["doubted"] and attempt["look_at"] is not None)
    return visit["step"] in ("with_staff", "cancelled", "withdrawn")


def _handed_over(books: Books, visit_id: str) -> list[Row]:
    """Hand-overs after which no member of staff did anything."""
    events = books.events.get(visit_id, [])
    by_staff = max((row["version"] for row in events if row["who"].startswith("staff")), default=0)
    return [row for row in events if row["event"] == "hand_over" and row["version"] > by_staff]
