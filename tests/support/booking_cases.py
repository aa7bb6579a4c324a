"""Builders for booking rules: a prison, a request and facts that fit each other, on a given day.

Everything is relative to `TODAY`, a Monday without bank holidays near it, and says only what a test cares about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from booking_rules.facts import Contact, Day, Facts, OfferedSlot, Restriction
from booking_rules.prisons import Prison
from booking_rules.request import Person, Prisoner, RawPerson, RawPrisoner, RawRequest, VisitRequest
from booking_rules.slots import Slot, TimeRange

TODAY = date(2026, 11, 30)
NOW = datetime.combine(TODAY, time(10, 30))
NO_HOLIDAYS: frozenset[date] = frozenset()
AFTERNOON = TimeRange(time(14), time(15))
OFFENDER_ID = 1057307

CHOICES = tuple(slot for days in (7, 8, 9) if (slot := AFTERNOON.on(TODAY + timedelta(days=days))))


def a_prison(**changes: Any) -> Prison:
    """In real time, with one session every day."""
    prison = Prison(
        key="LEI",
        id="1b2f6a3e-5e0c-4a51-9d0f-3a8a4d1c2b77",
        nomis_id="LEI",
        name="Leeds",
        email_address="visits.leeds@example.com",
        real_time=True,
        recurring=dict.fromkeys(range(7), (AFTERNOON,)),
    )
    return replace(prison, **changes)


def an_adult(first_name: str = "Ada", last_name: str = "Lovelace", born: date = date(1985, 12, 10)) -> Person:
    return Person(first_name, last_name, born)


def a_child(first_name: str = "Byron", last_name: str = "Lovelace", born: date = date(2020, 5, 12)) -> Person:
    return Person(first_name, last_name, born)


def a_request(visitors: Sequence[Person] | None = None, choices: Sequence[Slot] | None = None) -> VisitRequest:
    return VisitRequest(
        prisoner=Prisoner("Charles", "Babbage", date(1971, 12, 26), "A1234BC"),
        visitors=tuple(visitors or [an_adult()]),
        email="ada@example.com",
        phone="+441632960123",
        choices=tuple(slot for slot in CHOICES if slot) if choices is None else tuple(choices),
    )


def a_contact(person: Person, contact_id: int, **changes: Any) -> Contact:
    """`person` as the prison system spells them: approved, active, social."""
    contact = Contact(
        id=contact_id,
        given_name=person.first_name.upper(),
        middle_names="",
        surname=person.last_name.upper(),
        date_of_birth=person.date_of_birth,
        social=True,
        approved=True,
        active=True,
    )
    return replace(contact, **changes)


def a_ban(effective: date, expiry: date | None = None) -> Restriction:
    return Restriction("BAN", effective, expiry)


def an_offer(slot: Slot, **changes: Any) -> OfferedSlot:
    """A session with plenty of room whose raw time is the normal one."""
    offer = OfferedSlot(
        raw=slot,
        normal=slot,
        capacity=40,
        max_groups=10,
        max_adults=30,
        groups_booked=0,
        visitors_booked=0,
        adults_booked=0,
    )
    return replace(offer, **changes)


def a_free_day(**changes: Any) -> Day:
    return replace(Day(external_movement=False, out_of_vo=False, banned=False), **changes)


def facts_for(request: VisitRequest, on: Mapping[date, Day] | None = None, **changes: Any) -> Facts:
    """Facts under which everything in `request` can be had; contacts are numbered from 100 in the visitors' order.

    `on` says what is different on single days; `changes` replace whole facts.
    """
    facts = Facts(
        offender_id=OFFENDER_ID,
        prison="LEI",
        contacts=tuple(a_contact(visitor, 100 + index) for index, visitor in enumerate(request.visitors)),
        days={slot.day: a_free_day() for slot in request.choices} | dict(on or {}),
        restrictions=(),
        slots=tuple(an_offer(slot) for slot in request.choices),
    )
    return replace(facts, **changes)


def a_raw_request(**changes: Any) -> RawRequest:
    """What a client sends for `a_request()`."""
    raw = RawRequest(
        prisoner=RawPrisoner("Charles", "Babbage", "1971-12-26", "A1234BC"),
        visitors=(RawPerson("Ada", "Lovelace", "1985-12-10"),),
        slot_options=tuple(str(slot) for slot in CHOICES),
        contact_email_address="ada@example.com",
        contact_phone_no="01632 960 123",
    )
    return replace(raw, **changes)
