"""The trace survives being stored."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from booking_rules.facts import Why
from booking_rules.reasons import Reason
from booking_rules.trace import Check, ChoiceFinding, ChoiceResult, Trace
from tests.support.booking_cases import CHOICES

TRACE = Trace(
    checks=(
        Check("prisoner found", "pass"),
        Check("on the contact list", "fail", Reason.VISITOR_NOT_ON_LIST, "visitor 2", 'Siân "S" O’Neill: nobody'),
        Check("offered, with room", "unknown", None, "choice 1", "could not be asked"),
    ),
    choices=(
        ChoiceFinding(CHOICES[0], ChoiceResult.FULL, Reason.SLOT_UNAVAILABLE),
        ChoiceFinding(CHOICES[1], ChoiceResult.UNKNOWN, None, Why.TOO_SLOW),
        ChoiceFinding(CHOICES[2], ChoiceResult.NOT_TRIED),
    ),
    at=datetime(2026, 11, 30, 10, 30, 0, 123456),
)


def test_a_trace_comes_back_as_it_was() -> None:
    back = Trace.from_json(TRACE.to_json())
    assert back == TRACE
    assert isinstance(back.checks[1].reason, Reason)
    assert isinstance(back.choices[0].result, ChoiceResult)
    assert isinstance(back.choices[1].why, Why)


def test_how_a_trace_is_stored() -> None:
    """Rows in the database outlive the code that wrote them."""
    assert json.loads(TRACE.to_json()) == {
        "at": "2026-11-30T10:30:00.123456",
        "checks": [
            ["prisoner found", "pass", None, "", ""],
            ["on the contact list", "fail", "visitor_not_on_list", "visitor 2", 'Siân "S" O’Neill: nobody'],
            ["offered, with room", "unknown", None, "choice 1", "could not be asked"],
        ],
        "choices": [
            ["2026-12-07T14:00/15:00", "full", "slot_unavailable", None],
            ["2026-12-08T14:00/15:00", "unknown", None, "too_slow"],
            ["2026-12-09T14:00/15:00", "not_tried", None, None],
        ],
    }
    assert "Siân" in TRACE.to_json()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"at": "yesterday", "checks": [], "choices": []}',
        '{"at": "2026-11-30", "checks": [], "choices": [["2026-12-07", "full", null, null]]}',
        '{"at": "2026-11-30", "checks": [["x", "fail", "because", "", ""]], "choices": []}',
    ],
)
def test_a_damaged_row_is_an_error(text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        Trace.from_json(text)
