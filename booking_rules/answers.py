"""What a refused booking means for the request. Whether the refusal counts at all is the saga's to judge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from booking_rules.reasons import Reason


class Answer(StrEnum):
    """What to do next, the most careful first."""

    LOOK_UP = "look_up"  # that reference was used before: find out what it booked
    STAFF = "staff"
    LOCKED = "locked"  # nothing written; again within the budget, then wait
    NO_ALLOWANCE = "no_allowance"  # next choice
    NEXT_FULL = "next_full"
    NEXT_NOT_OFFERED = "next_not_offered"
    NEXT_OVERLAPS = "next_overlaps"


@dataclass(frozen=True, slots=True)
class Weighed:
    """What several texts of one reply come to.

    `reason` belongs to the text that decided. `known` is False if any text was not of the contract (or there was
    none): such a reply is no refusal that counts. `overlapping` is True if the prison system spoke of an overlap, be it
    beside something weightier: one that the facts did not foretell may be our own booking.
    """

    answer: Answer
    reason: Reason | None
    known: bool
    overlapping: bool = False


MEANING: Final = MappingProxyType(
    {
        "duplicate_post": (Answer.LOOK_UP, None),
        "offender_banned": (Answer.STAFF, Reason.PRISONER_BANNED),
        "lead_not_approved": (Answer.STAFF, Reason.VISITOR_NOT_ON_LIST),
        "visitor_not_approved": (Answer.STAFF, Reason.VISITOR_NOT_ON_LIST),
        "lead_banned": (Answer.STAFF, Reason.VISITOR_BANNED),
        "visitor_banned": (Answer.STAFF, Reason.VISITOR_BANNED),
        "lead_not_adult": (Answer.STAFF, Reason.NO_ADULT),
        "closed_visits": (Answer.STAFF, Reason.CLOSED_VISIT),
        "offender_not_found": (Answer.STAFF, None),
        "in_transit": (Answer.STAFF, None),
        "locked": (Answer.LOCKED, None),
        "no_vo": (Answer.NO_ALLOWANCE, Reason.NO_ALLOWANCE),
        "no_pvo": (Answer.NO_ALLOWANCE, Reason.NO_ALLOWANCE),
        "no_vo_or_pvo": (Answer.NO_ALLOWANCE, Reason.NO_ALLOWANCE),
        "at_capacity": (Answer.NEXT_FULL, Reason.SLOT_UNAVAILABLE),
        "no_such_slot": (Answer.NEXT_NOT_OFFERED, Reason.SLOT_UNAVAILABLE),
        "overlapping": (Answer.NEXT_OVERLAPS, Reason.SLOT_UNAVAILABLE),
    }
)
"""Every known text of a refusal, by its code."""

_UNKNOWN_TEXT: Final = (Answer.STAFF, None)
_CARE: Final = tuple(Answer)


def weigh(texts: Iterable[str]) -> Weighed:
    """The most careful reading of `texts`, the codes of a refusal's texts: duplicate, then a text that we don't know,
    then staff's, locked, no allowance, next choice. Of equally careful ones the first decides."""
    codes = tuple(texts)
    known = bool(codes) and all(code in MEANING for code in codes)
    meanings = [MEANING[code] for code in codes if code in MEANING]
    if not known:
        meanings.insert(0, _UNKNOWN_TEXT)
    answer, reason = min(meanings, key=lambda meaning: _CARE.index(meaning[0]))
    return Weighed(answer, reason, known, "overlapping" in codes)
