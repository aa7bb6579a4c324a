"""The prison system's own booking rules, each with its text, and its flaws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from nomis_client.fake.entities import Allowance, Restriction
from nomis_client.fake.replies import No, Refusal
from nomis_client.fake.requests import Override
from tests.support.fake_nomis import (
    ALL_OVERRIDES,
    CHILD,
    DAY,
    EVENING,
    LATER,
    LEAD,
    NUMBER,
    OTHER,
    SLOT,
    Prisons,
    a_contact,
    a_prisoner,
    a_session,
    a_world,
)

BAN = Restriction(type="BAN", effective_date=DAY, expiry_date=DAY)
OVER = Restriction(type="BAN", effective_date=date(2020, 1, 1), expiry_date=DAY - timedelta(days=1))
TO_COME = Restriction(type="BAN", effective_date=DAY + timedelta(days=1))


def with_contact(contact_id: int, **changes: Any) -> Prisons:
    family = [replace(c, **changes) if c.id == contact_id else c for c in a_prisoner().contacts]
    return a_world(a_prisoner(contacts=tuple(family)))


def full(prisons: Prisons) -> Prisons:
    prisons.hand("fill", prison="LEI", slot=SLOT)
    return prisons


REFUSALS: list[tuple[str, Callable[[], Prisons], dict[str, object], tuple[str, ...]]] = [
    (
        "the prisoner is banned on the day",
        lambda: a_world(a_prisoner(restrictions=(BAN,))),
        {},
        ("Offender has an active ban or restriction",),
    ),
    ("the lead isn't on the list", a_world, {"lead_contact": 1}, ("Lead visitor is not an approved contact",)),
    (
        "the lead isn't approved",
        lambda: with_contact(LEAD, approved=False),
        {},
        ("Lead visitor is not an approved contact",),
    ),
    (
        "the lead is banned",
        lambda: with_contact(LEAD, restrictions=(BAN,)),
        {},
        ("Lead visitor has an active ban or restriction",),
    ),
    ("the lead is a child", a_world, {"lead_contact": CHILD}, ("Lead visitor is not a adult",)),
    ("another isn't on the list", a_world, {"other_contacts": (77,)}, ("Visitor 77 is not an approved contact",)),
    (
        "another isn't approved",
        lambda: with_contact(OTHER, approved=False),
        {"other_contacts": (OTHER,)},
        (f"Visitor {OTHER} is not an approved contact",),
    ),
    (
        "another is banned",
        lambda: with_contact(OTHER, restrictions=(BAN,)),
        {"other_contacts": (OTHER,)},
        (f"Visitor {OTHER} has an active ban or restriction",),
    ),
    ("the session is full", lambda: full(a_world()), {}, ("Visit slot is at or over capacity",)),
    ("there is no such session", a_world, {"slot": "2026-12-14T14:01/15:00"}, ("Visit Slot does not exist",)),
    ("no VO is left", lambda: a_world(a_prisoner(allowance=Allowance.VO, vo=0, pvo=3)), {}, ("No VO balance",)),
    ("no PVO is left", lambda: a_world(a_prisoner(allowance=Allowance.PVO, vo=3, pvo=0)), {}, ("No PVO balance",)),
    ("neither is left", lambda: a_world(a_prisoner(vo=0, pvo=0)), {}, ("Offender has no VO or PVO balance",)),
    (
        "the visit must be closed",
        lambda: a_world(a_prisoner(restrictions=(Restriction(type="CLOSED", effective_date=DAY),))),
        {},
        ("Offender requires closed visits",),
    ),
    ("nobody has this offender id", a_world, {"offender_id": 5}, ("Offender Not Found",)),
    ("the prisoner has left", lambda: a_world(a_prisoner(active=False)), {}, ("Offender Not Found",)),
    (
        "the prisoner is in transit",
        lambda: a_world(a_prisoner(in_transit=True)),
        {},
        ("Offender is out or in transit",),
    ),
    ("the record is locked", lambda: a_world(a_prisoner(locked=True)), {}, ("Resource is locked",)),
    (
        "several things at once, in the prison system's order",
        lambda: full(a_world(a_prisoner(restrictions=(BAN,), vo=0))),
        {"lead_contact": CHILD, "other_contacts": (77, 78)},
        (
            "Offender has an active ban or restriction",
            "Lead visitor is not a adult",
            "Visitor 77 is not an approved contact",
            "Visitor 78 is not an approved contact",
            "Visit slot is at or over capacity",
            "Offender has no VO or PVO balance",
        ),
    ),
    (
        "a refusal that ends the matter comes alone",
        lambda: a_world(a_prisoner(locked=True, restrictions=(BAN,), vo=0)),
        {},
        ("Resource is locked",),
    ),
]


@pytest.mark.parametrize(("make", "order", "texts"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
def test_is_refused_with_the_text(make: Callable[[], Prisons], order: dict[str, Any], texts: tuple[str, ...]) -> None:
    prisons = make()
    before = prisons.prisoner()
    assert prisons.refused(**order) == texts
    assert prisons.prisoner() == before


ACCEPTED: list[tuple[str, Callable[[], Prisons], dict[str, object]]] = [
    ("an ordinary visit", a_world, {"other_contacts": (OTHER, CHILD)}),
    ("a ban that is over", lambda: a_world(a_prisoner(restrictions=(OVER, TO_COME))), {}),
    ("a visitor's ban that is over", lambda: with_contact(LEAD, restrictions=(OVER, TO_COME)), {}),
    ("an inactive contact isn't looked at", lambda: with_contact(LEAD, active=False), {}),
    ("an official is a contact like others", lambda: with_contact(LEAD, contact_type="O"), {}),
    ("a contact without a date of birth is an adult", lambda: with_contact(LEAD, date_of_birth=None), {}),
    ("court on the day isn't looked at", lambda: a_world(a_prisoner(movements=frozenset({DAY}))), {}),
    ("no orders needed", lambda: a_world(a_prisoner(allowance=Allowance.NONE_NEEDED, vo=0)), {}),
    (
        "approved on one of two lines",
        lambda: a_world(a_prisoner(contacts=(a_contact(LEAD, approved=False), a_contact(LEAD)))),
        {},
    ),
]


@pytest.mark.parametrize(("make", "order"), [row[1:] for row in ACCEPTED], ids=[row[0] for row in ACCEPTED])
def test_is_booked(make: Callable[[], Prisons], order: dict[str, Any]) -> None:
    make().booked(**order)


def test_a_slot_in_the_past_isnt_looked_at() -> None:
    prisons = a_world(a_session("2026-11-02T14:00/15:00"))
    prisons.booked(slot="2026-11-02T14:00/15:00")


def test_any_number_of_visitors_is_let_in() -> None:
    many = tuple(a_contact(100 + n) for n in range(12))
    prisons = a_world(a_prisoner(contacts=many))
    prisons.booked(lead_contact=100, other_contacts=tuple(c.id for c in many[1:]))


@pytest.mark.parametrize(
    ("overridden", "make"),
    [
        (Override.OFFENDER_RESTRICTIONS, lambda: a_world(a_prisoner(restrictions=(BAN,)))),
        (
            Override.OFFENDER_RESTRICTIONS,
            lambda: a_world(a_prisoner(restrictions=(Restriction(type="CLOSED", effective_date=DAY),))),
        ),
        (Override.VISITOR_RESTRICTIONS, lambda: with_contact(LEAD, restrictions=(BAN,))),
        (Override.VO_BALANCE, lambda: a_world(a_prisoner(vo=0))),
        (Override.SLOT_CAPACITY, lambda: full(a_world())),
    ],
)
def test_an_override_sets_aside_its_own_rule_and_no_other(overridden: Override, make: Callable[[], Prisons]) -> None:
    others = [override for override in ALL_OVERRIDES if override is not overridden]
    prisons = make()
    assert prisons.refused(overrides=others)
    prisons.booked(overrides=[overridden])


def test_the_same_reference_is_a_duplicate_for_anybody_anywhere_in_any_status() -> None:
    someone = a_prisoner(noms_id="B7654XY", offender_id=42)
    prisons = a_world(a_prisoner(), someone)
    visit = prisons.booked()
    duplicate = Refusal(No.DUPLICATE, ("Duplicate post",))
    assert prisons.book() == duplicate
    assert prisons.book(slot=EVENING) == duplicate
    assert prisons.book(offender_id=42, slot=EVENING) == duplicate
    prisons.cancel(visit.id)
    assert prisons.book() == duplicate


def test_where_references_are_checked_last_a_repeat_overlaps_itself() -> None:
    prisons = a_world()
    prisons.install(duplicate_checked="last")
    prisons.booked()
    assert prisons.refused() == ("Overlapping visit",)
    assert prisons.refused(slot=EVENING) == ("Duplicate post",)


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ({"action": "close", "noms_id": NUMBER}, "Offender requires closed visits"),
        ({"action": "delete_slot", "prison": "LEI", "slot": SLOT}, "Visit Slot does not exist"),
        ({"action": "release", "noms_id": NUMBER}, "Offender Not Found"),
        ({"action": "lock", "noms_id": NUMBER}, "Resource is locked"),
        ({"action": "transfer", "noms_id": NUMBER, "prison": "CFI"}, "Visit Slot does not exist"),
    ],
)
def test_a_repeat_is_told_what_has_changed_since(action: dict[str, str], text: str) -> None:
    prisons = a_world()
    visit = prisons.booked()
    prisons.hand(**action)
    assert prisons.refused() == (text,)
    assert prisons.visit(visit.id).scheduled


def test_a_reference_that_was_refused_may_be_used() -> None:
    prisons = a_world()
    prisons.hand("lock", noms_id=NUMBER)
    prisons.refused()
    prisons.hand("unlock", noms_id=NUMBER)
    prisons.booked()


@pytest.mark.parametrize("reference", ["", "x" * 65, "a b", "a/b", "ä"])
def test_an_ill_formed_reference_is_refused(reference: str) -> None:
    reply = a_world().book(reference=reference)
    assert isinstance(reply, Refusal) and reply.why is No.BAD_REQUEST


def test_a_comment_of_197_characters_is_taken_and_no_longer_one() -> None:
    prisons = a_world()
    reply = prisons.book(comment="x" * 198)
    assert isinstance(reply, Refusal) and reply.why is No.BAD_REQUEST
    assert prisons.booked(comment="x" * 197).comment == "x" * 197


def test_back_to_back_visits_overlap_on_raw_times() -> None:
    prisons = a_world()
    prisons.booked()
    assert prisons.refused(slot=LATER, reference="ref-2") == ("Overlapping visit",)
    prisons.booked(slot=EVENING, reference="ref-3")


def test_a_minute_apart_isnt_overlapping() -> None:
    a_minute_on = "2026-12-14T15:01/16:00"
    prisons = a_world(a_session(), a_session(a_minute_on))
    prisons.booked()
    prisons.booked(slot=a_minute_on, reference="ref-2")


def test_a_cancelled_visit_doesnt_overlap() -> None:
    prisons = a_world()
    prisons.cancel(prisons.booked().id)
    prisons.booked(slot=LATER, reference="ref-2")
