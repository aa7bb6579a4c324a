"""Lines as they are written, held against those that structlog and the standard library make of the same."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from hypothesis import example, given
from hypothesis import strategies as st

from adapter.log.events import EVENTS
from adapter.log.fields import _PERSONAL, _SHAPES, FIELDS, MASK, Kind, in_json, safe
from adapter.log.lines import Stamp, mask_undeclared, masked_json

VISIT = "1b9e1a0e-5a0c-4c52-9d0a-3f6f0d7f8a11"
_UUID = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Word(str):
    """A string that isn't quite one, as an enum's value may be."""

    __slots__ = ()


_ids = st.uuids().map(str) | st.from_regex(rf"{_UUID.pattern}-?s?[0-9]{{0,15}}", fullmatch=True)
_texts = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["checking", "POST", "/api/visits/{id}", "A1234BC", "1815-12-10", "07700900123", MASK, '"', "\u2028"]
    ),
    _ids,
    *(st.from_regex(shape, fullmatch=True) for shape in _SHAPES.values()),
)
_plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    _texts,
    _texts.map(Word),
    st.binary(max_size=3),
    st.just(object()),
)
_values = st.one_of(
    _plain, st.lists(_plain, max_size=3), st.lists(_texts, max_size=3).map(tuple), st.sets(_texts, max_size=3)
)
_lines = st.builds(
    lambda event, fields, more, end: {**fields, **more, "event": event, **end},
    event=st.sampled_from([*EVENTS]) | _texts | st.just(None) | st.just(7),
    fields=st.dictionaries(st.sampled_from([*FIELDS]), _values, max_size=8),
    more=st.dictionaries(st.text(max_size=5), _values, max_size=2),
    end=st.fixed_dictionaries({"level": st.sampled_from(["info", "error"]), "at": st.just("2026-11-28T11:13:49.1Z")}),
)


@given(name=st.sampled_from([*FIELDS]), value=_values)
@example(name="duration_ms", value=float("nan"))
@example(name="duration_ms", value=1e22)
@example(name="step", value=MASK)
def test_a_value_in_json_is_the_safe_value_in_json(name: str, value: object) -> None:
    expected = json.dumps(safe(name, value), ensure_ascii=False)
    assert [in_json(name, value) for _ in range(2)] == [expected] * 2  # the second time it may be a known one


@given(line=_lines)
@example(line={"kind": "x", "event": "Ada wants to visit A1234BC", "error": ["ValueError"], "level": "info", "at": "Z"})
@example(line={'a"b': "Ada", "event": "visit.requested", "count": 1, "visit": VISIT, "level": "info", "at": "Z"})
def test_a_line_is_what_structlog_makes_of_the_masked_one(line: dict[str, Any]) -> None:
    expected = structlog.processors.JSONRenderer(ensure_ascii=False)(
        None, "info", mask_undeclared(None, "info", {**line})
    )
    assert masked_json(None, "info", {**line}) == expected


@given(value=_ids)
@example(value=f"{VISIT}-1")
@example(value=f"{VISIT}-s1")
@example(value=f"{VISIT}-07700900123")
@example(value=f"{VISIT}1815-12-10")
def test_an_identifier_is_let_through_as_its_shape_says(value: str) -> None:
    looks_right = _SHAPES[Kind.ID].fullmatch(value) and not _PERSONAL.search(_UUID.sub("", value))
    assert safe("visit", value) == (value if looks_right else MASK)


@pytest.mark.parametrize("micros", [0, 1, 999_999, 123_456])
def test_the_time_is_written_as_the_library_writes_it(micros: int, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp = Stamp()
    for second in (1_795_864_429, 1_795_864_429, 1_795_864_430, 1_795_864_428, 0, 253_402_300_799):
        now = second * 1_000_000 + micros
        monkeypatch.setattr(time, "time_ns", lambda now=now: now * 1000 + 999)
        expected = datetime.fromtimestamp(second, UTC).replace(microsecond=micros).isoformat().replace("+00:00", "Z")
        assert stamp(None, "info", {})["at"] == expected
