"""What is known about a request when it is judged. A fact that could not be got is `Unknown`: neither yes nor no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from booking_rules.slots import Slot


class Why(StrEnum):
    """Why a fact is unknown. Waiting may cure the first group, only a person the second."""

    AWAY = "away"
    TOO_SLOW = "too_slow"
    LOCKED = "locked"
    ACCESS_DENIED = "access_denied"
    NOT_UNDERSTOOD = "not_understood"
    BAD_REQUEST = "bad_request"
    IN_TRANSIT = "in_transit"
    BEING_CANCELLED = "being_cancelled"  # a visit of ours at that time is on its way out

    @property
    def curable(self) -> bool:
        """True if asking again later may give an answer."""
        return self in {Why.AWAY, Why.TOO_SLOW, Why.LOCKED, Why.ACCESS_DENIED, Why.BEING_CANCELLED}


@dataclass(frozen=True, slots=True)
class Unknown:
    why: Why


@dataclass(frozen=True, slots=True)
class Restriction:
    """In force from `effective` to `expiry`, both inclusive; no expiry means for good. `type`: `BAN`, `CLOSED`, …"""

    type: str
    effective: date
    expiry: date | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """One line of the prisoner's contact list; only `social`, `approved` and `active` ones may visit."""

    id: int
    given_name: str
    middle_names: str
    surname: str
    date_of_birth: date | None
    social: bool
    approved: bool
    active: bool
    restrictions: tuple[Restriction, ...] = ()


@dataclass(frozen=True, slots=True)
class Existing:
    """A scheduled visit of this prisoner. `raw` decides overlaps; `id` is None for one of ours not yet scheduled."""

    raw: Slot
    normal: Slot
    id: int | None = None
    being_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """What stands against a visit on one day."""

    external_movement: bool
    out_of_vo: bool
    banned: bool
    existing: tuple[Existing, ...] = ()


@dataclass(frozen=True, slots=True)
class OfferedSlot:
    """A session offered with its room; the same `normal` time may come twice (two rooms)."""

    raw: Slot
    normal: Slot
    capacity: int
    max_groups: int
    max_adults: int
    groups_booked: int
    visitors_booked: int
    adults_booked: int


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything fetched for one judgement. `own` are our own open, booked or departing visits of this prisoner."""

    offender_id: int | None | Unknown
    """None: number and date of birth match no active prisoner."""
    prison: str | Unknown = Unknown(Why.AWAY)
    contacts: tuple[Contact, ...] | Unknown = Unknown(Why.AWAY)
    days: Mapping[date, Day] | Unknown = Unknown(Why.AWAY)
    """A date that is missing from the mapping is unknown (`NOT_UNDERSTOOD`)."""
    restrictions: tuple[Restriction, ...] | Unknown = ()
    slots: tuple[OfferedSlot, ...] | Unknown = Unknown(Why.AWAY)
    own: tuple[Existing, ...] = field(default=())
