"""The booking facade in memory: remembers, recognises repeats, decides, withdraws, cancels; asks no prison system.

Tests set what the world is like (`store_is_down`, `prison_system_is_down`, `decision`, `hold`); the rest follows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

from adapter.booking.human_ids import as_human_id, as_visit_id
from adapter.booking.views import (
    ChoiceWord,
    DecisionWord,
    Feedback,
    Fingerprints,
    Health,
    Mode,
    Offer,
    Outcome,
    ProcessingState,
    RequestVisit,
    SameKeyOtherBody,
    StoreUnavailable,
    VisitView,
)
from adapter.clock import Clock, RandomIds, london_now, london_today
from adapter.config.book import PrisonBook
from booking_rules.calendar import bookable_slots, confirm_by
from booking_rules.prisons import Prison
from booking_rules.request import anonymized_name
from booking_rules.slots import Slot

_STATES: Mapping[DecisionWord, ProcessingState] = {
    "booked": "booked",
    "rejected": "rejected",
    "with_staff": "requested",
    "in_progress": "requested",
}
_DAY, _TEN_MINUTES = timedelta(hours=24), timedelta(minutes=10)


@dataclass
class _Row:
    """One fingerprint of one visit."""

    visit_id: str
    body: str
    expires: datetime


@dataclass
class MemoryBookings:
    clock: Clock
    book: PrisonBook
    holidays: frozenset[date] = frozenset()
    decision: DecisionWord = "booked"
    reasons: tuple[str, ...] = ()
    prisoners: set[tuple[str, date]] = field(default_factory=set)
    store_is_down: bool = False
    prison_system_is_down: bool = False
    hold: asyncio.Event | None = None  # decisions wait for it, and for the deadline
    waiting: int = 0  # requests that wait now
    slot_problems: dict[Slot, tuple[str, ...]] = field(default_factory=dict)
    visits: dict[str, VisitView] = field(default_factory=dict)
    wanted: list[RequestVisit] = field(default_factory=list)
    feedback: list[Feedback] = field(default_factory=list)
    asked_prisoners: list[str] = field(default_factory=list)
    _rows: dict[str, _Row] = field(default_factory=dict)
    _ids: RandomIds = field(default_factory=RandomIds)

    # -- the facade ----------------------------------------------------------------------------------------------

    async def request_visit(self, wanted: RequestVisit) -> VisitView | SameKeyOtherBody:
        known = await self.find_same(wanted.fingerprints, wanted.deadline)
        if known is not None:
            return known
        view = self._store(wanted)
        await self._wait_for_decision(wanted.deadline)
        if self.hold is None or self.hold.is_set():
            self._decide(view.id)
        return self.visits[view.id]

    async def find_same(self, fingerprints: Fingerprints, deadline: float) -> VisitView | SameKeyOtherBody | None:
        self._need_store()
        now = self.clock.now()
        for digest in filter(None, (fingerprints.key, fingerprints.rid, fingerprints.same)):
            row = self._rows.get(digest)
            if row is None or row.expires <= now:
                continue
            if digest == fingerprints.key and row.body != fingerprints.body:
                return SameKeyOtherBody()
            view = self.visits[row.visit_id]
            if digest == fingerprints.same and view.processing_state in ("rejected", "withdrawn", "cancelled"):
                continue
            if view.outcome.decision == "in_progress":
                await self._wait_for_decision(deadline)
            return self._now(self.visits[row.visit_id])
        return None

    async def visit(self, id_text: str) -> VisitView | None:
        self._need_store()
        human_id, visit_id = as_human_id(id_text), as_visit_id(id_text)
        found = next((view for view in self.visits.values() if view.human_id == human_id or view.id == visit_id), None)
        return None if found is None else self._now(found)

    async def withdraw_or_cancel(self, id_text: str, deadline: float, request_id: str) -> VisitView | None:
        view = await self.visit(id_text)
        if view is None:
            return None
        now = self.clock.now()
        if view.can_cancel:
            view = replace(
                view,
                processing_state="cancelled",
                cancellation_reasons=("visitor_cancelled",),
                cancelled_at=now,
                updated_at=now,
            )
        elif view.can_withdraw:
            view = replace(view, processing_state="withdrawn", updated_at=now)
        self.visits[view.id] = view
        return self._now(view)

    def prisons(self) -> PrisonBook:
        return self.book

    async def validate_prisoner(self, number: str, born: date, deadline: float) -> bool:
        self.asked_prisoners.append(number)
        return self.prison_system_is_down or (number, born) in self.prisoners

    async def slots(self, prison: Prison, number: str, born: date, start: date, end: date, deadline: float) -> Offer:
        bookable = bookable_slots(prison, london_today(self.clock), self.holidays)
        slots = [slot for slot in bookable if start <= slot.day <= end and (slot.day - start).days <= 27]
        known = {} if self.prison_system_is_down else self.slot_problems
        stranger = not self.prison_system_is_down and (number, born) not in self.prisoners
        return Offer({slot: known.get(slot, ()) for slot in slots}, stranger)

    def mode(self, prison: Prison) -> Mode:
        due = confirm_by(prison, london_today(self.clock), self.holidays)
        live: Literal["degraded", "real_time"] = "degraded" if self.prison_system_is_down else "real_time"
        return Mode(live if prison.real_time and prison.in_use else "mailbox", due, self.clock.now())

    async def send_feedback(self, feedback: Feedback) -> None:
        self._need_store()
        self.feedback.append(feedback)

    async def health(self) -> Health:
        system = {"status": "DOWN" if self.prison_system_is_down else "UP"}
        store = {"status": "DOWN" if self.store_is_down else "UP"}
        return Health(up=not self.store_is_down, components={"store": store, "prison_system": system})

    # -- what tests do to it -------------------------------------------------------------------------------------

    def change(self, visit_id: str, **changes: Any) -> None:
        """What staff did: a message, a visitor who may not come."""
        self.visits[visit_id] = replace(self.visits[visit_id], **changes)

    # -- inside --------------------------------------------------------------------------------------------------

    def _need_store(self) -> None:
        if self.store_is_down:
            raise StoreUnavailable(7)

    def _store(self, wanted: RequestVisit) -> VisitView:
        self.wanted.append(wanted)
        now = self.clock.now()
        due = confirm_by(wanted.prison, london_today(self.clock), self.holidays)
        choices = tuple(map(str, wanted.request.choices))
        view = VisitView(
            id=self._ids.visit_id(),
            human_id=self._ids.human_id(),
            prison_id=wanted.prison.id,
            processing_state="requested",
            confirm_by=due,
            contact_email_address=wanted.request.email,
            slots=choices,
            slot_granted=None,
            cancellation_reasons=None,
            cancelled_at=None,
            can_cancel=False,
            can_withdraw=True,
            created_at=now,
            updated_at=now,
            visitors=tuple((anonymized_name(person), True) for person in wanted.request.visitors),
            messages=(),
            outcome=self._outcome(choices, "in_progress", "not_tried", due),
        )
        self.visits[view.id] = view
        prints = wanted.fingerprints
        for digest, lasts in ((prints.key, _DAY), (prints.rid, _DAY), (prints.same, _TEN_MINUTES)):
            if digest is not None:
                self._rows[digest] = _Row(view.id, prints.body, now + lasts)
        return view

    async def _wait_for_decision(self, deadline: float) -> None:
        if self.hold is None:
            return
        self.waiting += 1
        try:
            async with asyncio.timeout_at(deadline):
                await self.hold.wait()
        except TimeoutError:
            return
        finally:
            self.waiting -= 1

    def _decide(self, visit_id: str) -> None:
        view = self.visits[visit_id]
        results: dict[DecisionWord, ChoiceWord] = {"booked": "booked", "rejected": "full"}
        outcome = self._outcome(view.slots, self.decision, results.get(self.decision, "not_tried"), view.confirm_by)
        granted = view.slots[0] if self.decision == "booked" else None
        state = _STATES[self.decision]
        self.visits[visit_id] = self._now(replace(view, processing_state=state, slot_granted=granted, outcome=outcome))

    def _outcome(self, slots: tuple[str, ...], decision: DecisionWord, first: ChoiceWord, due: date) -> Outcome:
        choices = tuple((slot, first if place == 0 else "not_tried") for place, slot in enumerate(slots))
        return Outcome(decision, self.reasons, choices, "real_time", due)

    def _now(self, view: VisitView) -> VisitView:
        """`view` with what the time of day decides."""
        granted = view.slot_granted
        ahead = granted is not None and Slot.parse(granted).begin > london_now(self.clock)
        return replace(
            view,
            can_cancel=view.processing_state == "booked" and ahead,
            can_withdraw=view.processing_state == "requested",
        )
