"""docs/metrics.md, made from the registered metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from adapter.metrics.metrics import Metrics

_HEAD = """# Metrics

Made from `adapter/metrics/metrics.py` by `python docs/generate.py`; not to be edited by hand.

Served at `/metrics` in Prometheus' text format. Labels are codes from closed lists; nothing about a person is counted
by itself. The backlog is that of the whole store: with several processes on one store take the maximum, not the sum.
It is `NaN` until it was counted once.

| metric | type | means | labels |
|---|---|---|---|
"""


def page() -> str:
    """The whole page, in Markdown."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    touch(metrics)
    rows = []
    for family in registry.collect():
        names = {name: None for sample in family.samples for name in sample.labels if name != "le"}
        labels = ", ".join(f"`{name}`" for name in names)
        name = f"{family.name}_total" if family.type == "counter" else family.name
        rows.append(f"| `{name}` | {family.type} | {family.documentation} | {labels} |")
    return _HEAD + "\n".join(rows) + "\n"


def touch(metrics: Metrics) -> None:
    """Let everything happen once: a metric shows its labels only then."""
    metrics.request_answered("booked", "real_time")
    metrics.request_decided("booked", 1.0)
    metrics.step_taken("checking", "post", "booking")
    metrics.http_answered("api", "/api/visits", "POST", 200, 1.0)
    metrics.mail_tried("visitor_booked", "smtp", "sent")
    metrics.call_ended("book", "ok", 1.0)
    metrics.breaker_changed("LEI", "reads", "open")
    metrics.defect_seen("book", "unknown_text")
    metrics.drift_seen("slots", "not_on_timetable")
