"""Whatever a reply looks like, a read gives a value or one of our errors, and a booking is believed only if it is one.

Some hundred damaged replies in the normal suite; `make fuzz` sends 10,000 (`MUTATIONS=`, `SEED=`).
"""

from __future__ import annotations

import json
import os
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from random import Random
from typing import Any, get_type_hints

import pytest

from nomis_client import (
    Booked,
    BookingRefused,
    CancelAnswer,
    Contact,
    NomisError,
    NotUnderstood,
    OutcomeUnknown,
    Refused,
    SlotTime,
    Unavailable,
)
from nomis_client.rest import payloads
from nomis_client.rest.decoding import Object
from nomis_client.rest.replies import booking_answer, cancellation_answer, read_answer
from nomis_client.wire import Reply
from tests.support.mutations import damaged
from tests.support.raw_server import Answer, Request, closes, raw_server, sends
from tests.support.rest_clients import ORDER, book, rest_client, soon

READS: dict[str, tuple[Callable[[Object], object], object]] = {
    "offender": (payloads.offender, {"found": True, "offender": {"id": 1057307}}),
    "location": (
        payloads.location,
        {
            "establishment": {"code": "LEI", "desc": "LEEDS (HMP)"},
            "housing_location": {"description": "LEI-A-1", "levels": [{"type": "Wing", "value": "A"}]},
        },
    ),
    "contacts": (
        payloads.contacts,
        {
            "contacts": [
                {
                    "id": 13428,
                    "given_name": "ADA",
                    "middle_names": "B",
                    "surname": "LOVELACE",
                    "date_of_birth": "1985-12-10",
                    "gender": {"code": "F"},
                    "relationship_type": {"code": "SIS"},
                    "contact_type": {"code": "S"},
                    "approved_visitor": True,
                    "active": True,
                    "restrictions": [
                        {"type": {"code": "BAN"}, "effective_date": "2026-01-02", "expiry_date": "2026-02-03"}
                    ],
                }
            ]
        },
    ),
    "dates": (payloads.available_dates, {"dates": ["2026-12-05", "2026-12-06"]}),
    "unavailability": (
        payloads.unavailability,
        {
            "2026-12-05": {
                "external_movement": False,
                "existing_visits": [{"id": 5915, "slot": "2026-12-05T14:00/15:00"}],
                "out_of_vo": False,
                "banned": False,
            }
        },
    ),
    "restrictions": (
        payloads.restrictions,
        {"restrictions": [{"type": {"code": "CLOSED"}, "effective_date": "2026-01-02"}]},
    ),
    "slots": (
        payloads.slots,
        {
            "slots": [
                {
                    "time": "2026-12-05T13:59/15:00",
                    "capacity": 10,
                    "max_groups": 5,
                    "max_adults": 8,
                    "groups_booked": 1,
                    "visitors_booked": 2,
                    "adults_booked": 2,
                }
            ]
        },
    ),
    "found": (
        payloads.found_visits,
        {
            "visits": [
                {
                    "visit_id": 5984,
                    "client_unique_ref": "7f3c-0",
                    "slot": "2026-12-05T14:00/15:00",
                    "visit_status": {"code": "SCH"},
                    "visitors": [{"id": 13428, "lead": True}],
                }
            ]
        },
    ),
    "version": (payloads.version, {"version": "1.2"}),
}
BOOKED = {"visit_id": 5984, "visit_order": {"number": 2018000000157, "type": {"code": "VO"}}}
REFUSED = {"errors": [{"message": "No VO balance"}, {"message": "Visitor 13429 is not an approved contact"}]}
STATUSES = (200, 400, 404, 409, 423, 500)


def now() -> datetime:
    return datetime(2026, 11, 30, tzinfo=UTC)


def a_reply(body: bytes, status: int = 200, content_type: str = "application/json") -> Reply:
    return Reply(status, {"Content-Type": content_type}, body)


def written(value: object) -> bytes:
    return json.dumps(value).encode()


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
            _check_types(read_answer(a_reply(written(changed)), parse, now))
            continue
        try:
            value = read_answer(a_reply(written(changed)), parse, now)
        except NotUnderstood:
            continue
        assert change not in {"gone", "null"}, path
        _check_types(value)


def _each_member_changed(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str, object]]:
    """A path, what was done to it, and the whole with it done: each member gone, null, or of another type."""
    if isinstance(value, dict):
        for key, inner in value.items():
            here = (*path, key)
            yield here, "gone", {k: v for k, v in value.items() if k != key}
            yield here, "null", value | {key: None}
            for wrong in ([], {}, "x", 5, True, [None]):
                yield here, "other", value | {key: wrong}
            for deeper, change, changed in _each_member_changed(inner, here):
                yield deeper, change, value | {key: changed}
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            for deeper, change, changed in _each_member_changed(inner, path):
                yield deeper, change, [*value[:at], changed, *value[at + 1 :]]


def _check_types(value: object) -> None:
    """A value that came through is of the types that the port promises, all the way down."""
    if is_dataclass(value) and not isinstance(value, type):
        hints = get_type_hints(type(value))
        for field in fields(value):
            inner = getattr(value, field.name)
            if hints[field.name] in {int, str, bool, date, SlotTime}:
                assert type(inner) is hints[field.name], field.name
            _check_types(inner)
    elif isinstance(value, (tuple, frozenset)):
        for inner in value:
            _check_types(inner)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            assert type(key) is date
            _check_types(inner)
    elif type(value) is int:
        assert 0 <= value < 2**63
    elif type(value) is str:
        value.encode("utf-8")
        assert "\x00" not in value
    else:
        assert value is None or type(value) in {bool, date}, type(value)


def _judge_damage(rng: Random) -> None:
    """One damaged reply to each kind of operation."""
    parse, body = READS[rng.choice(sorted(READS))]
    with suppress(Refused, Unavailable, NotUnderstood):
        _check_types(read_answer(a_reply(damaged(rng, written(body)), rng.choice(STATUSES)), parse, now))
    status, good = rng.choice([(200, BOOKED), (400, REFUSED), (409, {"error": "Duplicate post"})])
    try:
        answer = booking_answer(a_reply(damaged(rng, written(good)), status))
        assert isinstance(answer, Booked if status == 200 else BookingRefused)
        if isinstance(answer, Booked):
            assert type(answer.visit_id) is int
            assert 0 < answer.visit_id < 2**63
    except OutcomeUnknown:
        pass
    try:
        body = rng.choice([{"message": "Visit Cancelled"}, {"error": {"message": "Visit already cancelled"}}])
        assert isinstance(
            cancellation_answer(a_reply(damaged(rng, written(body)), rng.choice(STATUSES)), now), CancelAnswer
        )
    except (Unavailable, OutcomeUnknown):
        pass


class _Sorted:
    """Answers each call in its own way."""

    def __init__(self, by_call: Mapping[str, Answer]) -> None:
        self.by_call = by_call

    async def __call__(self, request: Request, reader: StreamReader, writer: StreamWriter) -> None:
        name = request.target.partition("?")[0].rpartition("/")[2]
        await self.by_call[name](request, reader, writer)


async def _send_damage(rng: Random, times: int) -> None:
    """Damaged replies over real connections, headers and all; a good one in between must come through unharmed."""
    good = written(READS["offender"][1])
    whole = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(good) + good
    booked = written(BOOKED)
    done = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(booked) + booked
    for _ in range(times):
        by_call = {
            "location": sends(damaged(rng, whole), closes),
            "booking": sends(damaged(rng, done), closes),
            "active_offender": sends(whole),
        }
        async with raw_server(_Sorted(by_call)) as server, rest_client(server) as client:
            await _survives(lambda: client.location("A1234BC", soon(0.06)), (Refused, Unavailable, NotUnderstood))
            await _survives(lambda: book(client, ORDER, 10.0), (OutcomeUnknown,))
            assert await client.find_offender("A1234BC", date(1971, 12, 26), soon()) == 1057307


async def _survives(attempt: Callable[[], Any], allowed: tuple[type[NomisError], ...]) -> None:
    try:
        value = await attempt()
    except allowed:
        return
    assert isinstance(value, (Booked, BookingRefused)) or is_dataclass(value)


@pytest.mark.parametrize("seed", range(4))
def test_damaged_replies(seed: int) -> None:
    rng = Random(seed)
    for _ in range(100):
        _judge_damage(rng)


async def test_damaged_replies_on_the_wire() -> None:
    await _send_damage(Random(0), 15)


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_many_damaged_replies() -> None:
    seed = os.environ.get("SEED", "0")
    rng = Random(seed)
    for _ in range(int(os.environ.get("MUTATIONS", "10000"))):
        _judge_damage(rng)


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_many_damaged_replies_on_the_wire() -> None:
    await _send_damage(Random(os.environ.get("SEED", "0")), int(os.environ.get("MUTATIONS", "10000")) // 20)


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
