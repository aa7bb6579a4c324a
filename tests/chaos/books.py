"""The books of a run, read at its end: what clients were told, what is stored, what the prison system did, mails."""

from __future__ import annotations

import email
import email.policy
import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.chaos.clients import Client
from tests.chaos.plan import Plan
from tests.chaos.world import World
from tests.support.plant import Plant

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as the server accepted it, in the order of acceptance."""

    visit_id: str
    kind: str
    recipient: str
    message_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class Spell:
    """A time during which a visit was as it says in the prison system; `until` None: still."""

    since: datetime
    until: datetime | None
    visit: Row

    @property
    def scheduled(self) -> bool:
        return bool(self.visit["status"] == "SCH")

    def overlaps(self, other: Spell) -> bool:
        """Whether there was a moment at which both were so."""
        starts_before = other.until is None or self.since < other.until
        return starts_before and (self.until is None or other.since < self.until)

    def covers(self, moment: datetime) -> bool:
        return self.since <= moment and (self.until is None or moment < self.until)


@dataclass(frozen=True, slots=True)
class Books:
    clients: Sequence[Client]
    world: World
    plan: Plan
    visits: Mapping[str, Row]
    attempts: Mapping[str, list[Row]]
    events: Mapping[str, list[Row]]
    outbox: Mapping[str, list[Row]]
    nomis: Mapping[int, list[Spell]]
    """By the prison system's visit id, oldest spell first."""
    ours: Mapping[str, list[int]]
    """Ids there, by our visit id, of everything ever booked under its references."""
    ledger: Mapping[int, int]
    """Visiting orders given back minus spent, by the prison system's visit id."""
    posts: Mapping[str, list[Row]]
    """Booking requests that reached the prison system, by reference, oldest first."""
    letters: Mapping[str, list[Letter]]
    there: Mapping[tuple[str, str], list[tuple[int, Spell]]]
    """By prison and slot, as spelt there: the visits that were ever scheduled, with their ids."""
    read_at: float
    """Seconds since 1970."""

    def scheduled(self, visit_id: str) -> list[Row]:
        """What the prison system holds for a visit of ours now."""
        last = [self.nomis[number][-1] for number in self.ours.get(visit_id, [])]
        return [spell.visit for spell in last if spell.scheduled]

    def at(self, place: tuple[str, str]) -> list[tuple[int, Spell]]:
        """Who was ever scheduled at this (prison, slot), by the prison system's visit id."""
        return self.there[place]


async def read_books(plant: Plant, clients: Sequence[Client], world: World, plan: Plan) -> Books:
    history = await plant.control.history()
    nomis = {int(item["visit_id"]): [_spell(one) for one in item["intervals"]] for item in history["visits"]}
    ours: dict[str, list[int]] = defaultdict(list)
    for number, spells in nomis.items():
        reference = spells[-1].visit["reference"]
        if spells[-1].visit["made_by"] == "api":
            ours[visit_of(reference)].append(number)
    ledger: dict[int, int] = defaultdict(int)
    for entry in history["ledger"]:
        if entry["visit_id"] is not None:
            ledger[int(entry["visit_id"])] += int(entry["change"])
    posts: dict[str, list[Row]] = defaultdict(list)
    for asked in await plant.control.requests(operation="book"):
        posts[asked["reference"]].append(asked)
    visits = await plant.rows("SELECT * FROM visits")
    return Books(
        clients=clients,
        world=world,
        plan=plan,
        visits={str(row["id"]): row for row in visits},
        attempts=await _by_visit(plant, "attempts"),
        events=await _by_visit(plant, "visit_events"),
        outbox=await _by_visit(plant, "outbox"),
        nomis=nomis,
        ours=ours,
        ledger=ledger,
        posts=posts,
        letters=_letters(plant),
        there=_by_place(nomis),
        read_at=time.time(),
    )


def _by_place(nomis: Mapping[int, list[Spell]]) -> dict[tuple[str, str], list[tuple[int, Spell]]]:
    found: dict[tuple[str, str], list[tuple[int, Spell]]] = defaultdict(list)
    for number, spells in nomis.items():
        for spell in spells:
            if spell.scheduled:
                found[str(spell.visit["prison"]), raw_slot(spell.visit)].append((number, spell))
    return found


def visit_of(reference: str | None) -> str:
    """The id of our visit that a reference belongs to."""
    return (reference or "")[:36]


def raw_slot(visit: Row) -> str:
    """The slot of a visit there, as it is spelt there."""
    return f"{visit['begin'][:16]}/{visit['end'][11:16]}"


def asked_by(visit: Row) -> str:
    """The address of the request, which tells requests apart."""
    return str(json.loads(visit["request"])["email"])


def _spell(one: Row) -> Spell:
    until = one["until"]
    return Spell(
        datetime.fromisoformat(one["since"]),
        None if until is None else datetime.fromisoformat(until),
        one["visit"],
    )


async def _by_visit(plant: Plant, table: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in await plant.rows(f"SELECT * FROM {table} ORDER BY id"):
        found[str(row["visit_id"])].append(row)
    return found


def _letters(plant: Plant) -> dict[str, list[Letter]]:
    found: dict[str, list[Letter]] = defaultdict(list)
    for mail in plant.sink.mails:
        parsed = email.message_from_bytes(mail.content, policy=email.policy.default)
        letter = Letter(
            str(parsed["X-Visit-Id"]),
            str(parsed["X-Message-Kind"]),
            mail.recipients[0],
            str(parsed["Message-ID"]),
            hashlib.sha256(mail.content).hexdigest(),
        )
        found[letter.visit_id].append(letter)
    return found
