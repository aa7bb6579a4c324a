"""What the fake prison system holds. All values are frozen: a change is a new version, so the past stays readable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import ConfigDict

from nomis_client.fake.times import Span, slot_text

_STRICT = ConfigDict(extra="forbid")  # a misspelt member in a seed is an error, not a default


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """In force from `effective_date` to `expiry_date`, both inclusive. `BAN` and `CLOSED` matter, other types don't."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    type: str
    effective_date: date
    expiry_date: date | None = None
    comment_text: str = ""

    def covers(self, day: date) -> bool:
        return self.effective_date <= day and (self.expiry_date is None or day <= self.expiry_date)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One line of a contact list, names exactly as the prison system spells them (upper case, stray blanks and all)."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    id: int
    given_name: str
    surname: str
    middle_names: str = ""
    date_of_birth: date | None = None
    gender: str = ""
    relationship: str = "FRI"
    contact_type: str = "S"
    approved: bool = True
    active: bool = True
    restrictions: tuple[Restriction, ...] = ()


class Allowance(StrEnum):
    """Which visiting orders a prisoner lives on."""

    ANY = "any"  # VO first, then PVO
    VO = "vo"
    PVO = "pvo"
    NONE_NEEDED = "none_needed"  # not convicted: visits cost nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Prisoner:
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    noms_id: str
    offender_id: int
    given_name: str
    surname: str
    date_of_birth: date
    prison: str
    housing: str = ""  # e.g. "LEI-A-2-003"; empty: the reply leaves it out
    stay: int = 1
    active: bool = True
    in_transit: bool = False
    locked: bool = False
    allowance: Allowance = Allowance.ANY
    vo: int = 26
    pvo: int = 0
    restrictions: tuple[Restriction, ...] = ()
    movements: frozenset[date] = frozenset()  # court, hospital, transfer
    weekly_movements: frozenset[int] = frozenset()  # the same every week, 0 = Monday
    contacts: tuple[Contact, ...] = ()

    def moves_on(self, day: date) -> bool:
        return day in self.movements or day.weekday() in self.weekly_movements

    def restricted(self, kind: str, day: date) -> bool:
        return any(r.type == kind and r.covers(day) for r in self.restrictions)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPlan:
    """A session that comes back every week; `rooms` give the raw times (`HHMM-HHMM`) of each room."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    weekday: int
    rooms: tuple[str, ...]
    capacity: int = 60
    max_groups: int = 10
    max_adults: int = 30
    full: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prison:
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    code: str
    desc: str
    plans: tuple[SessionPlan, ...] = ()
    planned_until: date | None = None  # sessions exist up to this day; later ones are added as time goes by


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session in one room, at its raw time. `taken_*`: places gone to visits that aren't modelled one by one."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    id: int = 0  # 0 in a seed: the next free one
    prison: str
    begin: datetime
    end: datetime
    room: str = "1"
    capacity: int = 60
    max_groups: int = 10
    max_adults: int = 30
    taken_groups: int = 0
    taken_visitors: int = 0
    taken_adults: int = 0

    @property
    def span(self) -> Span:
        return self.begin, self.end

    @property
    def slot(self) -> str:
        return slot_text(self.begin, self.end)


class Status(StrEnum):
    SCHEDULED = "SCH"
    CANCELLED = "CANC"
    COMPLETED = "NORM"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A visiting order spent on a visit; `type` is `VO` or `PVO`."""

    number: int
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    id: int
    noms_id: str
    offender_id: int
    stay: int
    prison: str
    session: int
    begin: datetime
    end: datetime
    status: Status
    lead: int
    others: tuple[int, ...]
    adults: int  # among the visitors
    reference: str | None
    order: Order | None
    made_by: Literal["api", "hand"]
    comment: str = ""
    cancellation_code: str = ""

    @property
    def span(self) -> Span:
        return self.begin, self.end

    @property
    def slot(self) -> str:
        return slot_text(self.begin, self.end)

    @property
    def scheduled(self) -> bool:
        return self.status is Status.SCHEDULED


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """A visiting order spent (-1), given back (+1) or granted (+n)."""

    number: int
    at: datetime
    noms_id: str
    type: str
    change: int
    visit_id: int | None = None
    order_number: int | None = None
