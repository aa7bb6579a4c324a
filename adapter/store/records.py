"""Rows as the rest of the adapter sees them: frozen, typed, read in one piece.

JSON columns stay text here; `adapter.booking.codec` gives them their shapes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import RowMapping

from booking_rules.lifecycle import AttemptState, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One line of a visit's history."""

    visit_id: str
    version: int
    at: int
    event: str
    from_step: str | None
    to_step: str
    who: str
    detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
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


def as_visit(row: Mapping[str, Any] | RowMapping) -> Visit:
    """A `visits` row, selected with `now`, as a record."""
    values: dict[str, Any] = {name: row[name] for name in _VISIT_FIELDS}
    values["step"] = Step(values["step"])
    return Visit(**values)


def as_attempt(row: Mapping[str, Any] | RowMapping) -> Attempt:
    values: dict[str, Any] = {name: row[name] for name in _ATTEMPT_FIELDS}
    values["state"] = AttemptState(values["state"])
    return Attempt(**values)


_VISIT_FIELDS = tuple(f.name for f in fields(Visit))
_ATTEMPT_FIELDS = tuple(f.name for f in fields(Attempt))
