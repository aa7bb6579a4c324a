"""Telling whoever counts and reads the log how a request was decided, and how long that took."""

from __future__ import annotations

from adapter.booking.codec import load_outcome
from adapter.booking.desk import Desk
from adapter.clock import instant
from adapter.log import events, get_logger
from adapter.store.records import Visit

_log = get_logger()


def tell_decided(desk: Desk, visit: Visit) -> None:
    """`visit` as committed with the decision: booked, rejected or handed to staff."""
    outcome = load_outcome(visit.outcome)
    took = (instant(visit.updated_at) - instant(visit.arrived_at)).total_seconds()
    desk.counts.request_decided(outcome.decision, took)
    _log.info(
        events.VISIT_DECIDED,
        visit=visit.id,
        prison=visit.prison_key,
        decision=outcome.decision,
        mode=outcome.mode,
        duration_ms=round(took * 1000, 1),
    )
