"""The commands that the demo prints: a person, or a test, runs them one after the other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from adapter.config import Settings
from booking_rules.calendar import bookable_slots
from booking_rules.prisons import Prison
from booking_rules.slots import Slot
from nomis_client.fake.entities import Contact, Prisoner
from nomis_client.fake.state import PrisonState


@dataclass(frozen=True, slots=True)
class Command:
    """One thing to try. `says` is what a person reads above it, `line` what they paste."""

    says: str
    line: str


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts of the demo listen, without a slash at the end."""

    api: str
    fake: str
    mails: str


def commands(
    settings: Settings, state: PrisonState, at: Addresses, today: date, holidays: frozenset[date]
) -> tuple[Command, ...]:
    """Book; a full first choice; the prison system off; a request then; the mails; on again."""
    leeds, leicester = settings.prisons.by_key("LEI"), settings.prisons.by_key("LCI")
    assert leeds is not None
    assert leicester is not None
    people = {person.noms_id: person for person in state.world.prisoners.values()}
    known, other = people["A1410AE"], next(p for p in people.values() if p.noms_id[0] == "G" and p.prison == "LEI")
    away = people["A3603LC"]
    slots = bookable_slots(leeds, today, holidays)
    full = next(slot for slot in slots if slot.begin.weekday() == _SATURDAY and slot.begin.hour < _NOON)
    free = [slot for slot in slots if slot.begin.weekday() != _SATURDAY]
    late = bookable_slots(leicester, today, holidays)[:2]
    return (
        Command("Book a visit: the answer comes while you wait.", _post(at, leeds, known, free[:2])),
        Command(
            "Another prisoner's first choice is full: the second is booked.", _post(at, leeds, other, [full, free[2]])
        ),
        Command("Switch the prison system off.", _power(at, on=False)),
        Command(
            "Ask again, for a third prisoner: taken all the same; after 5 seconds it becomes an email to the prison.",
            _post(at, leicester, away, late),
        ),
        Command(f"Read the mails, also at {at.mails} in a browser.", f"sleep 7; curl -s {at.mails}/mails"),
        Command("Switch the prison system on again.", _power(at, on=True)),
    )


_SATURDAY, _NOON = 5, 12


def _post(at: Addresses, prison: Prison, prisoner: Prisoner, slots: Sequence[Slot]) -> str:
    lead = next(contact for contact in prisoner.contacts if _may_come(contact))
    body = {
        "prison_id": prison.id,
        "prisoner": {
            "first_name": prisoner.given_name.strip().title(),
            "last_name": prisoner.surname.strip().title(),
            "date_of_birth": prisoner.date_of_birth.isoformat(),
            "number": prisoner.noms_id,
        },
        "visitors": [
            {
                "first_name": lead.given_name.strip().title(),
                "last_name": lead.surname.strip().title(),
                "date_of_birth": lead.date_of_birth.isoformat() if lead.date_of_birth else "",
            }
        ],
        "contact_email_address": "visitor@example.com",
        "contact_phone_no": "01632 960123",
        "slot_options": [str(slot) for slot in slots],
    }
    sent = json.dumps(body, ensure_ascii=False).replace("'", "\\u0027")
    return f"curl -s -X POST {at.api}/api/visits -H 'Content-Type: application/json' -d '{sent}'"


def _may_come(contact: Contact) -> bool:
    return contact.approved and contact.active and contact.contact_type == "S" and not contact.restrictions


def _power(at: Addresses, *, on: bool) -> str:
    word = "true" if on else "false"
    return f"curl -s -X POST {at.fake}/_control/power -H 'Content-Type: application/json' -d '{{\"on\": {word}}}'"
