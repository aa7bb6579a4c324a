"""The `[prisons.*]` tables: as they are written, and as the rules want them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from pydantic import Field

from adapter.config.book import PrisonBook
from adapter.config.section import Section
from booking_rules.prisons import Prison, find_faults, find_repeats
from booking_rules.slots import TimeRange

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,15}")  # as the store has room for, and as log fields may look
_CODE = re.compile(r"[A-Z]{3}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MAILBOX = re.compile(r"[^\s@<>,;:\"()]+@[^\s@<>,;:\"()]+")

Fault = tuple[tuple[str, ...], str]
"""The way to a key below `[prisons]` (empty at its end: the table as a whole), and what is wrong with it."""


STAND_INS = {"enabled": False, "lead_days": 1}
"""What is assumed, to look through the rest, where one of these is malformed: that which makes the least of a fault."""


class PrisonTable(Section):
    """One `[prisons.KEY]` as it is written; `make_book` checks what stands in it."""

    id: str = ""
    nomis_id: str = ""
    name: str = ""
    name_cy: str = ""
    address: str = ""
    postcode: str = ""
    email_address: str = ""
    phone_no: str = ""
    finder_url: str = ""
    enabled: bool = True
    closed: bool = False
    private: bool = False
    adult_age: int = 18
    lead_days: int = 3
    booking_window: int = 28
    weekend_processing: bool = False
    real_time: bool = False
    unbookable: tuple[str, ...] = ()
    recurring: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    anomalous: dict[str, tuple[str, ...]] = Field(default_factory=dict)


def make_book(tables: Mapping[str, PrisonTable]) -> tuple[PrisonBook, tuple[Fault, ...]]:
    """The prisons of these tables, and every fault found in any of them."""
    faults: list[Fault] = []
    prisons = []
    for key, table in tables.items():
        reader = _TableReader(key)
        prison = reader.prison(table)
        prisons.append(prison)
        faults += reader.faults
        faults += (((key, ""), message) for message in find_faults(prison))
    faults += _shared_ids(prisons)
    return PrisonBook(prisons), tuple(faults)


def _shared_ids(prisons: Iterable[Prison]) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for prison in prisons:
        first = seen.setdefault(prison.id, prison.key)
        if prison.id and first != prison.key:
            yield (prison.key, "id"), f"is the id of [prisons.{first}] too"


@dataclass
class _TableReader:
    """Makes a `Prison` of a table, leaving out what can't be read and noting it in `faults`."""

    key: str
    faults: list[Fault] = field(default_factory=list)

    def prison(self, table: PrisonTable) -> Prison:
        if not _KEY.fullmatch(self.key):
            self._note("the table's name must be a letter and up to 15 letters, digits, - or _", "")
        unbookable = [day for text in table.unbookable if (day := self._date(text, "unbookable")) is not None]
        for day in find_repeats(unbookable):
            self._note(f"{day} is there twice", "unbookable")
        return Prison(
            key=self.key,
            id=self._uuid(table.id),
            nomis_id=self._code(table.nomis_id or self.key),
            name=self._given(table.name, "name"),
            name_cy=table.name_cy.strip(),
            address=table.address.strip() or None,
            postcode=table.postcode.strip(),
            email_address=self._mailbox(table),
            phone_no=table.phone_no.strip(),
            finder_url=self._web_address(table.finder_url),
            enabled=table.enabled,
            closed=table.closed,
            private=table.private,
            adult_age=table.adult_age,
            lead_days=table.lead_days,
            booking_window=table.booking_window,
            weekend_processing=table.weekend_processing,
            real_time=table.real_time,
            unbookable=frozenset(unbookable),
            recurring=self._recurring(table.recurring),
            anomalous=self._anomalous(table.anomalous),
        )

    def _note(self, message: str, *path: str) -> None:
        self.faults.append(((self.key, *path), message))

    def _given(self, text: str, key: str) -> str:
        if not text.strip():
            self._note("is missing", key)
        return text.strip()

    def _uuid(self, text: str) -> str:
        try:
            canonical = str(UUID(text))
        except ValueError:
            canonical = ""
        if not canonical or canonical != text.lower():
            self._note("must be a UUID such as 1b9e1a0e-5a0c-4c52-9d0a-3f6f0d7f8a11", "id")
            return ""
        return canonical

    def _code(self, text: str) -> str:
        if not _CODE.fullmatch(text):
            self._note(
                "must be the prison system's code, three capital letters (without it, the table's name is)", "nomis_id"
            )
        return text

    def _mailbox(self, table: PrisonTable) -> str:
        mailbox = table.email_address.strip()
        if not mailbox and table.enabled:
            self._note(
                "is missing: an enabled prison needs its mailbox, where requests go that we can't decide",
                "email_address",
            )
        elif mailbox and not _MAILBOX.fullmatch(mailbox):
            self._note("must be one plain email address", "email_address")
        return mailbox

    def _web_address(self, text: str) -> str:
        if text and not text.startswith(("http://", "https://")):
            self._note("must begin with http:// or https://", "finder_url")
        return text

    def _recurring(self, written: Mapping[str, tuple[str, ...]]) -> dict[int, tuple[TimeRange, ...]]:
        sessions = {}
        for weekday, texts in written.items():
            if weekday not in WEEKDAYS:
                self._note(f"is no weekday; they are {', '.join(WEEKDAYS)}", "recurring", weekday)
                continue
            sessions[WEEKDAYS.index(weekday)] = self._sessions(texts, "recurring", weekday)
        return sessions

    def _anomalous(self, written: Mapping[str, tuple[str, ...]]) -> dict[date, tuple[TimeRange, ...]]:
        sessions = {}
        for text, ranges in written.items():
            day = self._date(text, "anomalous")
            if day is not None:
                sessions[day] = self._sessions(ranges, "anomalous", text)
        return sessions

    def _sessions(self, texts: tuple[str, ...], *path: str) -> tuple[TimeRange, ...]:
        sessions = []
        for text in texts:
            try:
                sessions.append(TimeRange.parse(text))
            except ValueError as error:
                self._note(f"{text!r}: {error}", *path)
        return tuple(sorted(sessions))

    def _date(self, text: str, key: str) -> date | None:
        try:
            if _DATE.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:
            pass  # of the right form, but no such day
        self._note(f"{text!r} is no date of the form YYYY-MM-DD", key)
        return None
