"""Why a visit is refused, handed to staff or cancelled: closed lists, and what of them a visitor gets to see."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why a visit can't be. All but `CLOSED_VISIT` may be given as the reason of a rejection."""

    CHILD_PROTECTION_ISSUES = "child_protection_issues"
    NO_ADULT = "no_adult"
    NO_ALLOWANCE = "no_allowance"
    PRISONER_DETAILS_INCORRECT = "prisoner_details_incorrect"
    PRISONER_MOVED = "prisoner_moved"
    PRISONER_NON_ASSOCIATION = "prisoner_non_association"
    PRISONER_RELEASED = "prisoner_released"
    SLOT_UNAVAILABLE = "slot_unavailable"
    VISITOR_BANNED = "visitor_banned"
    VISITOR_NOT_ON_LIST = "visitor_not_on_list"
    DUPLICATE_VISIT_REQUEST = "duplicate_visit_request"
    PRISONER_OUT_OF_PRISON = "prisoner_out_of_prison"
    OTHER = "other"
    VISITOR_OTHER_REASON = "visitor_other_reason"
    PRISONER_BANNED = "prisoner_banned"
    CLOSED_VISIT = "closed_visit"  # behind glass: arranged by a person, never booked nor rejected by us


class StaffWhy(StrEnum):
    """Why a request goes to staff where no `Reason` says it."""

    NOT_REAL_TIME = "not_real_time"  # this prison answers all requests itself
    PRISON_NOT_IN_USE = "prison_not_in_use"  # disabled or closed since the request was made
    NOT_UNDERSTOOD = "not_understood"  # the prison system's reply made no sense
    BAD_REQUEST = "bad_request"  # the prison system found our question wrong
    IN_TRANSIT = "in_transit"  # the prisoner is between two prisons
    NEAR_MATCH = "near_match"  # a visitor is almost, not quite, on the contact list
    TIE = "tie"  # a visitor could be more than one contact, or two visitors are one
    PARTY_NOT_ALLOWED = "party_not_allowed"  # ages or numbers that fitted when it was asked for don't any more
    REFUSED = "refused"  # the prison system refused the booking
    WAITED_TOO_LONG = "waited_too_long"  # the prison system couldn't be asked in time
    IN_DOUBT = "in_doubt"  # a booking was sent and may or may not be there
    NEW_OVERLAP = "new_overlap"  # another visit at that time appeared while the visitor was waiting
    STUCK = "stuck"  # the work on it failed again and again


class CancellationReason(StrEnum):
    """Why a booked visit was cancelled; all but the first are staff's."""

    VISITOR_CANCELLED = "visitor_cancelled"
    PRISONER_VOS = "prisoner_vos"
    PRISONER_RELEASED = "prisoner_released"
    CHILD_PROTECTION_ISSUES = "child_protection_issues"
    SLOT_UNAVAILABLE = "slot_unavailable"
    VISITOR_BANNED = "visitor_banned"
    PRISONER_MOVED = "prisoner_moved"
    PRISONER_NON_ASSOCIATION = "prisoner_non_association"
    PRISONER_CANCELLED = "prisoner_cancelled"
    BOOKED_IN_ERROR = "booked_in_error"
    CAPACITY_ISSUES = "capacity_issues"


REJECTION_REASONS: Final = tuple(reason for reason in Reason if reason is not Reason.CLOSED_VISIT)
"""The closed list of what a request may be rejected for."""

STAFF_CANCELLATION_REASONS: Final = tuple(
    reason for reason in CancellationReason if reason is not CancellationReason.VISITOR_CANCELLED
)

NEUTRAL: Final = "visit_not_possible"
"""What the visitor reads instead of a reason that would tell something about the prisoner."""

NEUTRAL_REASONS: Final = frozenset(
    {
        Reason.PRISONER_NON_ASSOCIATION,
        Reason.CHILD_PROTECTION_ISSUES,
        Reason.PRISONER_OUT_OF_PRISON,
        Reason.PRISONER_BANNED,
        Reason.CLOSED_VISIT,
    }
)

INTERNAL_REASONS: Final = frozenset({Reason.OTHER, Reason.VISITOR_OTHER_REASON})
"""Left out towards the visitor; what there is to say, staff say in a message."""


def for_visitor(reasons: Iterable[Reason]) -> tuple[str, ...]:
    """The codes the visitor may see, each once, in the order given: neutral ones as `NEUTRAL`, internal ones not."""
    shown = (
        NEUTRAL if reason in NEUTRAL_REASONS else reason.value for reason in reasons if reason not in INTERNAL_REASONS
    )
    return tuple(dict.fromkeys(shown))


def another_date_may_help(shown: Iterable[str]) -> bool:
    """Whether somebody who was refused for these codes (as `for_visitor` gives them) might be let in on another date.

    Where any of them would stand in the way on every date, it would mislead to name some.
    """
    return all(code in _OF_THE_DATE for code in shown)


_OF_THE_DATE: Final = frozenset({Reason.SLOT_UNAVAILABLE, Reason.NO_ALLOWANCE, NEUTRAL})
