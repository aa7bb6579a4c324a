"""Reading JSON quickly is reading it carefully: the same values, the same complaints, whatever comes."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomis_client.rest.decoding import decode, read_carefully
from nomis_client.values import Malformed
from tests.support.mutations import damaged
from tests.support.rest_replies import READS, written

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def _as_told(read: object) -> str:
    """Types and all: 1 is not 1.0, nor True."""
    return repr(read)


def check(body: bytes) -> None:
    """Both ways lead to the same end."""
    try:
        carefully = read_carefully(body)
        if type(carefully) is not dict:
            raise Malformed("not_an_object")
    except Malformed as flaw:
        with pytest.raises(Malformed) as found:
            decode(body, "application/json")
        assert found.value.reason == flaw.reason
    else:
        assert _as_told(decode(body, "application/json")) == _as_told(carefully)


@given(st.dictionaries(st.text(), VALUES), st.booleans(), st.sampled_from([None, 0, 2, "\t"]))
def test_whatever_json_can_spell(value: dict[str, object], ascii_only: bool, indent: int | str | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    check(text.encode("utf-8", "surrogatepass"))


@given(
    st.lists(st.tuples(st.text('abcé:" \\', max_size=2), VALUES), max_size=5), st.sampled_from([":", " : ", "\n:\t"])
)
def test_members_that_come_twice(members: list[tuple[str, object]], colon: str) -> None:
    spelled = ((json.dumps(name, ensure_ascii=False), json.dumps(value, ensure_ascii=False)) for name, value in members)
    inner = ",".join(f"{name}{colon}{value}" for name, value in spelled)
    check(f'{{"in": {{{inner}}}}}'.encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=60) | st.text('{}[]",:\\u0d8 1e-.NaInftyrulse\x00é', max_size=40).map(str.encode))
def test_any_bytes(body: bytes) -> None:
    check(body)
    check(b'{"a":' + body + b"}")


@pytest.mark.parametrize("seed", range(3))
def test_damaged_replies(seed: int) -> None:
    rng = Random(seed)
    for _ in range(300):
        _, body = READS[rng.choice(sorted(READS))]
        check(damaged(rng, written(body)))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"a": 1, "a": 1}', "duplicate_member"),
        ('{"a": 1, "a" : "\\u0061"}', "duplicate_member"),
        ('{"a": {"b": ":", "b":":"}}', "duplicate_member"),
        ('{"a": [{"b": [], "b": {}}]}', "duplicate_member"),
        ('{"a": NaN}', "not_a_number"),
        ('{"a": -Infinity}', "not_a_number"),
        ('{"a": "\\ud800"}', "not_utf8"),
        ('{"a": "\\u0000"}', "nul_character"),
        ('{"a": "\x00"}', "not_json"),
        ('{"a": ' + "1" * 5000 + "}", "not_json"),
        ('{"a": ' + "[" * 100_000 + "}", "too_deep"),
        ('\ufeff{"a": 1}', "not_json"),
        ("[]", "not_an_object"),
        ("null", "not_an_object"),
        ("", "not_json"),
    ],
)
def test_what_is_wrong_is_named(body: str, reason: str) -> None:
    with pytest.raises(Malformed) as flaw:
        decode(body.encode(), "application/json")
    assert flaw.value.reason == reason


@pytest.mark.parametrize("deep", [150, 250, 400])
def test_depth_that_the_quick_way_does_not_reach_is_read_all_the_same(deep: int) -> None:
    check(b'{"a": ' + b"[" * deep + b"]" * deep + b"}")
