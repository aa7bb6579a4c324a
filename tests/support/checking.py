"""What single checks said of a request that is fine unless a test says otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from booking_rules.decision import judge
from booking_rules.facts import Existing, Facts, Unknown, Why
from booking_rules.prisons import Prison
from booking_rules.reasons import Reason
from booking_rules.request import VisitRequest
from booking_rules.slots import Slot
from tests.support.booking_cases import (
    CHOICES,
    NO_HOLIDAYS,
    NOW,
    a_child,
    a_free_day,
    a_prison,
    a_request,
    an_adult,
    facts_for,
)

SLOT = CHOICES[0]
DAY = SLOT.day
ADA, BYRON = an_adult(), a_child()
AWAY = Unknown(Why.AWAY)


def checks(
    name: str, request: VisitRequest | None = None, facts: Facts | None = None, prison: Prison | None = None
) -> list[tuple[str, Reason | None, str, str]]:
    request = request or a_request([ADA, BYRON], [SLOT])
    decision = judge(request, prison or a_prison(), facts or facts_for(request), NOW, NO_HOLIDAYS)
    found = [check for check in decision.trace.checks if check.name == name]
    return [(check.result, check.reason, check.subject, check.basis) for check in found]


def check(
    name: str, request: VisitRequest | None = None, facts: Facts | None = None, prison: Prison | None = None
) -> tuple[str, Reason | None, str, str]:
    [found] = checks(name, request, facts, prison)
    return found


def with_facts(**changes: Any) -> Facts:
    return facts_for(a_request([ADA, BYRON], [SLOT]), **changes)


def on_the_day(**changes: Any) -> Facts:
    return facts_for(a_request([ADA, BYRON], [SLOT]), {DAY: a_free_day(**changes)})


def at(times: str) -> Slot:
    return Slot.parse(f"{DAY}T{times}")


def another_visit(times: str, **changes: Any) -> Existing:
    return replace(Existing(at(times), at(times), 5915), **changes)
