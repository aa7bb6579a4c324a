"""What the prison system says back, in no transport's spelling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from nomis_client.fake.entities import Contact, Order, Restriction, Session, Visit


@dataclass(frozen=True, slots=True)
class OffenderFound:
    offender_id: int | None


@dataclass(frozen=True, slots=True)
class Whereabouts:
    code: str
    desc: str
    housing: str


@dataclass(frozen=True, slots=True)
class ContactList:
    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class Dates:
    dates: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Day:
    external_movement: bool
    out_of_vo: bool
    banned: bool
    existing_visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class Days:
    days: Mapping[date, Day]


@dataclass(frozen=True, slots=True)
class Restrictions:
    restrictions: tuple[Restriction, ...]


@dataclass(frozen=True, slots=True)
class Offered:
    session: Session
    groups_booked: int
    visitors_booked: int
    adults_booked: int


@dataclass(frozen=True, slots=True)
class Slots:
    slots: tuple[Offered, ...]
    prison_known: bool = True


@dataclass(frozen=True, slots=True)
class FoundVisits:
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class Booking:
    visit_id: int
    order: Order | None


@dataclass(frozen=True, slots=True)
class Cancelled:
    message: str = "Visit Cancelled"


@dataclass(frozen=True, slots=True)
class VersionIs:
    api_version: str
    build: str


@dataclass(frozen=True, slots=True)
class Healthy:
    status: str = "UP"


class No(StrEnum):
    """Why not. Nothing was written."""

    BAD_REQUEST = "bad_request"
    NO_OFFENDER = "no_offender"
    IN_TRANSIT = "in_transit"
    LOCKED = "locked"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    CLOSED = "closed"
    VISIT_NOT_FOUND = "visit_not_found"
    ALREADY_CANCELLED = "already_cancelled"
    COMPLETED = "completed"
    INVALID_CODE = "invalid_code"
    CANNOT_ASK = "cannot_ask"


@dataclass(frozen=True, slots=True)
class Refusal:
    """`texts` exactly as the contract has them; several at once only for a refused booking."""

    why: No
    texts: tuple[str, ...] = ()


Reply = (
    OffenderFound
    | Whereabouts
    | ContactList
    | Dates
    | Days
    | Restrictions
    | Slots
    | FoundVisits
    | Booking
    | Cancelled
    | VersionIs
    | Healthy
    | Refusal
)
