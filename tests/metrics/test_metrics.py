"""What is counted, as a scraper reads it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families

from adapter.metrics import Backlog, Metrics
from adapter.metrics.labels import OTHER, Bounded, Labelled
from adapter.metrics.reference import page
from nomis_client import Observer

DOCS = Path(__file__).parents[2] / "docs"


def read(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    families = text_string_to_metric_families(metrics.render().decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return read(metrics)[name, frozenset(labels.items())]


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(CollectorRegistry(), version="1.2.3")


def test_it_observes_the_client_of_the_prison_system(metrics: Metrics) -> None:
    observer: Observer = metrics
    observer.call_ended("book", "ok", 0.2)
    observer.call_ended("book", "timeout", 20.0)
    observer.defect_seen("book", "unknown_text")
    observer.drift_seen("slots", "not_on_timetable")
    assert value(metrics, "visits_nomis_calls_total", operation="book", outcome="ok") == 1
    assert value(metrics, "visits_nomis_calls_total", operation="book", outcome="timeout") == 1
    assert value(metrics, "visits_nomis_call_seconds_count", operation="book") == 2
    assert value(metrics, "visits_nomis_call_seconds_bucket", operation="book", le="0.2") == 1
    assert value(metrics, "visits_nomis_defects_total", operation="book", reason="unknown_text") == 1
    assert value(metrics, "visits_nomis_drifts_total", operation="slots", reason="not_on_timetable") == 1


@pytest.mark.parametrize(("state", "number"), [("closed", 0), ("half_open", 1), ("open", 2)])
def test_a_breaker_shows_its_state(metrics: Metrics, state: str, number: int) -> None:
    metrics.breaker_changed("LEI", "writes", state)
    assert value(metrics, "visits_nomis_breaker_state", prison="LEI", kind="writes") == number


def test_requests_are_counted_by_decision_and_mode(metrics: Metrics) -> None:
    metrics.request_answered("booked", "real_time")
    metrics.request_answered("booked", "real_time")
    metrics.request_answered("with_staff", "mailbox")
    metrics.request_decided("booked", 0.25)
    assert value(metrics, "visits_requests_total", decision="booked", mode="real_time") == 2
    assert value(metrics, "visits_requests_total", decision="with_staff", mode="mailbox") == 1
    assert value(metrics, "visits_decision_seconds_sum", decision="booked") == 0.25


def test_http_requests_are_counted_by_the_template_of_their_path(metrics: Metrics) -> None:
    metrics.http_answered("api", "/api/visits/{id}", "GET", 200, 0.01)
    labels = {"face": "api", "route": "/api/visits/{id}", "method": "GET", "status": "200"}
    assert value(metrics, "visits_http_request_seconds_count", **labels) == 1


def test_the_backlog_is_unknown_until_it_was_counted(metrics: Metrics) -> None:
    assert math.isnan(value(metrics, "visits_in_doubt"))
    metrics.set_backlog(Backlog(1, 2, 3, 4, 5, 6, 7.5, 8, 9, 10.5), measured_at=1_800_000_000.0)
    found = {name: number for (name, labels), number in read(metrics).items() if not labels}
    assert (
        found
        | {
            "visits_waiting": 1,
            "visits_in_doubt": 2,
            "visits_with_staff": 3,
            "visits_overdue": 4,
            "visits_open_references": 5,
            "visits_outbox_depth": 6,
            "visits_outbox_oldest_seconds": 7.5,
            "visits_dead_letters": 8,
            "visits_drift": 9,
            "visits_oldest_due_seconds": 10.5,
            "visits_backlog_measured_timestamp_seconds": 1_800_000_000.0,
        }
        == found
    )


def test_what_is_passed_in_can_not_make_labels_without_end(metrics: Metrics) -> None:
    for number in range(500):
        metrics.call_ended("book", f"outcome_{number}", 0.1)
    metrics.call_ended("book", "Ada Lovelace", 0.1)
    outcomes = {dict(labels)["outcome"] for name, labels in read(metrics) if name == "visits_nomis_calls_total"}
    assert len(outcomes) == 41
    assert OTHER in outcomes
    assert "Ada Lovelace" not in outcomes


def test_a_bounded_label_keeps_what_it_has_seen() -> None:
    label = Bounded(2)
    assert [label(value) for value in ("a", "b", "c", "a", "b")] == ["a", "b", OTHER, "a", "b"]


def test_labels_are_looked_up_once_and_never_kept_beyond_their_bounds() -> None:
    registry = CollectorRegistry()
    by_kind = Labelled(Counter("met", "x", ["kind"], registry=registry), Bounded(1))
    assert by_kind("a") is by_kind("a")
    assert by_kind("b") is by_kind("c")  # `other`
    for number in range(100):
        by_kind(f"kind_{number}").inc()
    by_kind("a").inc()
    assert registry.get_sample_value("met_total", {"kind": "a"}) == 1
    assert registry.get_sample_value("met_total", {"kind": OTHER}) == 100
    assert len(by_kind._found) == 1


def test_the_page_is_what_is_registered() -> None:
    assert (DOCS / "metrics.md").read_text(encoding="utf-8") == page(), "run: python docs/generate.py"
