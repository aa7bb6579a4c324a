"""Fingerprints: equal for equal requests, different for others, and nothing can be read from them."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.booking.fingerprints import Fingerprinter, NormalForm, canonical, normal_form, raw_normal_form
from booking_rules.request import RawPerson, RawPrisoner, RawRequest, VisitRequest, check_request
from tests.support.booking_cases import CHOICES, NO_HOLIDAYS, NOW, TODAY, a_prison, a_raw_request

_PAD = st.sampled_from(["", " ", "  "])
_NAME = st.text(alphabet="Adaé-' Ł", min_size=1, max_size=12)
_BORN = st.dates(min_value=TODAY.replace(year=TODAY.year - 80), max_value=TODAY.replace(year=TODAY.year - 19))


@st.composite
def _raw_requests(draw: st.DrawFn) -> RawRequest:
    """Mostly requests that can be accepted, spelled in every way that is read."""

    def padded(values: st.SearchStrategy[str]) -> str:
        return draw(_PAD) + draw(values) + draw(_PAD)

    def person() -> RawPerson:
        return RawPerson(padded(_NAME), padded(_NAME), draw(_BORN).isoformat())

    slots = st.sampled_from([str(slot) for slot in CHOICES])
    number = padded(st.sampled_from(["A1234BC", "a1234bc"]))
    return RawRequest(
        prisoner=RawPrisoner(padded(_NAME), padded(_NAME), "1971-12-26", number),
        visitors=tuple(person() for _ in range(draw(st.integers(1, 3)))),
        slot_options=(draw(slots), *draw(st.lists(slots | st.sampled_from(["", None]), max_size=2))),
        contact_email_address=padded(st.just("ada@example.com")),
        contact_phone_no=draw(st.sampled_from(["01632 960123", "+441632960123", "(01632) 960-123"])),
    )


@given(_raw_requests())
def test_before_and_after_checking_the_normal_form_is_one(raw: RawRequest) -> None:
    prison = a_prison()
    checked = check_request(prison, raw, TODAY, NOW, NO_HOLIDAYS)
    if isinstance(checked, VisitRequest):
        assert raw_normal_form(prison.id, raw) == normal_form(prison.id, checked)


@pytest.mark.parametrize(
    "raw",
    [
        a_raw_request(contact_phone_no="x"),
        a_raw_request(contact_phone_no=None),
        a_raw_request(slot_options=("x",)),
        a_raw_request(slot_options=(None,)),
        a_raw_request(visitors=()),
        a_raw_request(visitors=(RawPerson("Ada", "Lovelace", "x"),)),
        a_raw_request(prisoner=RawPrisoner("C", "B", "1971-12-26", "A123")),
        a_raw_request(prisoner=RawPrisoner("C", "B", None, "A1234BC")),
    ],
)
def test_what_can_never_be_accepted_has_no_normal_form(raw: RawRequest) -> None:
    assert raw_normal_form("x", raw) is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), _JSON, max_size=4))
def test_equal_json_is_one_text(body: dict[str, object]) -> None:
    shuffled = json.loads(json.dumps(dict(reversed(body.items())), indent=3))
    assert canonical(shuffled) == canonical(body)
    assert json.loads(canonical(body)) == body


@given(st.binary(min_size=16, max_size=40), st.text(), st.dictionaries(st.text(), _JSON, max_size=3))
def test_what_was_stored_before_is_known_again(key: bytes, caller: str, body: dict[str, object]) -> None:
    """Fingerprints outlive the process that made them."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    expected = hmac.new(key, json.dumps(["body", caller, text]).encode("ascii"), hashlib.sha256).hexdigest()
    made = Fingerprinter(key).of(caller=caller, idempotency_key=None, request_id=None, body=body, normal=None)
    assert made.body == expected


def test_callers_kinds_and_keys_are_kept_apart() -> None:
    """What one caller, header or installation produces never meets what another does."""
    made = set()
    for key in (b"k" * 16, b"l" * 16):
        for caller in ("", "a", "b"):
            for text in ("x", "y"):
                maker = Fingerprinter(key)
                plain = maker.of(
                    caller=caller, idempotency_key=None, request_id=text, body={"a": text}, normal=NormalForm(text)
                )
                keyed = maker.of(caller=caller, idempotency_key=text, request_id=text, body={}, normal=NormalForm(text))
                assert plain.key is None
                assert (keyed.rid, keyed.same) == (None, None)
                made |= {plain.rid, plain.same, plain.body, keyed.key}
    assert len(made) == 2 * 3 * 2 * 4


def test_without_an_id_there_is_nothing_to_compare() -> None:
    found = Fingerprinter(b"k" * 16).of(caller="", idempotency_key=None, request_id=None, body={}, normal=None)
    assert (found.key, found.rid, found.same) == (None, None, None)
