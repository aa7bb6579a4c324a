"""Replies that are not plainly of the contract: a read is not understood, and a booking proves nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from nomis_client import (
    Contact,
    NotUnderstood,
    OutcomeUnknown,
)
from nomis_client.rest import payloads
from nomis_client.rest.replies import booking_answer, read_answer
from tests.support.rest_replies import READS, a_reply, check_types, now, written

SURELY_WRONG = {
    "empty list": b"[]",
    "null": b"null",
    "text": b'"x"',
    "BOM": b"\xef\xbb\xbf" + written({"found": False}),
    "UTF-16": json.dumps({"found": False}).encode("utf-16"),
    "Latin-1": '{"found": false, "x": "é"}'.encode("latin-1"),
    "NaN": b'{"found": false, "x": NaN}',
    "infinite": b'{"found": false, "x": -Infinity}',
    "very deep": b'{"found": false, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "very long number": b'{"found": true, "offender": {"id": ' + b"9" * 5000 + b"}}",
    "more than 63 bits": b'{"found": true, "offender": {"id": 9223372036854775808}}',
    "negative": b'{"found": true, "offender": {"id": -1}}',
    "a fraction": b'{"found": true, "offender": {"id": 7.0}}',
    "an exponent": b'{"found": true, "offender": {"id": 7e0}}',
    "an id as text": b'{"found": true, "offender": {"id": "7"}}',
    "an id as truth": b'{"found": true, "offender": {"id": true}}',
    "truth as number": b'{"found": 1, "offender": {"id": 7}}',
    "truth as text": b'{"found": "true", "offender": {"id": 7}}',
    "missing": b"{}",
    "missing inside": b'{"found": true}',
    "twice": b'{"found": true, "found": false}',
    "twice inside": b'{"found": false, "x": [{"y": 1, "y": 2}]}',
    "more behind": b'{"found": false} {}',
    "half a surrogate pair": b'{"found": false, "x": "\\ud800"}',
    "a NUL": b'{"found": false, "x": "\\u0000"}',
    "a control character": b'{"found": false, "x": "\x01"}',
    "comma at the end": b'{"found": false,}',
}


@pytest.mark.parametrize("body", SURELY_WRONG.values(), ids=SURELY_WRONG.keys())
def test_a_read_that_is_not_plainly_of_the_contract_is_not_understood(body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        read_answer(a_reply(body), payloads.offender, now)


WRONG_BOOKINGS = [
    body.replace(b'"found": true, "found"', b'"visit_id": 1, "found"').replace(b'"found": false', b'"visit_id": 5984')
    for body in SURELY_WRONG.values()
] + [b'{"visit_id": %s}' % number for number in (b"9223372036854775808", b"9" * 5000, b"-1", b"5e3", b"NaN", b"null")]


@pytest.mark.parametrize("body", WRONG_BOOKINGS, ids=lambda body: repr(body[:40]))
def test_such_a_reply_to_a_booking_proves_nothing(body: bytes) -> None:
    with pytest.raises(OutcomeUnknown):
        booking_answer(a_reply(body))


@pytest.mark.parametrize("charset", ["iso-8859-1", '"UTF-16"', "nonsense"])
def test_another_charset_is_not_guessed_at(charset: str) -> None:
    with pytest.raises(NotUnderstood, match="charset"):
        reply = a_reply(b'{"found": false}', content_type=f"application/json; charset={charset}")
        read_answer(reply, payloads.offender, now)


@pytest.mark.parametrize("content_type", ["", "application/json;charset=UTF-8", 'text/plain; charset="utf-8"; x=y'])
def test_the_right_charset_may_be_spelled_in_many_ways(content_type: str) -> None:
    assert read_answer(a_reply(b'{"found": false}', content_type=content_type), payloads.offender, now) is None


# Marked as optional by the contract, or not read by us at all; everything else must be there.
OPTIONAL = {
    ("establishment", "desc"),
    ("housing_location",),
    ("housing_location", "description"),
    ("housing_location", "levels"),
    ("contacts", "middle_names"),
    ("contacts", "date_of_birth"),
    ("contacts", "gender"),
    ("contacts", "gender", "code"),
    ("contacts", "relationship_type"),
    ("contacts", "relationship_type", "code"),
    ("contacts", "restrictions", "expiry_date"),
    ("version",),
}
NOT_READ = {("housing_location", "levels"), ("contacts", "gender"), ("version",)}


@pytest.mark.parametrize("name", READS)
def test_every_member_must_be_there_and_of_its_type(name: str) -> None:
    parse, body = READS[name]
    for path, change, changed in _each_member_changed(body):
        unread = any(path[: len(one)] == one for one in NOT_READ)
        a_day_left_out = name == "unavailability" and len(path) == 1 and change == "gone"
        if unread or a_day_left_out or (change in {"gone", "null"} and path in OPTIONAL) or path[-1] == "desc":
            check_types(read_answer(a_reply(written(changed)), parse, now))
            continue
        try:
            value = read_answer(a_reply(written(changed)), parse, now)
        except NotUnderstood:
            continue
        assert change not in {"gone", "null"}, path
        check_types(value)


def _each_member_changed(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str, object]]:
    """A path, what was done to it, and the whole with it done: each member gone, null, or of another type."""
    if isinstance(value, dict):
        for key, inner in value.items():
            here = (*path, key)
            yield here, "gone", {k: v for k, v in value.items() if k != key}
            yield here, "null", value | {key: None}
            others: list[Any] = [[], {}, "x", 5, True, [None]]
            for wrong in others:
                yield here, "other", value | {key: wrong}
            for deeper, change, changed in _each_member_changed(inner, here):
                yield deeper, change, value | {key: changed}
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            for deeper, change, changed in _each_member_changed(inner, path):
                yield deeper, change, [*value[:at], changed, *value[at + 1 :]]


def test_a_contact_without_its_optional_members_is_complete() -> None:
    minimal = {
        "id": 1,
        "given_name": "ADA",
        "surname": "LOVELACE",
        "relationship_type": {},
        "contact_type": {"code": "S"},
        "approved_visitor": True,
        "active": True,
        "restrictions": [],
    }
    (contact,) = payloads.contacts({"contacts": [minimal]})
    assert contact == Contact(1, "ADA", "", "LOVELACE", None, "S", "", True, True)
