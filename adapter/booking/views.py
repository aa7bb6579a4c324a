"""What goes into and comes out of the booking facade: plain values, no JSON, no rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from booking_rules.prisons import Prison
    from booking_rules.request import VisitRequest
    from booking_rules.slots import Slot

Language = Literal["en", "cy"]
ProcessingState = Literal["requested", "booked", "rejected", "cancelled", "withdrawn"]
DecisionWord = Literal["booked", "rejected", "with_staff", "in_progress"]
ChoiceWord = Literal[
    "booked", "full", "not_offered", "prisoner_unavailable", "overlaps", "refused", "unknown", "not_tried"
]


class StoreUnavailable(Exception):
    """Nothing can be stored or read just now. It does not promise that nothing was stored."""

    def __init__(self, retry_after: int = 5) -> None:
        super().__init__("the store can't be reached")
        self.retry_after = retry_after  # seconds after which asking again makes sense


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """What makes a request "the same again": keyed hex digests, scoped per credential, never the values themselves.

    `key`: the Idempotency-Key (then the other two are None); `rid`: the X-Request-Id together with the body;
    `same`: the request after normalising; `body`: the canonical JSON, to compare under an equal `key`.
    """

    key: str | None
    rid: str | None
    same: str | None
    body: str


@dataclass(frozen=True, slots=True)
class SameKeyOtherBody:
    """The Idempotency-Key was used before, with another body."""


@dataclass(frozen=True, slots=True)
class TooMany:
    """A new request that would exceed a cap: nothing of it is stored. Which cap it is stays with us, for it would tell
    what others have asked for; for the same reason `retry_after` (seconds) depends on nothing."""

    retry_after: int = 3600


@dataclass(frozen=True, slots=True)
class RequestVisit:
    """A checked request for a visit. `deadline` is on the event loop's clock."""

    prison: Prison
    request: VisitRequest
    language: Language
    channel: str
    fingerprints: Fingerprints
    request_id: str
    deadline: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request was decided, as the visitor may know it. `choices` are (slot, result), in order."""

    decision: DecisionWord
    reasons: tuple[str, ...]
    choices: tuple[tuple[str, ChoiceWord], ...]
    mode: Literal["real_time", "mailbox"]
    answer_by: date


@dataclass(frozen=True, slots=True)
class VisitView:
    """A visit as the frontend may see it: the contract's keys, and the outcome beside them.

    Slots are strings of the contract; date-times are aware. `visitors` are (anonymized name, allowed), in the order
    sent; `messages` is what staff wrote to the visitor, oldest first.
    """

    id: str
    human_id: str
    prison_id: str
    processing_state: ProcessingState
    confirm_by: date
    contact_email_address: str
    slots: tuple[str, ...]
    slot_granted: str | None
    cancellation_reasons: tuple[str, ...] | None
    cancelled_at: datetime | None
    can_cancel: bool
    can_withdraw: bool
    created_at: datetime
    updated_at: datetime
    visitors: tuple[tuple[str, bool], ...]
    messages: tuple[str, ...]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Offer:
    """Slots, chronological, each with why it can't be booked (empty: bookable). `stranger`: the prison system was asked
    and knows no such prisoner, which the slots don't show."""

    slots: Mapping[Slot, tuple[str, ...]]
    stranger: bool = False


@dataclass(frozen=True, slots=True)
class Mode:
    """Whether an answer comes at once; `since` is aware."""

    mode: Literal["real_time", "degraded", "mailbox"]
    answer_by: date
    since: datetime


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a visitor wrote about the site. Only `body` is never empty."""

    body: str
    prisoner_number: str = ""
    prisoner_date_of_birth: str = ""
    prison_id: str = ""
    email_address: str = ""
    referrer: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """`up`: requests can be taken. A prison system that is down, or a dead letter, shows in a component only.

    A component's facts are JSON-able and hold no personal data; its `status` is "UP" or "DOWN".
    """

    up: bool
    components: Mapping[str, Mapping[str, object]]
