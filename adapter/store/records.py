"""Rows as the rest of the adapter sees them: frozen, typed, read in one piece.

They are named tuples because a booking makes some twenty of them, each from a tuple of its driver: that is ten times as
quick as a dataclass of fifty fields.

JSON columns stay text here; `adapter.booking.codec` gives them their shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import EnumType
from typing import Any, NamedTuple, TypeVar, get_type_hints

from sqlalchemy import ColumnElement, Table

from adapter.store.dbclock import db_now
from booking_rules.lifecycle import AttemptState, Step


class Visit(NamedTuple):
    """One visit as committed. Instants are microseconds UTC; `now` is the database's clock when it was read."""

    id: str
    human_id: str
    shape: int
    step: Step
    version: int
    mark: str
    lease_holder: str | None
    lease_until: int | None
    due_at: int | None
    claims: int
    acting_for: str
    handover_at: int
    doubt_since: int | None
    leaving_since: int | None
    ever_waited: bool
    arrived_at: int
    updated_at: int
    prison_id: str
    prison_key: str
    nomis_prison: str
    mailbox: str
    channel: str
    language: str
    noms_id: str | None
    request: str
    slot1: str | None
    slot2: str | None
    slot3: str | None
    party: int
    adults: int
    confirm_by: str
    overlaps_at_arrival: str | None
    offender_id: int | None
    turnless: bool
    find_by_ref: bool
    nomis_visit_id: int | None
    slot_granted: str | None
    slot_raw: str | None
    outcome: str
    trace: str | None
    staff_why: str | None
    cancellation_reasons: str | None
    cancelled_at: int | None
    not_allowed: str | None
    staff_messages: str | None
    claimed_by: str | None
    claimed_until: int | None
    answered_by: str | None
    checked_at: int | None
    drift: str | None
    mail_sequence: int
    calendar_sequence: int
    now: int

    @property
    def choices(self) -> tuple[str, ...]:
        """The slots asked for, in order of preference."""
        return tuple(slot for slot in (self.slot1, self.slot2, self.slot3) if slot)

    def leased(self) -> bool:
        """True if somebody held a running lease on it when it was read."""
        return self.lease_holder is not None and (self.lease_until or 0) > self.now


class Attempt(NamedTuple):
    """One booking reference of a visit."""

    id: int
    visit_id: str
    reference: str
    choice: int | None
    acting_for: str
    offender_id: int
    prison: str
    slot: str
    slot_raw: str
    party: int
    adults: int
    body: str
    baseline: str
    state: AttemptState
    posts: int
    doubted: bool
    exists_shown: bool
    duplicate_at: int | None
    candidate_id: int | None
    last_texts: str | None
    last_answer: str | None
    post_began_at: int | None
    post_ended_at: int | None
    post_lease_until: int | None
    nomis_visit_id: int | None
    visit_order: str | None
    removing_since: int | None
    look_at: int | None
    looks: int
    created_at: int
    updated_at: int


class EventRow(NamedTuple):
    """One line of a visit's history."""

    visit_id: str
    version: int
    at: int
    event: str
    from_step: str | None
    to_step: str
    who: str
    detail: str | None


class OutboxRow(NamedTuple):
    """One message that leaves, or has left."""

    id: int
    visit_id: str | None
    kind: str
    sequence: int
    audience: str
    channel: str
    recipient: str
    message_id: str
    payload: bytes
    state: str
    not_before: int
    tries: int
    lease_holder: str | None
    lease_until: int | None
    created_at: int
    sent_at: int | None
    last_error: str | None
    asked: bool


R = TypeVar("R", bound=NamedTuple)


def columns(record: type[NamedTuple], table: Table) -> tuple[ColumnElement[Any], ...]:
    """What to select for one kind of record, in its order; `now` is the database's clock."""
    return tuple(db_now().label("now") if name == "now" else table.c[name] for name in record._fields)


def _reader(record: type[R]) -> Callable[[Iterable[Any]], R]:
    """Makes records of rows of `columns`, as drivers give them: enums are text there, and SQLite's booleans numbers."""
    kinds = get_type_hints(record).values()
    converted = [(at, kind) for at, kind in enumerate(kinds) if kind is bool or isinstance(kind, EnumType)]
    made: Callable[[Iterable[Any]], R] = record._make

    def read(row: Iterable[Any]) -> R:
        values = list(row)
        for at, kind in converted:
            values[at] = kind(values[at])
        return made(values)

    return read


as_visit = _reader(Visit)
as_attempt = _reader(Attempt)
as_event = _reader(EventRow)
as_message = _reader(OutboxRow)
