"""What a decision was based on: kept with the visit, shown to staff. The frontend gets only the choices' results."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, NamedTuple, Self, TypeAlias

from booking_rules.facts import Why
from booking_rules.reasons import Reason
from booking_rules.slots import Slot


class ChoiceResult(StrEnum):
    """What became of one choice, in the contract's words."""

    BOOKED = "booked"
    FULL = "full"
    NOT_OFFERED = "not_offered"
    PRISONER_UNAVAILABLE = "prisoner_unavailable"  # movement, allowance or ban: never which
    OVERLAPS = "overlaps"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NOT_TRIED = "not_tried"


CheckResult: TypeAlias = Literal["pass", "fail", "unknown"]


class Check(NamedTuple):
    """One question about the request and its answer.

    `reason` says why it failed, where the closed list has a word for it. `subject` is whom or what it is about
    (`visitor 2`, `choice 1`, `choice 1, visitor 2`, or empty for the whole request). `basis` is a sentence for staff;
    it may hold personal data, so it goes to the database and to staff and nowhere else.
    """

    name: str
    result: CheckResult
    reason: Reason | None = None
    subject: str = ""
    basis: str = ""


class ChoiceFinding(NamedTuple):
    """What is known of one choice: `reason` where it can't be had, `why` where we couldn't find out."""

    slot: Slot
    result: ChoiceResult
    reason: Reason | None = None
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """Every check made, and every choice with its result. `at` is naive London time."""

    checks: tuple[Check, ...]
    choices: tuple[ChoiceFinding, ...]
    at: datetime

    def to_json(self) -> str:
        """As text for the database; `from_json` is the inverse."""
        checks = [[c.name, c.result, c.reason, c.subject, c.basis] for c in self.checks]
        choices = [[str(c.slot), c.result, c.reason, c.why] for c in self.choices]
        return json.dumps({"at": self.at.isoformat(), "checks": checks, "choices": choices}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The trace that `to_json` wrote. Raises `ValueError` or `KeyError` for anything else: a damaged row."""
        stored = json.loads(text)
        return cls(
            tuple(_check(*row) for row in stored["checks"]),
            tuple(_finding(*row) for row in stored["choices"]),
            datetime.fromisoformat(stored["at"]),
        )


def _check(name: str, result: CheckResult, reason: str | None, subject: str, basis: str) -> Check:
    return Check(name, result, _reason(reason), subject, basis)


def _finding(slot: str, result: str, reason: str | None, why: str | None) -> ChoiceFinding:
    return ChoiceFinding(Slot.parse(slot), ChoiceResult(result), _reason(reason), None if why is None else Why(why))


def _reason(reason: str | None) -> Reason | None:
    return None if reason is None else Reason(reason)
