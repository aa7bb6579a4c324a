"""A visit request: from what a client sent to what may be judged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, TypeAlias

from booking_rules.calendar import BankHolidays, is_bookable
from booking_rules.contact_details import is_email, normalise_phone
from booking_rules.names import name_fault
from booking_rules.party import (
    LEAD_VISITOR_TOO_YOUNG,
    MAX_ADULTS,
    MAX_VISITORS,
    TOO_MANY_ADULTS,
    age_on,
    check_party,
)
from booking_rules.prisons import Prison
from booking_rules.slots import Slot

__all__ = [
    "MAX_CHOICES",
    "NO_SLOT_OPTIONS",
    "Part",
    "Person",
    "Prisoner",
    "Problem",
    "RawPerson",
    "RawPrisoner",
    "RawRequest",
    "VisitRequest",
    "age_on",
    "anonymized_name",
    "check_party",
    "check_request",
    "normalise_number",
    "parse_date",
]

MAX_CHOICES: Final = 3
OLDEST: Final = 120
"""Nobody was born before 1 January of the year that lies this many years back."""

NO_SLOT_OPTIONS: Final = "slot_options must contain >= slot"
"""The detail for choices that are no list, or an empty one."""

Part: TypeAlias = Literal["prisoner", "visitors", "slot_options", "contact_email_address", "contact_phone_no"]

_NUMBER: Final = re.compile(r"[A-Za-z][0-9]{4}[A-Za-z]{2}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Person:
    first_name: str
    last_name: str
    date_of_birth: date


@dataclass(frozen=True, slots=True)
class Prisoner:
    """The prisoner as the visitor described them. `number` is the prisoner number in upper case."""

    first_name: str
    last_name: str
    date_of_birth: date
    number: str


@dataclass(frozen=True, slots=True)
class VisitRequest:
    """A request whose every part is well formed. The first visitor is the lead visitor; `phone` is in E.164; `choices`
    are 1 to 3 different slots in order of preference, in normal times."""

    prisoner: Prisoner
    visitors: tuple[Person, ...]
    email: str
    phone: str
    choices: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class RawPerson:
    """A visitor as sent; None for what was not."""

    first_name: str | None
    last_name: str | None
    date_of_birth: str | None


@dataclass(frozen=True, slots=True)
class RawPrisoner:
    """The prisoner as sent; None for what was not."""

    first_name: str | None
    last_name: str | None
    date_of_birth: str | None
    number: str | None


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A request as sent, of the right types but otherwise unchecked."""

    prisoner: RawPrisoner
    visitors: tuple[RawPerson, ...]
    slot_options: tuple[str | None, ...]
    contact_email_address: str | None
    contact_phone_no: str | None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a request. `pointer` is the JSON Pointer of the value; `detail` is what follows `Invalid
    parameter: ` in the contract, beginning with the part's name, and never repeats a value that was sent."""

    part: Part
    pointer: str
    detail: str


def check_request(
    prison: Prison, raw: RawRequest, today: date, now: datetime, holidays: BankHolidays
) -> VisitRequest | tuple[Problem, ...]:
    """The request to judge, or every problem it has, in the contract's order: prisoner, visitors, slots, email, phone.

    `today` decides ages and bookable dates; `now` is naive London time: a slot that has begun is never one to choose.
    """
    problems: list[Problem] = []
    prisoner = _check_prisoner(raw.prisoner, today, problems)
    visitors = _check_visitors(prison, raw.visitors, today, problems)
    choices = _check_choices(prison, raw.slot_options, today, now, holidays, problems)
    email = _check_email(raw.contact_email_address, problems)
    phone = _check_phone(raw.contact_phone_no, problems)
    if problems:
        return tuple(problems)
    assert prisoner is not None
    return VisitRequest(prisoner, visitors, email, phone, choices)


def normalise_number(text: str) -> str | None:
    """The prisoner number in upper case, without blanks at its ends; None if it isn't one."""
    number = text.strip()
    return number.upper() if _NUMBER.fullmatch(number) else None


def parse_date(text: str) -> date | None:
    """The date written as `YYYY-MM-DD`; None for anything else, and for a date that doesn't exist."""
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def anonymized_name(person: Person) -> str:
    """First name and initial, such as `Ada L`: as much of a name as a public page may show."""
    return f"{person.first_name} {person.last_name[:1]}"


def _check_prisoner(raw: RawPrisoner, today: date, problems: list[Problem]) -> Prisoner | None:
    person = _check_person("prisoner", "prisoner", "/prisoner", raw, today, problems)
    number = normalise_number(raw.number or "")
    if number is None:
        problems.append(Problem("prisoner", "/prisoner/number", "prisoner (number is not a prisoner number)"))
    if person is None or number is None:
        return None
    return Prisoner(person.first_name, person.last_name, person.date_of_birth, number)


def _check_visitors(
    prison: Prison, raw: Sequence[RawPerson], today: date, problems: list[Problem]
) -> tuple[Person, ...]:
    if not 1 <= len(raw) <= MAX_VISITORS:
        problems.append(Problem("visitors", "/visitors", f"visitors (must be 1 to {MAX_VISITORS})"))
        return ()
    checked = [
        _check_person("visitors", f"visitor {index + 1}", f"/visitors/{index}", person, today, problems)
        for index, person in enumerate(raw)
    ]
    visitors = tuple(person for person in checked if person is not None)
    if len(visitors) == len(raw):
        problems.extend(_party_problems(prison, visitors, today))
    return visitors


def _party_problems(prison: Prison, visitors: Sequence[Person], today: date) -> Iterator[Problem]:
    born = [visitor.date_of_birth for visitor in visitors]
    codes = check_party(prison, born[0], born, today)
    if LEAD_VISITOR_TOO_YOUNG in codes:
        detail = "visitors (the lead visitor must be 18 or older)"
        yield Problem("visitors", "/visitors/0/date_of_birth", detail)
    if TOO_MANY_ADULTS in codes:
        yield Problem("visitors", "/visitors", f"visitors (at most {MAX_ADULTS} may be {prison.adult_age} or older)")


def _check_person(
    part: Part, who: str, pointer: str, raw: RawPerson | RawPrisoner, today: date, problems: list[Problem]
) -> Person | None:
    prefix = "" if who == part else f"{who}: "
    first_name, last_name = (raw.first_name or "").strip(), (raw.last_name or "").strip()
    born = parse_date(raw.date_of_birth or "")
    faults = {
        "first_name": name_fault(first_name),
        "last_name": name_fault(last_name),
        "date_of_birth": _birth_fault(born, today),
    }
    found = [(key, fault) for key, fault in faults.items() if fault is not None]
    problems.extend(Problem(part, f"{pointer}/{key}", f"{part} ({prefix}{key} {fault})") for key, fault in found)
    return None if found or born is None else Person(first_name, last_name, born)


def _birth_fault(born: date | None, today: date) -> str | None:
    if born is None:
        return "is not a date"
    if born > today:
        return "is in the future"
    if born < date(today.year - OLDEST, 1, 1):
        return f"is more than {OLDEST} years ago"
    return None


def _check_choices(
    prison: Prison,
    raw: Sequence[str | None],
    today: date,
    now: datetime,
    holidays: BankHolidays,
    problems: list[Problem],
) -> tuple[Slot, ...]:
    if not raw or not raw[0]:
        problems.append(Problem("slot_options", "/slot_options", NO_SLOT_OPTIONS))
        return ()
    if len(raw) > MAX_CHOICES:
        problems.append(Problem("slot_options", "/slot_options", f"slot_options (must be at most {MAX_CHOICES})"))
        return ()
    choices: dict[Slot, None] = {}
    for index, text in enumerate(raw):
        if not text:
            continue
        slot = _parse_slot(text)
        if slot is None:
            fault = "is not a slot"
        elif slot.begin <= now or not is_bookable(prison, slot, today, holidays):
            fault = "cannot be booked"
        else:
            choices[slot] = None
            continue
        detail = f"slot_options (choice {index + 1} {fault})"
        problems.append(Problem("slot_options", f"/slot_options/{index}", detail))
    return tuple(choices)


def _parse_slot(text: str) -> Slot | None:
    try:
        return Slot.parse(text)
    except ValueError:
        return None


def _check_email(raw: str | None, problems: list[Problem]) -> str:
    email = (raw or "").strip(" ")
    if not is_email(email):
        detail = "contact_email_address (is not one plain email address)"
        problems.append(Problem("contact_email_address", "/contact_email_address", detail))
    return email


def _check_phone(raw: str | None, problems: list[Problem]) -> str:
    phone = normalise_phone(raw or "")
    if phone is None:
        detail = "contact_phone_no (is not a phone number)"
        problems.append(Problem("contact_phone_no", "/contact_phone_no", detail))
    return phone or ""
