"""What must hold at the end of a model run: the invariants of docs/reliability.md, checked from outside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from nomis_client.fake.history import history
from tests.support.left_there import left_to_staff
from tests.support.letter_order import in_order
from tests.support.model_rooms import overfull
from tests.support.model_world import World

_NOT_THERE = ("rejected", "withdrawn", "cancelled")
_OPEN = ("received", "checking", "waiting", "booking", "in_doubt", "withdrawing", "cancelling")


def faults_of(world: World) -> list[str]:
    """Every broken invariant, in words, first those seen on the way; empty if the promise held."""
    rows = world.rows
    compared = _check(world, rows.table("visits"), rows.table("attempts"), rows.table("outbox"))
    return [*world.faults, *compared, *_first_come(rows.table("visits"), rows.table("attempts"))]


def _check(
    world: World, visits: list[dict[str, Any]], attempts: list[dict[str, Any]], outbox: list[dict[str, Any]]
) -> Iterator[str]:
    there = list(world.engine.state.world.visits.values())
    for visit in visits:
        own = [item for item in there if item.reference and item.reference.startswith(visit["id"])]
        held = [item for item in own if item.status == "SCH"]
        tries = [item for item in attempts if item["visit_id"] == visit["id"]]
        yield from _agrees(visit, held, tries, world.finds_by_reference, world.mail.of(visit["id"], "mailbox"))
        yield from _messages(world, visit)
        if visit["step"] in _OPEN:
            yield f"I9 {visit['id']} is still {visit['step']}"
        if len(held) > 1:
            yield f"I1 {visit['id']} holds {len(held)} visits at the end"
        yield from _references(visit, tries, world)
    yield from _never_two(world)
    yield from _told(world, visits)
    yield from (f"I9 message {row['kind']} is still queued" for row in outbox if row["state"] == "queued")
    yield from _by_hand(world, visits)
    settings = world.around.settings
    yield from overfull(world.engine.state.world, attempts, settings.decision.facts_max_age + settings.nomis.read_lag)
    yield from _orders(world)


def _agrees(
    visit: dict[str, Any], held: list[Any], tries: list[dict[str, Any]], by_reference: bool, to_mailbox: list[str]
) -> Iterator[str]:
    name, step = visit["id"], visit["step"]
    if step == "booked":
        if len(held) != 1:
            yield f"I2 {name} is booked, and {len(held)} are scheduled"
        elif held[0].id != visit["nomis_visit_id"]:
            yield f"I2 {name} is booked under another id"
    elif step in _NOT_THERE:
        there = [(one.id, one.reference) for one in held]
        if not left_to_staff(visit, there, tries, to_mailbox, by_reference=by_reference):
            yield f"I2 {name} is {step}, and {len(held)} are scheduled"
    elif step == "with_staff" and held and tries[-1]["state"] == "open" and by_reference:
        yield f"I9 {name} is with staff, and nobody has seen that it is scheduled"
    elif step == "with_staff" and held and not any(item["doubted"] for item in tries):
        yield f"I6 {name} is with staff, who don't know that it is scheduled"


def _messages(world: World, visit: dict[str, Any]) -> Iterator[str]:
    name = visit["id"]
    to_visitor, to_mailbox = world.mail.of(name, "visitor"), world.mail.of(name, "mailbox")
    for audience, kinds in (("visitor", to_visitor), ("mailbox", to_mailbox)):
        if not in_order(audience, kinds):
            yield f"I4 {name} {audience} got {kinds}"
    last = next((kind for kind in reversed(to_visitor) if kind != "visitor_message"), None)
    expected = {
        "booked": "visitor_booked",
        "rejected": "visitor_rejected",
        "withdrawn": "visitor_withdrawn",
        "cancelled": "visitor_cancelled",
        "with_staff": "visitor_requested",
    }
    if visit["step"] in expected and last != expected[visit["step"]]:
        yield f"I4 {name} is {visit['step']}, and the visitor was last told {last}"
    if visit["step"] == "with_staff" and to_mailbox[:1] != ["staff_request"]:
        yield f"I4 {name} is with staff, who got {to_mailbox}"
    answers = [kind for kind in to_mailbox if kind not in ("staff_drift", "staff_booked_copy")]
    if answers == ["staff_request"] and visit["step"] != "with_staff" and not visit["answered_by"]:
        yield f"I4 {name} is {visit['step']}, and staff still think that it is theirs"


def _references(visit: dict[str, Any], tries: list[dict[str, Any]], world: World) -> Iterator[str]:
    for item in tries:
        if item["state"] in ("open", "stray", "removing") and visit["step"] != "with_staff":
            ended_in_doubt = visit["step"] in ("withdrawn", "cancelled") or visit["answered_by"]
            if not (ended_in_doubt and item["state"] == "open"):  # the watch looks for it until its slot
                yield f"I9 {visit['id']} is {visit['step']} with a reference {item['state']}"
    references = [item["reference"] for item in tries]
    if len(set(references)) != len(references):
        yield f"I7 {visit['id']} used a reference twice"


def _never_two(world: World) -> Iterator[str]:
    """Never two scheduled visits of one of ours at the same time, in the whole history."""
    spans: dict[str, list[tuple[Any, Any, int]]] = {}
    for past in history(world.engine.state.world).visits:
        for interval in past.intervals:
            if interval.visit.status == "SCH" and interval.visit.reference:
                name = interval.visit.reference[:36]
                spans.setdefault(name, []).append((interval.since, interval.until, past.visit_id))
    for name, held in spans.items():
        for number, (since, until, key) in enumerate(held):
            for other_since, other_until, other in held[number + 1 :]:
                together = (until is None or other_since < until) and (other_until is None or since < other_until)
                if other != key and together:
                    yield f"I1 {name} held {key} and {other} at once"


def _told(world: World, visits: list[dict[str, Any]]) -> Iterator[str]:
    ids = {visit["id"] for visit in visits}
    for item in world.callers.asked:
        for told in item.told:
            if told.view.id not in ids:
                yield f"I5 {told.view.id} was answered and is lost"


def _by_hand(world: World, visits: list[dict[str, Any]]) -> Iterator[str]:
    ours = {visit["nomis_visit_id"] for visit in visits}
    for key in world.by_hand:
        made = world.engine.state.world.visits.get(key)
        if key in ours:
            yield f"I12 the visit {key} was made by hand, and adopted"
        if made is not None and made.status == "CANC":
            yield f"I12 the visit {key} was made by hand, and cancelled"


def _orders(world: World) -> Iterator[str]:
    spent: dict[int, int] = {}
    for entry in history(world.engine.state.world).ledger:
        if entry.visit_id is not None:
            spent[entry.visit_id] = spent.get(entry.visit_id, 0) - entry.change
    yield from (f"I3 visit {key} cost {count} visiting orders" for key, count in spent.items() if count not in (0, 1))


def _first_come(visits: list[dict[str, Any]], tries: list[dict[str, Any]]) -> Iterator[str]:
    """I8: among those that waited, nobody is told "full" of a slot that a later one got meanwhile."""
    waited = [visit for visit in visits if visit["ever_waited"]]
    booked = {(item["visit_id"], item["slot"]): item["created_at"] for item in tries if item["state"] == "held"}
    for early in waited:
        results = json.loads(early["outcome"])["choices"] if early["outcome"] else []
        for slot, result in zip((early["slot1"], early["slot2"], early["slot3"]), results, strict=False):
            if result != "full":
                continue
            for late in waited:
                got = booked.get((late["id"], slot))
                later = late["arrived_at"] > early["arrived_at"]
                if got is not None and later and got < early["updated_at"] and early["answered_by"] is None:
                    yield f"I8 {late['id']} got {slot}, of which the earlier {early['id']} is told that it is full"
