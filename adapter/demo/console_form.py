"""The console's booking form: what it offers, what it starts with, and the JSON that the public site would send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from booking_rules.slots import Slot
from nomis_client.fake.entities import Contact, Prisoner
from nomis_client.fake.people import KnownPerson

VISITORS = 3
CHOICES = 3

EMAIL = "visitor@example.com"
PHONE = "01632 960123"

Fields = Mapping[str, str]
"""What the form holds, by the names of its fields."""


@dataclass(frozen=True, slots=True)
class Person:
    """A prisoner to choose. `case` tells what to expect."""

    number: str
    name: str
    case: str


@dataclass(frozen=True, slots=True)
class Offer:
    """One slot of the timetable. `note` says why it may not be granted, as far as the prison system tells now."""

    slot: str
    words: str
    note: str


_NOTES = {"prisoner_unavailable": "the prisoner can’t come", "prison_unavailable": "full"}


def offers(slots: Mapping[Slot, Sequence[str]]) -> tuple[Offer, ...]:
    """The timetable as choices, in order."""
    return tuple(
        Offer(
            str(slot), f"{slot.begin:%a %-d %b, %H:%M}–{slot.end:%H:%M}", ", ".join(_NOTES.get(one, one) for one in why)
        )
        for slot, why in sorted(slots.items())
    )


def as_person(known: KnownPerson) -> Person:
    prisoner = known.prisoner
    return Person(prisoner.noms_id, f"{_name(prisoner.given_name)} {_name(prisoner.surname)}", known.case)


def filled(prison_id: str, prisoner: Prisoner, offered: Sequence[Offer]) -> Fields:
    """What the form starts with: this prisoner, the first contact who may come, the first choices that are free."""
    lead = next((contact for contact in prisoner.contacts if _may_come(contact)), prisoner.contacts[0])
    free = [offer.slot for offer in offered if not offer.note] or [offer.slot for offer in offered]
    fields = {
        "prison_id": prison_id,
        "number": prisoner.noms_id,
        "prisoner_first": _name(prisoner.given_name),
        "prisoner_last": _name(prisoner.surname),
        "prisoner_born": prisoner.date_of_birth.isoformat(),
        "visitor1_first": _name(lead.given_name),
        "visitor1_last": _name(lead.surname),
        "visitor1_born": _born(lead.date_of_birth),
        "email": EMAIL,
        "phone": PHONE,
    }
    return fields | {f"slot{place}": slot for place, slot in enumerate(free[:CHOICES], start=1)}


def body_of(fields: Fields) -> dict[str, object]:
    """The body of `POST /api/visits`. Visitors and choices that were left empty are left out."""
    rows = [_visitor(fields, number) for number in range(1, VISITORS + 1)]
    chosen = [fields.get(f"slot{number}", "") for number in range(1, CHOICES + 1)]
    return {
        "prison_id": fields.get("prison_id", ""),
        "prisoner": {
            "first_name": fields.get("prisoner_first", ""),
            "last_name": fields.get("prisoner_last", ""),
            "date_of_birth": fields.get("prisoner_born", ""),
            "number": fields.get("number", ""),
        },
        "visitors": [row for row in rows if any(row.values())],
        "slot_options": [slot for slot in chosen if slot],
        "contact_email_address": fields.get("email", ""),
        "contact_phone_no": fields.get("phone", ""),
    }


def _visitor(fields: Fields, number: int) -> dict[str, str]:
    return {
        "first_name": fields.get(f"visitor{number}_first", ""),
        "last_name": fields.get(f"visitor{number}_last", ""),
        "date_of_birth": fields.get(f"visitor{number}_born", ""),
    }


def _may_come(contact: Contact) -> bool:
    return contact.approved and contact.active and contact.contact_type == "S" and not contact.restrictions


def _name(text: str) -> str:
    return text.strip().title()


def _born(day: date | None) -> str:
    return day.isoformat() if day is not None else ""
