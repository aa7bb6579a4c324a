"""What can be asked of the prison system, in no transport's spelling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Operation(StrEnum):
    FIND_OFFENDER = "find_offender"
    LOCATION = "location"
    CONTACTS = "contacts"
    AVAILABLE_DATES = "available_dates"
    UNAVAILABILITY = "unavailability"
    RESTRICTIONS = "restrictions"
    SLOTS = "slots"
    FIND_BY_REFERENCE = "find_by_reference"
    BOOK = "book"
    CANCEL = "cancel"
    VERSION = "version"
    HEALTH = "health"
    TOKEN = "token"  # noqa: S105 - the name of an operation


WRITES = frozenset({Operation.BOOK, Operation.CANCEL})
READS = frozenset(Operation) - WRITES - {Operation.TOKEN}


@dataclass(frozen=True, slots=True)
class FindOffender:
    noms_id: str
    date_of_birth: date


@dataclass(frozen=True, slots=True)
class GetLocation:
    noms_id: str


@dataclass(frozen=True, slots=True)
class GetContacts:
    offender_id: int


@dataclass(frozen=True, slots=True)
class GetAvailableDates:
    offender_id: int
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class GetUnavailability:
    offender_id: int
    dates: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class GetRestrictions:
    offender_id: int


@dataclass(frozen=True, slots=True)
class GetSlots:
    prison: str
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class FindByReference:
    offender_id: int
    reference: str


class Override(StrEnum):
    OFFENDER_RESTRICTIONS = "override_offender_restrictions"
    VISITOR_RESTRICTIONS = "override_visitor_restrictions"
    VO_BALANCE = "override_vo_balance"
    SLOT_CAPACITY = "override_slot_capacity"


@dataclass(frozen=True, slots=True)
class Book:
    """`slot` is the raw time. The prison isn't said: it is the prisoner's current one."""

    offender_id: int
    lead_contact: int
    other_contacts: tuple[int, ...]
    slot: str
    reference: str
    overrides: frozenset[Override] = frozenset()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Cancel:
    offender_id: int
    visit_id: int
    code: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class GetVersion:
    pass


@dataclass(frozen=True, slots=True)
class GetHealth:
    pass


@dataclass(frozen=True, slots=True)
class GetToken:
    """An access token; who gets one is the face's business."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """Something that doesn't parse as `operation`; `reason` is said back."""

    operation: Operation
    reason: str


Read = (
    FindOffender
    | GetLocation
    | GetContacts
    | GetAvailableDates
    | GetUnavailability
    | GetRestrictions
    | GetSlots
    | FindByReference
    | GetVersion
    | GetHealth
    | GetToken
)
Write = Book | Cancel
Request = Read | Write | Malformed

_OPERATIONS: dict[type, Operation] = {
    FindOffender: Operation.FIND_OFFENDER,
    GetLocation: Operation.LOCATION,
    GetContacts: Operation.CONTACTS,
    GetAvailableDates: Operation.AVAILABLE_DATES,
    GetUnavailability: Operation.UNAVAILABILITY,
    GetRestrictions: Operation.RESTRICTIONS,
    GetSlots: Operation.SLOTS,
    FindByReference: Operation.FIND_BY_REFERENCE,
    Book: Operation.BOOK,
    Cancel: Operation.CANCEL,
    GetVersion: Operation.VERSION,
    GetHealth: Operation.HEALTH,
    GetToken: Operation.TOKEN,
}


def operation_of(request: Request) -> Operation:
    return request.operation if isinstance(request, Malformed) else _OPERATIONS[type(request)]
