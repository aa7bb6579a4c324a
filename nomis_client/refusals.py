"""The prison system's refusal texts, exactly as both transports spell them, and what we call them."""

from __future__ import annotations

import re

from nomis_client.types import CancelAnswer, RefusalText

_BOOKING = {
    "Offender has an active ban or restriction": RefusalText.OFFENDER_BANNED,
    "Lead visitor is not an approved contact": RefusalText.LEAD_NOT_APPROVED,
    "Lead visitor has an active ban or restriction": RefusalText.LEAD_BANNED,
    "Lead visitor is not a adult": RefusalText.LEAD_NOT_ADULT,
    "Visit slot is at or over capacity": RefusalText.AT_CAPACITY,
    "Overlapping visit": RefusalText.OVERLAPPING,
    "Visit Slot does not exist": RefusalText.NO_SUCH_SLOT,
    "No VO balance": RefusalText.NO_VO,
    "No PVO balance": RefusalText.NO_PVO,
    "Offender has no VO or PVO balance": RefusalText.NO_VO_OR_PVO,
    "Offender requires closed visits": RefusalText.CLOSED_VISITS,
    "Offender Not Found": RefusalText.OFFENDER_NOT_FOUND,
    "Offender is out or in transit": RefusalText.IN_TRANSIT,
    "Resource is locked": RefusalText.LOCKED,
    "Duplicate post": RefusalText.DUPLICATE_POST,
}
_VISITOR = re.compile(r"Visitor \d+ (is not an approved contact|has an active ban or restriction)", re.ASCII)
_CANCEL = {
    "Visit not found": CancelAnswer.NOT_FOUND,
    "Visit already cancelled": CancelAnswer.ALREADY_CANCELLED,
    "Visit completed": CancelAnswer.COMPLETED,
    "Invalid cancellation code": CancelAnswer.INVALID_CODE,
    "Resource is locked": CancelAnswer.LOCKED,
    "Offender is out or in transit": CancelAnswer.IN_TRANSIT,
}


def booking_refusal(text: str) -> RefusalText:
    """What a text means; `UNKNOWN` unless it is exactly one of the contract's."""
    known = _BOOKING.get(text)
    if known is not None:
        return known
    visitor = _VISITOR.fullmatch(text)
    if visitor is None:
        return RefusalText.UNKNOWN
    return RefusalText.VISITOR_NOT_APPROVED if visitor[1].startswith("is") else RefusalText.VISITOR_BANNED


def cancel_answer(text: str) -> CancelAnswer:
    """What a text means; `UNKNOWN` unless it is exactly one of the contract's."""
    return _CANCEL.get(text, CancelAnswer.UNKNOWN)
