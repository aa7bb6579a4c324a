"""The figures that are told are those that were taken."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from benchmarks import plots, results
from benchmarks.cast import VARIANTS, choices, offender_id, prisoner_number, today
from benchmarks.plots import Curve
from benchmarks.results import Figure

TAKEN = [Figure("one", 1.234567, "≤ 2.0"), Figure("… by the way", 7.0), Figure("another", 3.0, "≤ 2.0")]


def told() -> dict[str, Any] | None:
    """What `make bench` wrote; None before its first run."""
    if not results.RESULTS.exists():
        return None
    found: dict[str, Any] = json.loads(results.RESULTS.read_text(encoding="utf-8"))
    return found


def check_shape(found: dict[str, Any]) -> None:
    assert list(found) == ["machine", "commit", "figures"]
    assert found["figures"]
    for row in found["figures"]:
        assert list(row) == ["figure", "value", "target", "within"]
        assert row["within"] is Figure(row["figure"], row["value"], row["target"]).within
    assert re.fullmatch(r"\d+ cores, Python \d+\.\d+\.\d+\S*, [^/]+", found["machine"])
    assert re.fullmatch(r"[0-9a-f]{7,40}(-dirty)?|unknown", found["commit"])


def test_results_have_the_agreed_shape_and_name_no_machine() -> None:
    check_shape(results.as_json(TAKEN))
    if (found := told()) is not None:
        check_shape(found)


def test_the_page_shows_what_the_results_hold_and_nothing_before_there_are_any() -> None:
    page = results.PAGE.read_text(encoding="utf-8")
    assert results.with_results(page, told()) == page


def test_a_figure_that_is_not_within_its_target_is_seen() -> None:
    rows = results.table(results.as_json(TAKEN)).splitlines()[2:]
    assert rows[2:] == [
        "| one | 1.23 | ≤ 2.0 | yes |",
        "| … by the way | 7.0 |  |  |",
        "| another | 3.0 | ≤ 2.0 | **no** |",
    ]


@pytest.mark.parametrize(
    ("value", "target", "within"),
    [(2.0, "≤ 2.0", True), (2.01, "≤ 2.0", False), (0.5, "≥ 0.5", True), (0.49, "≥ 0.5", False), (9.0, "", True)],
)
def test_a_figure_is_held_against_its_target(value: float, target: str, within: bool) -> None:
    assert Figure("any", value, target).within is within


def test_nobody_asks_twice_and_each_slot_lies_ahead() -> None:
    numbers = [prisoner_number(number) for number in range(0, 150_000_000, 999_983)]
    assert len({offender_id(number) for number in numbers}) == len(numbers)
    asked = {tuple(choices(variant)) for variant in range(VARIANTS)}
    assert len(asked) == VARIANTS
    assert all(slot > str(today()) for three in asked for slot in three)


def test_a_plot_shows_every_point() -> None:
    curve = Curve("any", "Title", "across", "up", {"one": [(0, 1.0), (10, 2.0)], "two": [(0, 3.0), (10, 4.0)]})
    assert plots.drawn(curve).count("<circle") == 4
