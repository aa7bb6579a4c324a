"""What a decision can be, and the policy that turns a refusal into a rejection or a person's decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, Self, TypeAlias

from booking_rules.facts import Why
from booking_rules.reasons import REJECTION_REASONS, Reason, StaffWhy
from booking_rules.slots import Slot
from booking_rules.trace import ChoiceResult, Trace

Treatment: TypeAlias = Literal["reject", "staff"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What becomes of a request that can't be booked: `reject` it, or let `staff` decide. Staff, where nothing is said
    and for what isn't a rejection reason (`closed_visit`)."""

    on: Mapping[Reason, Treatment]

    def rejects(self, cause: Reason | StaffWhy) -> bool:
        return isinstance(cause, Reason) and cause in REJECTION_REASONS and self.on.get(cause) == "reject"

    def overlaid(self, on: Mapping[Reason, Treatment]) -> Self:
        """This policy with the entries of `on` in place of its own."""
        return type(self)(MappingProxyType({**self.on, **on}))


DEFAULT_POLICY: Final = Policy(
    MappingProxyType(
        {
            Reason.SLOT_UNAVAILABLE: "reject",
            Reason.NO_ALLOWANCE: "reject",
            Reason.PRISONER_DETAILS_INCORRECT: "reject",
        }
    )
)


@dataclass(frozen=True, slots=True)
class Book:
    """Try to book `choice` (its index). `slot` is the normal time, `raw` the one to send; `lead` and `others` are
    contact ids in the visitors' order; `adults` of them are adults today (the prisoner not counted)."""

    choice: int
    slot: Slot
    raw: Slot
    lead: int
    others: tuple[int, ...]
    adults: int


@dataclass(frozen=True, slots=True)
class ToStaff:
    """A person decides, because of all of `reasons`: first what couldn't be found out, then what failed."""

    reasons: tuple[Reason | StaffWhy, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Judge again, with everything fetched afresh, when the prison system can be asked."""

    why: Why


@dataclass(frozen=True, slots=True)
class Reject:
    """Answer no. One for `prisoner_details_incorrect` stands only after a second look-up: reads can be stale."""

    reasons: tuple[Reason, ...]


Verdict: TypeAlias = Book | ToStaff | Wait | Reject


@dataclass(frozen=True, slots=True)
class Settled:
    """What an earlier booking answer settled about `choice` (its index): it isn't tried again.

    Raises `ValueError` for a result that settles nothing.
    """

    choice: int
    result: ChoiceResult
    reason: Reason | None = None

    def __post_init__(self) -> None:
        if self.result in {ChoiceResult.BOOKED, ChoiceResult.UNKNOWN, ChoiceResult.NOT_TRIED}:
            raise ValueError(f"{self.result} settles nothing")


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, why, and how far each choice has come.

    With `Book`, the choice to be booked is still `unknown` in `outcome_choices`: whoever books it knows better.
    """

    verdict: Verdict
    trace: Trace
    outcome_choices: tuple[ChoiceResult, ...]
