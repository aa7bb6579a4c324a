"""Every metric of the service, and one method for each thing that can happen to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from adapter.metrics.backlog import Backlog
from adapter.metrics.labels import Bounded, Labelled

# The budget is 2 s: most of the detail lies below it.
_WITHIN_A_REQUEST: Final = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 20.0)
_UNTIL_DECIDED: Final = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0, 30.0, 120.0, 600.0, 3600.0, 86400.0)
_BREAKER_STATES: Final = {"closed": 0, "half_open": 1, "open": 2}
_BACKLOG: Final = {
    "waiting": "Visits held until the prison system can be asked.",
    "in_doubt": "Visits whose booking was sent and may or may not be there.",
    "with_staff": "Requests that a prison's staff have to answer.",
    "overdue": "Of those with staff: the visitor should have heard by now.",
    "open_references": "Booking references that are not settled.",
    "outbox_depth": "Messages to be sent, dead letters not counted.",
    "outbox_oldest_seconds": "Age of the oldest message to be sent.",
    "dead_letters": "Messages that were given up.",
    "drift": "Booked visits that differ from what the prison system holds.",
    "oldest_due_seconds": "How long the oldest work that could be done now has been due.",
}


class Metrics:
    """Counts. Implements `nomis_client.Observer`.

    No argument may be an id, a name or a text; labels are codes from closed lists. The backlog is that of the whole
    store, so that with several processes on one store each says the same: take the maximum, not the sum.
    """

    content_type: Final = CONTENT_TYPE_LATEST

    def __init__(self, registry: CollectorRegistry, version: str = "") -> None:
        """Registers everything with `registry`, which must be new to it."""
        self._registry = registry
        self._define_requests()
        self._define_prison_system()
        self._define_mail()
        self._define_backlog()
        Gauge("visits_adapter_info", "Always 1.", ["version"], registry=registry).labels(version).set(1)

    def _define_requests(self) -> None:
        registry, decision, step = self._registry, Bounded(8), Bounded(16)
        requests = Counter(
            "visits_requests",
            "Requests for a visit by how they were answered.",
            ["decision", "mode"],
            registry=registry,
        )
        decisions = Histogram(
            "visits_decision_seconds",
            "From the arrival of a request until it was decided: booked, rejected or handed to staff.",
            ["decision"],
            buckets=_UNTIL_DECIDED,
            registry=registry,
        )
        steps = Counter("visits_steps", "Moves in the life of a visit.", ["step", "happened", "to"], registry=registry)
        answers = Histogram(
            "visits_http_request_seconds",
            "HTTP requests to us, by the template of their path.",
            ["face", "method", "route", "status"],
            buckets=_WITHIN_A_REQUEST,
            registry=registry,
        )
        self._requests = Labelled(requests, decision, Bounded(4))
        self._decisions = Labelled(decisions, decision)
        self._steps = Labelled(steps, step, Bounded(32), step)
        self._answers = Labelled(answers, Bounded(8), Bounded(10), Bounded(80), Bounded(40))

    def _define_prison_system(self) -> None:
        registry, operation, reason = self._registry, Bounded(40), Bounded(40)
        calls = Counter(
            "visits_nomis_calls", "Calls to the prison system.", ["operation", "outcome"], registry=registry
        )
        call_seconds = Histogram(
            "visits_nomis_call_seconds",
            "How long they took, whatever their outcome.",
            ["operation"],
            buckets=_WITHIN_A_REQUEST,
            registry=registry,
        )
        breakers = Gauge(
            "visits_nomis_breaker_state",
            "0: calls are made; 1: it is being tried whether they can be; 2: they are not made.",
            ["prison", "kind"],
            registry=registry,
        )
        defects = Counter(
            "visits_nomis_defects", "What one side must mend.", ["operation", "reason"], registry=registry
        )
        drifts = Counter(
            "visits_nomis_drifts", "Harmless differences from what we hold.", ["operation", "reason"], registry=registry
        )
        self._calls = Labelled(calls, operation, Bounded(40))
        self._call_seconds = Labelled(call_seconds, operation)
        self._breakers = Labelled(breakers, Bounded(400), Bounded(2))
        self._defects = Labelled(defects, operation, reason)
        self._drifts = Labelled(drifts, operation, reason)

    def _define_mail(self) -> None:
        mails = Counter(
            "visits_mails", "Tries to deliver a message.", ["kind", "channel", "outcome"], registry=self._registry
        )
        self._mails = Labelled(mails, Bounded(20), Bounded(4), Bounded(8))

    def _define_backlog(self) -> None:
        self._backlog: Mapping[str, Gauge] = {
            name: Gauge(f"visits_{name}", meaning, registry=self._registry) for name, meaning in _BACKLOG.items()
        }
        self._measured = Gauge(
            "visits_backlog_measured_timestamp_seconds",
            "When the backlog was last counted, seconds since 1970; old: the worker is stuck or the store away.",
            registry=self._registry,
        )
        for gauge in self._backlog.values():
            gauge.set(float("nan"))  # not counted yet, which is not nought

    # What the API, the pages and the saga tell

    def request_answered(self, decision: str, mode: str) -> None:
        """A new request got its answer: `decision` and `mode` as in the contract's `outcome`."""
        self._requests(decision, mode).inc()

    def request_decided(self, decision: str, seconds: float) -> None:
        """A request is `booked`, `rejected` or `with_staff`, so many seconds after it came."""
        self._decisions(decision).observe(seconds)

    def step_taken(self, step: str, happened: str, to: str) -> None:
        """A visit moved."""
        self._steps(step, happened, to).inc()

    def http_answered(self, face: str, route: str, method: str, status: int, seconds: float) -> None:
        """A listener answered. `route` is the template, never the path."""
        self._answers(face, method, route, str(status)).observe(seconds)

    def mail_tried(self, kind: str, channel: str, outcome: str) -> None:
        """A message was tried: `sent`, `postponed` or `abandoned`."""
        self._mails(kind, channel, outcome).inc()

    def set_backlog(self, backlog: Backlog, measured_at: float) -> None:
        """What is unfinished, as counted at `measured_at` (seconds since 1970)."""
        for field in fields(backlog):
            self._backlog[field.name].set(getattr(backlog, field.name))
        self._measured.set(measured_at)

    # What the client of the prison system tells: nomis_client.Observer

    def call_ended(self, operation: str, outcome: str, seconds: float) -> None:
        self._calls(operation, outcome).inc()
        self._call_seconds(operation).observe(seconds)

    def breaker_changed(self, prison: str, kind: str, state: str) -> None:
        value = _BREAKER_STATES.get(state, float("nan"))
        self._breakers(prison, kind).set(value)

    def defect_seen(self, operation: str, reason: str) -> None:
        self._defects(operation, reason).inc()

    def drift_seen(self, operation: str, reason: str) -> None:
        self._drifts(operation, reason).inc()

    def render(self) -> bytes:
        """Everything in the format of `content_type`."""
        return generate_latest(self._registry)
