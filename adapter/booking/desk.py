"""What everybody who works on visits has at hand. Made once by the wiring; tests make their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from adapter.booking.caps import NO_CAPS, Caps
from adapter.booking.letters import Letters
from adapter.clock import Clock, Ids, london_now, london_today
from adapter.config import Registry
from adapter.metrics import Backlog
from adapter.store.records import Visit
from adapter.store.unit_of_work import Store
from booking_rules.decision import Policy
from booking_rules.prisons import Prison
from nomis_client import Call, PrisonSystem


class Waker(Protocol):
    """Wakes whoever works on due visits and messages, here or in another process."""

    def notify(self) -> None: ...

    async def wait(self, timeout: float) -> None:
        """Returns when notified, or after `timeout` seconds."""
        ...


class Counts(Protocol):
    """What the saga tells whoever counts."""

    def request_answered(self, decision: str, mode: str) -> None:
        """A new request got its answer, in the words of the contract's `outcome`."""
        ...

    def set_backlog(self, backlog: Backlog, measured_at: float) -> None:
        """What is unfinished, as counted at `measured_at` (seconds since 1970)."""
        ...

    def request_decided(self, decision: str, seconds: float) -> None:
        """A request was decided: `booked`, `rejected` or `with_staff`, this long after it arrived."""
        ...

    def step_taken(self, step: str, happened: str, to: str) -> None: ...

    def mail_tried(self, kind: str, channel: str, outcome: str) -> None:
        """`outcome`: `sent`, `postponed` or `abandoned`."""
        ...

    def drift_seen(self, operation: str, reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds. What each means: the configuration reference."""

    budget: float
    reply_margin: float
    handover_after: float
    in_doubt_handover_after: float
    cancel_handover_after: float
    facts_max_age: float
    lease: float
    read_timeout: float
    book_timeout: float
    settle_after: float
    read_lag: float
    max_claims: int


@dataclass(frozen=True, slots=True)
class Breaks:
    """Deliberate breaks of the promise, so that the proofs can be seen to find them. Never set outside tests."""

    new_reference_on_repeat: bool = False
    guard_without_version: bool = False
    drop_late_found: bool = False
    believe_repeat_refusal: bool = False
    settle_from_commit: bool = False
    cancelled_counts_as_found: bool = False
    not_found_counts_as_absent: bool = False
    withdraw_without_withdrawing: bool = False
    forget_identical_once_booked: bool = False
    unordered_outbox: bool = False
    no_watch: bool = False


NO_BREAKS = Breaks()


@dataclass(frozen=True, slots=True)
class Desk:
    """The tools of the saga."""

    store: Store
    nomis: PrisonSystem
    clock: Clock
    ids: Ids
    registry: Registry
    holidays: Callable[[date], frozenset[date]]
    """Bank holidays of England and Wales around a date."""
    policy: Policy
    times: Times
    letters: Letters
    waker: Waker
    counts: Counts
    caps: Caps = NO_CAPS
    breaks: Breaks = NO_BREAKS

    def today(self) -> date:
        return london_today(self.clock)

    def wall_time(self) -> datetime:
        return london_now(self.clock)

    def prison(self, visit: Visit) -> Prison | None:
        """The prison as configured now; None if it vanished from the configuration."""
        return self.registry.current.by_key(visit.prison_key)

    def call(self, visit: Visit, run: Run) -> Call:
        """A read for this visit, bounded by what the run may take."""
        return Call(visit.nomis_prison, run.reads_until, request_id=run.request_id, once=run.once)


@dataclass(frozen=True, slots=True)
class Run:
    """One go at a visit: under which lease, and until when (loop time) its reads and its answer may take."""

    holder: str
    lease_until: float
    """Conservative: counted from before the commit that took the lease."""
    reads_until: float
    foreground: bool
    request_id: str = ""
    once: bool = False
    """No read is tried a second time: nobody needs the answer, and whoever wants it may ask again."""
