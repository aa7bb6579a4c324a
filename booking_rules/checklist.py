"""The questions that are asked about a request: one entry each, in the order in which staff read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from booking_rules.facts import Unknown, Why
from booking_rules.reasons import Reason, StaffWhy
from booking_rules.trace import Check, ChoiceResult

Failure: TypeAlias = Reason | StaffWhy
Doubt: TypeAlias = Why | StaffWhy
"""Why a check's answer is unknown: we couldn't find out, or only a person can tell."""


class Finding(NamedTuple):
    """A check made. It has a `failure` if it failed, a `doubt` if it is unknown, neither if it passed. `result` is what
    a choice that fails it becomes."""

    check: Check
    failure: Failure | None = None
    doubt: Doubt | None = None
    result: ChoiceResult = ChoiceResult.UNKNOWN


@dataclass(frozen=True, slots=True)
class CheckKind:
    """One question. `scope` says whether it is asked once of the request, or of each choice on its day; `fails_when` is
    the rule in words; `failure` is what failing it means (None: it is known or unknown, and never fails), `result` what
    a choice that fails it becomes."""

    name: str
    scope: Literal["request", "choice"]
    fails_when: str
    failure: Failure | None
    result: ChoiceResult = ChoiceResult.NOT_TRIED

    def passes(self, basis: str, subject: str = "") -> Finding:
        return Finding(Check(self.name, "pass", None, subject, basis))

    def fails(self, basis: str, subject: str = "", result: ChoiceResult | None = None) -> Finding:
        assert self.failure is not None
        reason = self.failure if isinstance(self.failure, Reason) else None
        return Finding(Check(self.name, "fail", reason, subject, basis), self.failure, None, result or self.result)

    def is_unknown(self, doubt: Doubt, basis: str, subject: str = "") -> Finding:
        return Finding(Check(self.name, "unknown", None, subject, basis), None, doubt)

    def unasked(self, fact: Unknown, subject: str = "") -> Finding:
        """What it rests on could not be got."""
        return self.is_unknown(fact.why, f"could not be asked: {fact.why.value.replace('_', ' ')}", subject)


REAL_TIME: Final = CheckKind(
    "prison answers in real time",
    "request",
    "the prison answers all its requests itself",
    StaffWhy.NOT_REAL_TIME,
)
IN_USE: Final = CheckKind(
    "prison takes requests",
    "request",
    "the prison is disabled or closed",
    StaffWhy.PRISON_NOT_IN_USE,
)
PARTY: Final = CheckKind(
    "party may come together",
    "request",
    "the lead visitor is under 18, or there are more than 6 visitors or more than 3 adults today",
    StaffWhy.PARTY_NOT_ALLOWED,
)
FOUND: Final = CheckKind(
    "prisoner found",
    "request",
    "number and date of birth match no active prisoner",
    Reason.PRISONER_DETAILS_INCORRECT,
)
HERE: Final = CheckKind(
    "prisoner is here",
    "request",
    "the prisoner is held at another prison",
    Reason.PRISONER_MOVED,
)
ON_LIST: Final = CheckKind(
    "on the contact list",
    "request",
    "no approved, active, social contact of that name and date of birth",
    Reason.VISITOR_NOT_ON_LIST,
)
RESTRICTIONS: Final = CheckKind(
    "restrictions can be seen",
    "request",
    "never; but while they are unknown a closed visit can't be ruled out",
    None,
)
BOOKABLE: Final = CheckKind(
    "within the bookable dates",
    "choice",
    "too near, too far ahead, or not on the prison's timetable any more",
    Reason.SLOT_UNAVAILABLE,
    ChoiceResult.NOT_OFFERED,
)
VISITORS_FREE: Final = CheckKind(
    "no visitor is banned",
    "choice",
    "a ban of a visitor covers the day",
    Reason.VISITOR_BANNED,
    ChoiceResult.REFUSED,
)
PRISONER_IN: Final = CheckKind(
    "prisoner is in that day",
    "choice",
    "the prisoner goes out that day (court, hospital, transfer)",
    Reason.PRISONER_OUT_OF_PRISON,
    ChoiceResult.PRISONER_UNAVAILABLE,
)
ALLOWANCE: Final = CheckKind(
    "prisoner has an allowance",
    "choice",
    "no visiting order is left for the day",
    Reason.NO_ALLOWANCE,
    ChoiceResult.PRISONER_UNAVAILABLE,
)
PRISONER_FREE: Final = CheckKind(
    "prisoner is not banned",
    "choice",
    "the prisoner may not have visits that day",
    Reason.PRISONER_BANNED,
    ChoiceResult.PRISONER_UNAVAILABLE,
)
OPEN_VISIT: Final = CheckKind(
    "visit need not be closed",
    "choice",
    "a closed-visits restriction covers the day",
    Reason.CLOSED_VISIT,
    ChoiceResult.REFUSED,
)
NO_OVERLAP: Final = CheckKind(
    "prisoner has no other visit then",
    "choice",
    "another visit of the prisoner overlaps it, or ends or begins just as it begins or ends",
    Reason.SLOT_UNAVAILABLE,
    ChoiceResult.OVERLAPS,
)
ROOM: Final = CheckKind(
    "offered, with room",
    "choice",
    "the prison system does not offer it, or has no room left for this party and the prisoner",
    Reason.SLOT_UNAVAILABLE,
    ChoiceResult.FULL,
)

CHECKLIST: Final = (
    REAL_TIME,
    IN_USE,
    PARTY,
    FOUND,
    HERE,
    ON_LIST,
    RESTRICTIONS,
    BOOKABLE,
    VISITORS_FREE,
    PRISONER_IN,
    ALLOWANCE,
    PRISONER_FREE,
    OPEN_VISIT,
    NO_OVERLAP,
    ROOM,
)
