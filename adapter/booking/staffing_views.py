"""What goes to and comes from the staff pages: plain values. Only `OpenRequest`, `PrisonAnswer` are personal data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff as they named themselves; `session` tells two of one name apart."""

    name: str
    session: str


@dataclass(frozen=True, slots=True)
class Order:
    """What every action carries: which visit, as of which version, and who asks for it."""

    visit_id: str
    version: int
    by: Member


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedByHand:
    """Staff booked it in the prison system themselves. `not_allowed`: numbers of visitors, from 2, who may not come.

    `looked`: what the references showed, as the form had it (`NotDone.looked`); empty the first time.
    """

    slot: str
    nomis_visit_id: int | None = None
    visit_order: str = ""
    message: str = ""
    not_allowed: tuple[int, ...] = ()
    looked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """`reasons` are codes of `REJECTION_REASONS`, at least one; `looked` as for `BookedByHand`."""

    reasons: tuple[str, ...]
    allowance_renews_on: date | None = None
    message: str = ""
    looked: str = ""


Seen: TypeAlias = Literal["found", "nothing", "cancelled", "candidate", "unclear", "away"]


@dataclass(frozen=True, slots=True)
class ReferenceLook:
    """What the prison system shows about one of our references that may be there."""

    reference: str
    slot: str
    seen: Seen
    nomis_visit_id: int | None = None


class Why(StrEnum):
    """Why an action was not carried out."""

    CHANGED = "changed"  # somebody was faster, or the visitor withdrew it
    TAKEN = "taken"  # a colleague is working on it
    NOT_STARTED = "not_started"
    IN_DOUBT = "in_doubt"  # an earlier booking of ours may be there
    LOOK_FIRST = "look_first"  # references were looked up: see what they show, then send it again
    RULES = "rules"  # the rules, or the prison system, say no
    AWAY = "away"  # the prison system can't be asked now
    BUSY = "busy"  # another request of this prisoner, or for this slot, comes first
    NO_SUCH_SLOT = "no_such_slot"
    NO_SUCH_VISIT = "no_such_visit"  # the prisoner has no visit of that number at that slot
    OTHERS_VISIT = "others_visit"  # that number belongs to another request
    BEGUN = "begun"  # the visit has begun


@dataclass(frozen=True, slots=True)
class NotDone:
    """Nothing was changed. `by`: the colleague; `reasons`: codes; `looks` and `looked`: what the references show."""

    why: Why
    by: str = ""
    reasons: tuple[str, ...] = ()
    looks: tuple[ReferenceLook, ...] = ()
    looked: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """It is stored."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """It was sent to the prison system, which has not answered in time. What becomes of it will show on the page."""


Result: TypeAlias = Done | UnderWay | NotDone


@dataclass(frozen=True, slots=True)
class Claim:
    """Who works on it. Date-times are aware."""

    name: str
    session: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check: `result` is pass, fail or unknown; `basis` is for staff and may hold personal data."""

    name: str
    subject: str
    result: str
    basis: str


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A visitor; `note` is what the contact list says."""

    name: str
    date_of_birth: date
    age: int
    note: str


@dataclass(frozen=True, slots=True)
class ChoiceLine:
    """A slot asked for, and what is not in order with it."""

    slot: str
    note: str


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing that happened. `event` is a code, `who` is machine, visitor, or the name of a member of staff."""

    at: datetime
    event: str
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRequest:
    """Everything that answering takes; only while the request is with staff."""

    prisoner_name: str
    prisoner_number: str
    prisoner_born: date
    visitors: tuple[PersonLine, ...]
    choices: tuple[ChoiceLine, ...]
    email: str
    phone: str
    why: str
    checks: tuple[CheckLine, ...]
    checked_at: datetime | None
    messages: tuple[str, ...]
    bookable: tuple[str, ...]
    """Slots that we may book: on the timetable, within the bookable dates."""
    timetable: tuple[str, ...]
    """Slots at which staff may have booked: from today to the end of the booking window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRequest:
    """One request as its page shows it. `open` is None unless it is with staff: then nothing here is personal data.

    `state`: `with_staff`, `under_way` (we work on it), or the public state. `doubtful`: references of bookings that
    may be in the prison system, with their slots. `answered_by` is "" where nobody of staff answered.
    """

    id: str
    human_id: str
    prison_id: str
    prison_name: str
    mailbox: str
    version: int
    state: str
    arrived_at: datetime
    confirm_by: date
    overdue: bool
    open: OpenRequest | None
    claim: Claim | None
    doubtful: tuple[tuple[str, str], ...]
    slot_granted: str | None
    nomis_visit_id: int | None
    choices: tuple[str, ...]
    answered_at: datetime | None
    answered_by: str
    reasons: tuple[str, ...]
    leaving: bool
    can_cancel: bool
    can_take_out: bool
    history: tuple[HistoryLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrisonAnswer:
    """What the prison system says now. `existing`: (slot, its visit id) of the prisoner's visits on those days.

    `notes`: what the checks say of `visitor 1`, `choice 2` and so on.
    """

    at: datetime
    checks: tuple[CheckLine, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    existing: tuple[tuple[str, int], ...] = ()
    looks: tuple[ReferenceLook, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLine:
    """One visit in a prison's queue; no names. `mailbox`: the one that its request was sent to."""

    id: str
    human_id: str
    arrived_at: datetime
    confirm_by: date
    overdue: bool
    in_doubt: bool
    claimed_by: str
    prison_id: str
    mailbox: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that can't be delivered: which, to whom (visitor or mailbox), about which visit, and since when."""

    id: str
    human_id: str
    kind: str
    audience: str
    at: datetime
    prison_id: str
    mailbox: str


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for one prison's staff, oldest first. `mailbox` is the prison's as configured now."""

    prison_name: str
    mailbox: str
    waiting: tuple[QueueLine, ...]
    dead_letters: tuple[DeadLetter, ...]
