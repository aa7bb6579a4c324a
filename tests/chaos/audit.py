"""Compares the books of a run. What it finds is a promise that was broken."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Literal

from booking_rules.lifecycle import MACHINE_STEPS, PUBLIC_STATE, Step
from tests.chaos.books import Books, Letter, Row, Spell, asked_by
from tests.chaos.clients import Client

Kind = Literal["lost", "double", "wrong", "repeated"]
_FINAL = {
    "requested": {"requested", "booked", "rejected", "withdrawn", "cancelled"},
    "booked": {"booked", "cancelled"},
    "rejected": {"rejected"},
    "withdrawn": {"withdrawn"},
    "cancelled": {"cancelled"},
}
"""What a visitor may be told after having been told the first."""
_LAST_LETTER = {
    Step.WITH_STAFF: "visitor_requested",
    Step.BOOKED: "visitor_booked",
    Step.REJECTED: "visitor_rejected",
    Step.WITHDRAWN: "visitor_withdrawn",
    Step.CANCELLED: "visitor_cancelled",
}
_SHORT = {"visitor_requested": "q", "visitor_booked": "b", "visitor_rejected": "r", "visitor_withdrawn": "w"}
_SHORT |= {"visitor_cancelled": "c", "visitor_message": "m"}
_SHORT |= {"staff_request": "Q", "staff_settled": "S", "staff_withdrawn": "W", "staff_cancelled": "C"}
_SHORT |= {"staff_drift": "", "staff_booked_copy": "B"}
_TO_VISITOR = re.compile(r"(qm*)?(b?c?|r|w)?")
_TO_MAILBOX = re.compile(r"Q?(B?S?C?|W?C?)?")
_SEVERAL = ("staff_drift", "visitor_message")
"""Kinds of mail of which a visit may have more than one."""
_ON_ITS_WAY = 4.0
"""Seconds that a POST may take from the moment before the commit that forbids it to its arrival."""


@dataclass(frozen=True, slots=True)
class Finding:
    kind: Kind
    visit_id: str
    text: str


def audit(books: Books) -> list[Finding]:
    """Every broken promise."""
    return [
        *(finding for client in books.clients for finding in _client(books, client)),
        *_requests(books),
        *(finding for visit in books.visits.values() for finding in _visit(books, visit)),
        *_nobody(books),
        *_by_hand(books),
        *_rooms(books),
    ]


def resent(books: Books) -> int:
    """Mails that arrived more than once, with the same bytes: all that mail can promise."""
    letters = [(letter.message_id, letter.recipient) for found in books.letters.values() for letter in found]
    return len(letters) - len(set(letters))


def _client(books: Books, client: Client) -> Iterator[Finding]:
    """What one visitor was told: one visit, only forward, and true at the end."""
    ids = {told.visit_id for told in client.told}
    if len(ids) > 1:
        yield Finding("double", client.visit_id, f"one request was answered with {len(ids)} visits: {sorted(ids)}")
    for one in ids - set(books.visits):
        yield Finding("lost", one, "answered with 200 and not stored")
    if not ids or client.visit_id not in books.visits:
        return
    states = [told.state for told in client.told]
    final = PUBLIC_STATE[Step(books.visits[client.visit_id]["step"])].value
    if final not in _FINAL[states[-1]]:
        yield Finding("wrong", client.visit_id, f"told {states[-1]}, is {final}")
    for before, after in pairwise(states):
        if after not in _FINAL[before] and not _at_once(client):
            yield Finding("wrong", client.visit_id, f"told {before}, then {after}")
    left = [told.state for told in client.told if told.action == "leave"]
    if left and left[0] in ("withdrawn", "cancelled") and final != left[0]:
        yield Finding("wrong", client.visit_id, f"left, was told {left[0]}, is {final}")


def _at_once(client: Client) -> bool:
    """A double click: its two answers have no order."""
    return [told.action for told in client.told[:2]] == ["ask", "ask"]


def _requests(books: Books) -> Iterator[Finding]:
    """Equal requests are one visit, whoever gave up waiting for it."""
    of: dict[str, list[str]] = defaultdict(list)
    for visit_id, visit in books.visits.items():
        of[asked_by(visit)].append(visit_id)
    for found in of.values():
        if len(found) > 1:
            yield Finding("double", found[0], f"one request made {len(found)} visits: {found}")


def _visit(books: Books, visit: Row) -> Iterator[Finding]:
    visit_id, step = str(visit["id"]), Step(visit["step"])
    if step in MACHINE_STEPS:
        yield Finding("lost", visit_id, f"never ended: {step}")
        return
    yield from _in_nomis(books, visit, step)
    yield from _spells(books, visit_id)
    yield from _references(books, visit)
    yield from _letters(books, visit, step)
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
        if (one["id"], _slot(one), one["prison"]) != wanted:
            yield Finding("wrong", visit_id, f"booked as {wanted}, scheduled as {one}")
        if (order.get("lead_contact"), order.get("other_contacts")) != (one["lead"], list(one["others"])):
            yield Finding("wrong", visit_id, "another party than ours")
    elif step is Step.WITH_STAFF:
        # Without a look-up by reference some doubts end with a person, who was told where to look.
        doubted = {
            a["reference"] for a in books.attempts.get(visit_id, []) if a["doubted"] and not visit["find_by_ref"]
        }
        if len(there) > 1 or not {one["reference"] for one in there} <= doubted:
            yield Finding("wrong", visit_id, f"with staff, and {len(there)} scheduled that were not found")
    elif there and "staff_cancelled" not in told and "staff_drift" not in told:
        yield Finding("wrong", visit_id, f"{step}, and {len(there)} are scheduled")


def _slot(visit: Row) -> str:
    return f"{visit['begin'][:16]}/{visit['end'][11:16]}"


def _spells(books: Books, visit_id: str) -> Iterator[Finding]:
    """Never two scheduled at the same time, in the whole history; visiting orders are given back."""
    ours = books.ours.get(visit_id, [])
    spells = [(number, spell) for number in ours for spell in books.nomis[number] if spell.scheduled]
    for place, (number, one) in enumerate(spells):
        for other_number, other in spells[place + 1 :]:
            if number != other_number and _overlap(one, other):
                yield Finding("double", visit_id, f"{number} and {other_number} were scheduled at the same time")
    spent = sum(books.ledger.get(number, 0) for number in ours)
    if spent not in (0, -1):
        yield Finding("wrong", visit_id, f"visiting orders: {spent}")


def _overlap(one: Spell, other: Spell) -> bool:
    starts_before = other.until is None or one.since < other.until
    return starts_before and (one.until is None or other.since < one.until)


def _references(books: Books, visit: Row) -> Iterator[Finding]:
    """One body for each reference, none without a row, none after the hand-over, nothing left half done."""
    visit_id = str(visit["id"])
    for attempt in books.attempts.get(visit_id, []):
        if attempt["state"] in ("stray", "removing"):
            yield Finding("wrong", visit_id, f"{attempt['reference']} is still {attempt['state']}")
        if attempt["state"] == "open" and visit["step"] not in ("with_staff", "cancelled", "withdrawn"):
            yield Finding("wrong", visit_id, f"{attempt['reference']} is still open")
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


def _handed_over(books: Books, visit_id: str) -> list[Row]:
    """Hand-overs after which no member of staff did anything."""
    events = books.events.get(visit_id, [])
    by_staff = max((row["version"] for row in events if row["who"].startswith("staff")), default=0)
    return [row for row in events if row["event"] == "hand_over" and row["version"] > by_staff]


def _letters(books: Books, visit: Row, step: Step) -> Iterator[Finding]:
    """Each fact once, in order, and the last one true."""
    visit_id, letters = str(visit["id"]), books.letters.get(str(visit["id"]), [])
    for row in books.outbox.get(visit_id, []):
        if row["state"] not in ("sent", "superseded"):
            yield Finding("lost", visit_id, f"{row['kind']} is {row['state']}")
    yield from _repeats(visit_id, letters)
    for audience, pattern in (("visitor_", _TO_VISITOR), ("staff_", _TO_MAILBOX)):
        kinds = _first_arrivals(letters, audience)
        if not pattern.fullmatch("".join(_SHORT[kind] for kind in kinds)):
            yield Finding("wrong", visit_id, f"mails out of order: {kinds}")
    to_visitor = [kind for kind in _first_arrivals(letters, "visitor_") if kind != "visitor_message"]
    if not to_visitor:
        yield Finding("lost", visit_id, f"{step}, and no mail to the visitor")
    elif to_visitor[-1] != _LAST_LETTER[step]:
        yield Finding("wrong", visit_id, f"{step}, and the last mail was {to_visitor[-1]}")
    if step is Step.WITH_STAFF and "staff_request" not in _first_arrivals(letters, "staff_"):
        yield Finding("lost", visit_id, "with staff, and the mailbox was not told")


def _repeats(visit_id: str, letters: Sequence[Letter]) -> Iterator[Finding]:
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    bytes_of: dict[str, set[str]] = defaultdict(set)
    for letter in letters:
        ids[letter.kind, letter.recipient].add(letter.message_id)
        bytes_of[letter.message_id].add(letter.digest)
    for (kind, _), found in ids.items():
        if len(found) > 1 and kind not in _SEVERAL:
            yield Finding("repeated", visit_id, f"{kind} under {len(found)} message ids")
    for message_id, digests in bytes_of.items():
        if len(digests) > 1:
            yield Finding("repeated", visit_id, f"{message_id} with different bytes")


def _first_arrivals(letters: Sequence[Letter], audience: str) -> list[str]:
    seen: dict[str, str] = {}
    for letter in letters:
        if letter.kind.startswith(audience):
            seen.setdefault(letter.message_id, letter.kind)
    return list(seen.values())


def _nobody(books: Books) -> Iterator[Finding]:
    """Nothing is booked there, and no mail written, for a visit that we don't know."""
    for visit_id in books.ours:
        if visit_id not in books.visits:
            yield Finding("wrong", visit_id, "booked in the prison system, and not stored")
    for visit_id in books.letters:
        if visit_id not in books.visits:
            yield Finding("wrong", visit_id, "mails, and not stored")


def _by_hand(books: Books) -> Iterator[Finding]:
    """What people booked by hand is neither taken for ours nor cancelled by us."""
    taken = {visit["nomis_visit_id"]: str(visit["id"]) for visit in books.visits.values()}
    for number, spells in books.nomis.items():
        last = spells[-1].visit
        if last["made_by"] != "hand":
            continue
        if number in taken:
            yield Finding("wrong", taken[number], f"{number} was booked by hand, and is taken for ours")
        if last["status"] == "CANC" and last["cancellation_code"] != "ADMIN":
            yield Finding("wrong", "", f"{number} was booked by hand, and cancelled by us")


def _rooms(books: Books) -> Iterator[Finding]:
    """Where nobody books by hand, our bookings fit the room: ten groups in each room that is not made larger."""
    groups = Counter[tuple[str, str]]()
    for visit_id in books.visits:
        groups.update((str(one["prison"]), _slot(one)) for one in books.scheduled(visit_id))
    for (prison, slot), count in groups.items():
        if prison != "LCI" and (prison, slot) not in books.world.roomy and count > 10:
            yield Finding("wrong", "", f"{count} groups at {prison} {slot}")


def explain(books: Books, visit_id: str) -> Iterator[str]:
    """Everything that the books have about one visit, in order of time."""
    for row in books.events.get(visit_id, []):
        yield f"{_time(row['at'])} store  {row['event']} → {row['to_step']} ({row['who']}) {row['detail'] or ''}"
    for attempt in books.attempts.get(visit_id, []):
        facts = ("state", "posts", "doubted", "exists_shown", "last_answer", "nomis_visit_id", "look_at", "looks")
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
