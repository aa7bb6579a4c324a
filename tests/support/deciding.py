"""Deciding in tests: everything is fine unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from booking_rules.decision import (
    DEFAULT_POLICY,
    Book,
    ChoiceResult,
    Decision,
    Policy,
    Settled,
    judge,
)
from booking_rules.facts import Day, Facts, Unknown, Why
from booking_rules.prisons import Prison
from booking_rules.request import VisitRequest
from booking_rules.slots import Slot
from tests.support.booking_cases import (
    CHOICES,
    NO_HOLIDAYS,
    NOW,
    a_prison,
    a_request,
    an_offer,
    facts_for,
)

AWAY = Unknown(Why.AWAY)
ODD = Unknown(Why.NOT_UNDERSTOOD)
FIRST, SECOND, THIRD = CHOICES
NOT_TRIED, UNKNOWN, FULL = ChoiceResult.NOT_TRIED, ChoiceResult.UNKNOWN, ChoiceResult.FULL
NOTHING_ASKED = Facts(offender_id=AWAY)


def decide(
    facts: Facts | None = None,
    request: VisitRequest | None = None,
    prison: Prison | None = None,
    policy: Policy = DEFAULT_POLICY,
    settled: tuple[Settled, ...] = (),
) -> Decision:
    request = request or a_request()
    return judge(request, prison or a_prison(), facts or facts_for(request), NOW, NO_HOLIDAYS, policy, settled)


def with_facts(on: Mapping[Slot, Day] | None = None, **changes: Any) -> Facts:
    return facts_for(a_request(), {slot.day: day for slot, day in (on or {}).items()}, **changes)


def without(*slots: Slot) -> tuple[object, ...]:
    """What the prison system offers of the three choices when `slots` are gone."""
    return tuple(an_offer(slot) for slot in CHOICES if slot not in slots)


def booked(choice: int) -> Book:
    return Book(choice, CHOICES[choice], CHOICES[choice], lead=100, others=(), adults=1)
