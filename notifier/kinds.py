"""The messages there are, and who they are for."""

from __future__ import annotations

from enum import StrEnum


class Audience(StrEnum):
    VISITOR = "visitor"
    MAILBOX = "mailbox"
    FEEDBACK = "feedback"


class MessageKind(StrEnum):
    """One per row and reader of the table of messages; the value is the `X-Message-Kind` header."""

    VISITOR_BOOKED = "visitor_booked"
    VISITOR_REQUESTED = "visitor_requested"
    VISITOR_REJECTED = "visitor_rejected"
    VISITOR_MESSAGE = "visitor_message"
    VISITOR_WITHDRAWN = "visitor_withdrawn"
    VISITOR_CANCELLED = "visitor_cancelled"
    STAFF_REQUEST = "staff_request"
    STAFF_SETTLED = "staff_settled"
    STAFF_BOOKED_COPY = "staff_booked_copy"
    STAFF_WITHDRAWN = "staff_withdrawn"
    STAFF_CANCELLED = "staff_cancelled"
    STAFF_DRIFT = "staff_drift"
    FEEDBACK = "feedback"

    @property
    def audience(self) -> Audience:
        if self is MessageKind.FEEDBACK:
            return Audience.FEEDBACK
        return Audience.VISITOR if self.value.startswith("visitor_") else Audience.MAILBOX
