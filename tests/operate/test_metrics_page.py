"""The metrics page as a scraper and a linter of the format see it, after everything that can be counted was counted."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as strictly
from prometheus_client.parser import text_string_to_metric_families

from adapter.metrics import Backlog, Metrics
from adapter.metrics.reference import touch
from tests.support.watcher import PROMTOOL

_BASE_UNITS = {"seconds", "total", "bytes", "ratio", "info"}
_OTHER_UNITS = re.compile(r"_(milliseconds|ms|minutes|hours|days|percent|kilobytes|kb|mb)(_|$)")
_CLOSED = {
    "decision", "mode", "step", "happened", "to", "face", "method", "route", "status", "operation", "outcome",
    "prison", "kind", "reason", "channel", "version",
}  # fmt: skip
"""Labels whose values are codes of closed lists."""


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture(autouse=True)
def metrics(registry: CollectorRegistry) -> Metrics:
    """Everything in the registry was counted."""
    metrics = Metrics(registry, "1.2.3")
    touch(metrics)
    metrics.set_backlog(Backlog(1, 2, 3, 4, 5, 6, 7.5, 8, 9, 10.5), measured_at=1_800_000_000.0)
    return metrics


@pytest.mark.deploy
def test_prometheus_own_linter_finds_nothing(metrics: Metrics) -> None:
    done = subprocess.run([PROMTOOL, "check", "metrics"], input=metrics.render(), capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def _families(registry: CollectorRegistry) -> Iterator[Metric]:
    return (family for family in registry.collect())


def test_it_is_openmetrics_by_the_strict_parser(registry: CollectorRegistry) -> None:
    families = list(strictly(generate_latest(registry).decode()))
    assert {family.name for family in families} >= {"visits_requests", "visits_nomis_call_seconds"}


def test_it_is_the_text_format(registry: CollectorRegistry) -> None:
    page = Metrics(CollectorRegistry()).render().decode()
    assert page.endswith("\n")
    assert [family for family in text_string_to_metric_families(page) if family.type == "unknown"] == []


def test_names_and_helps_are_as_linters_want_them(registry: CollectorRegistry) -> None:
    """What `promtool check metrics` looks at: help, snake case, base units, reserved endings, labels."""
    for family in _families(registry):
        assert family.documentation, family.name
        assert re.fullmatch(r"visits_[a-z0-9_]*[a-z0-9]", family.name), family.name
        assert not family.name.endswith(("_total", "_count", "_sum", "_bucket")), family.name
        assert not _OTHER_UNITS.search(family.name), family.name
        assert family.type not in family.name.split("_"), family.name
        if family.type == "histogram":
            assert family.name.rpartition("_")[2] in _BASE_UNITS, family.name


def test_every_label_has_closed_values_and_none_is_an_id(registry: CollectorRegistry) -> None:
    labels = {name for family in _families(registry) for sample in family.samples for name in sample.labels}
    assert labels - {"le"} == _CLOSED


def test_buckets_end_with_infinity_and_only_grow(registry: CollectorRegistry) -> None:
    for family in _families(registry):
        buckets = [sample for sample in family.samples if sample.name.endswith("_bucket")]
        if buckets:
            assert buckets[-1].labels["le"] == "+Inf"
            counts = [sample.value for sample in buckets]
            assert counts == sorted(counts)
