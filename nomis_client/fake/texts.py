"""The prison system's own sentences, letter by letter (its grammar included)."""

from __future__ import annotations

OFFENDER_NOT_FOUND = "Offender Not Found"
IN_TRANSIT = "Offender is out or in transit"
LOCKED = "Resource is locked"
DUPLICATE = "Duplicate post"
CLOSED = "Offender requires closed visits"
NO_SLOT = "Visit Slot does not exist"
OFFENDER_BANNED = "Offender has an active ban or restriction"
LEAD_NOT_APPROVED = "Lead visitor is not an approved contact"
LEAD_BANNED = "Lead visitor has an active ban or restriction"
LEAD_NOT_ADULT = "Lead visitor is not a adult"
AT_CAPACITY = "Visit slot is at or over capacity"
OVERLAPPING = "Overlapping visit"
NO_VO = "No VO balance"
NO_PVO = "No PVO balance"
NO_VO_OR_PVO = "Offender has no VO or PVO balance"
VISIT_NOT_FOUND = "Visit not found"
ALREADY_CANCELLED = "Visit already cancelled"
COMPLETED = "Visit completed"
INVALID_CODE = "Invalid cancellation code"


def visitor_not_approved(contact: int) -> str:
    return f"Visitor {contact} is not an approved contact"


def visitor_banned(contact: int) -> str:
    return f"Visitor {contact} has an active ban or restriction"
