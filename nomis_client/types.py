"""What the prison system tells us and what we ask of it, in our own words.

Source: the prison system's REST and SOAP contracts. Every transport returns exactly these values; the spelling of a
transport never leaves its package. Slots are strings of the contract, `YYYY-MM-DDTHH:MM/HH:MM`, London wall time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class SlotTime:
    """A session's time: as the prison system spells it, and as people know it.

    `raw` goes back in a booking and decides overlaps; `normal` (a minute put right) is shown and compared.
    """

    raw: str
    normal: str


@dataclass(frozen=True, slots=True)
class CodeDesc:
    code: str
    desc: str = ""


@dataclass(frozen=True, slots=True)
class Location:
    """Where the prisoner is held now. `prison` is the three-letter code, upper case."""

    prison: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Restriction:
    """A restriction of a contact or a prisoner, in force from `effective` to `expiry` inclusive (None: no end)."""

    type: str
    effective: date
    expiry: date | None = None


# Contacts and slots come by the dozen; as frozen dataclasses they would take five times as long to make.


class Contact(NamedTuple):
    """One line of a prisoner's contact list. The same `id` may come twice, with different relationships."""

    id: int
    given_name: str
    middle_names: str
    surname: str
    date_of_birth: date | None
    contact_type: str
    relationship: str
    approved: bool
    active: bool
    restrictions: tuple[Restriction, ...] = ()


@dataclass(frozen=True, slots=True)
class ExistingVisit:
    id: int
    slot: SlotTime


@dataclass(frozen=True, slots=True)
class DayAvailability:
    """What stands against a visit of this prisoner on one day."""

    external_movement: bool
    out_of_vo: bool
    banned: bool
    existing_visits: tuple[ExistingVisit, ...] = ()


class VisitSlot(NamedTuple):
    """One session offered by a prison; full ones are not listed. Counts include the prisoners."""

    time: SlotTime
    capacity: int
    max_groups: int
    max_adults: int
    groups_booked: int
    visitors_booked: int
    adults_booked: int


@dataclass(frozen=True, slots=True)
class FoundVisitor:
    id: int
    lead: bool


@dataclass(frozen=True, slots=True)
class FoundVisit:
    """A visit found under our reference. `status` is `SCH` (scheduled), `CANC` (cancelled) or something newer."""

    visit_id: int
    reference: str
    slot: SlotTime
    status: str
    visitors: tuple[FoundVisitor, ...] = ()


@dataclass(frozen=True, slots=True)
class BookingOrder:
    """The whole of one booking request. The same value always becomes the same body on the wire.

    `slot` is the raw time. `reference` is at most 64 of `[A-Za-z0-9-_]`; `comment` at most 197 characters.
    No override can be expressed: we never set one.
    """

    offender_id: int
    prison: str
    lead_contact: int
    other_contacts: tuple[int, ...]
    slot: str
    reference: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class VisitOrder:
    number: int
    type: str


@dataclass(frozen=True, slots=True)
class Booked:
    """The prison system answered 200 with an integer visit id."""

    visit_id: int
    visit_order: VisitOrder | None = None


class RefusalText(StrEnum):
    """The texts of a refused booking (contract, "Book"), one code each; `UNKNOWN` for any other."""

    OFFENDER_BANNED = "offender_banned"
    LEAD_NOT_APPROVED = "lead_not_approved"
    LEAD_BANNED = "lead_banned"
    LEAD_NOT_ADULT = "lead_not_adult"
    VISITOR_NOT_APPROVED = "visitor_not_approved"
    VISITOR_BANNED = "visitor_banned"
    AT_CAPACITY = "at_capacity"
    OVERLAPPING = "overlapping"
    NO_SUCH_SLOT = "no_such_slot"
    NO_VO = "no_vo"
    NO_PVO = "no_pvo"
    NO_VO_OR_PVO = "no_vo_or_pvo"
    CLOSED_VISITS = "closed_visits"
    OFFENDER_NOT_FOUND = "offender_not_found"
    IN_TRANSIT = "in_transit"
    LOCKED = "locked"
    DUPLICATE_POST = "duplicate_post"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class BookingRefused:
    """A reply of the contract's shape that says no. Whether it proves anything is the caller's judgement."""

    texts: tuple[RefusalText, ...]


class CancellationCode(StrEnum):
    VISITOR = "VISCANC"
    PRISONER = "OFFCANC"
    NO_VO = "NO_VO"
    ADMIN = "ADMIN"
    PRISON = "HMP"


class CancelAnswer(StrEnum):
    """How the prison system answered a cancellation. The first two mean: it is not scheduled any more."""

    CANCELLED = "cancelled"
    ALREADY_CANCELLED = "already_cancelled"
    NOT_FOUND = "not_found"
    COMPLETED = "completed"
    INVALID_CODE = "invalid_code"
    LOCKED = "locked"
    IN_TRANSIT = "in_transit"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Version:
    api_version: str
    build: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """What every call carries besides its arguments.

    `prison` chooses the circuit breaker; `deadline` is on the event loop's clock (`loop.time()`), and bounds the whole
    call: DNS, connect, TLS, waiting for a place, the body, all retries. `request_id` is passed through. `probe` marks
    the worker's read that may go through an open breaker. `once` is for a read that isn't worth a second try.
    """

    prison: str
    deadline: float
    request_id: str = ""
    probe: bool = False
    once: bool = False
