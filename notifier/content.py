"""What a message is made from. Plain values: slots are strings of the contract, codes are strings, instants are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Language = Literal["en", "cy"]


@dataclass(frozen=True, slots=True)
class VisitorFacts:
    """`age` is in whole years on the day of the request; `note` is what the contact list says, as staff read it."""

    first_name: str
    last_name: str
    date_of_birth: date
    age: int
    note: str = ""
    allowed: bool = True


@dataclass(frozen=True, slots=True)
class ChoiceFacts:
    """One slot asked for (`YYYY-MM-DDTHH:MM/HH:MM`, London) and what we know of it, as staff read it."""

    slot: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """One check of the decision, named in words: `pass`, `fail` or `unknown`, on what basis, as staff read it, and when
    (aware)."""

    name: str
    result: str
    basis: str
    at: datetime
    subject: str = ""  # e.g. "visitor 2", "choice 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFacts:
    """Everything a message about a visit may say. Links and optional facts left empty are left out of the message."""

    visit_id: str
    human_id: str
    language: Language
    prison_name: str
    """In `language`; messages to staff are in English, whatever the language of the request."""
    prison_address: str = ""
    prison_postcode: str = ""
    prison_phone: str = ""
    prison_mailbox: str = ""
    prisoner_first_name: str
    prisoner_last_name: str
    prisoner_date_of_birth: date
    prisoner_number: str
    visitors: tuple[VisitorFacts, ...]
    """The lead visitor first, all of them, in the order of the request."""
    choices: tuple[ChoiceFacts, ...]
    confirm_by: date
    email: str
    phone: str
    at: datetime
    """When the message is written (UTC); its Date header and calendar stamp."""

    slot_granted: str | None = None
    reasons: tuple[str, ...] = ()
    """Why it was rejected: for the visitor, already the neutral ones."""
    cancellation_reasons: tuple[str, ...] = ()
    allowance_renews_on: date | None = None
    staff_message: str = ""
    checks: tuple[CheckFacts, ...] = ()
    why: str = ""
    """One code, or several with commas: why it comes to staff; for `staff_cancelled`, why we couldn't take it out."""
    references: tuple[str, ...] = ()
    """Those to look for in NOMIS, the one in doubt first."""
    may_be_booked: bool = False
    visit_link: str = ""
    staff_link: str = ""
    queue_link: str = ""
    other_slots: tuple[str, ...] = ()
    """Slots still bookable, offered to a visitor whose request was rejected."""
    calendar_sequence: int = 0
    drift: str = ""
    """Code: what no longer agrees with the prison system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackFacts:
    """Feedback about the service, as it came; all but `body` may be empty."""

    feedback_id: str
    """Ours, a UUID: makes the message id."""
    body: str
    prisoner_number: str = ""
    prisoner_date_of_birth: str = ""
    prison_name: str = ""
    email_address: str = ""
    referrer: str = ""
    user_agent: str = ""
    at: datetime
