"""Whatever an envelope looks like, a read gives a value or one of our errors; a booking is believed only if it is one.

Some hundred damaged envelopes in the normal suite; `make fuzz` reads 10,000 of each kind (`MUTATIONS=`, `SEED=`).
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from random import Random

import pytest

from nomis_client import Booked, BookingRefused, CancelAnswer, NotUnderstood, OutcomeUnknown, Refused, Unavailable
from nomis_client.soap.replies import booking_answer, cancellation_answer, read_answer
from tests.support.mutations import damaged
from tests.support.raw_server import closes, raw_server, sends
from tests.support.rest_clients import NOW, book, soon
from tests.support.rest_replies import check_types
from tests.support.soap_clients import soap_client
from tests.support.soap_replies import BOOKED, CANCELLED, READS, a_reply, asked, fault, response

STATUSES = (200, 400, 404, 500, 503)
TOKENS = (
    b"&amp;",
    b"&e;",
    b"&#0;",
    b"&#xD800;",
    b"<![CDATA[",
    b"]]>",
    b"<!-- -->",
    b"<?pi?>",
    b"<v:VisitId>7</v:VisitId>",
    b"<VisitId>7</VisitId>",
    b"<v:Error>Duplicate post</v:Error>",
    b"<v:x xmlns:v='urn:x'/>",
    b' xsi:nil="true"',
    b' xmlns=""',
    b"<s:Fault/>",
    b"<!DOCTYPE x [<!ENTITY e 'x'>]>",
    b"<a>" * 3000,
    b"9" * 5000,
    b"-1",
    b"\xc2",
    b"\xff\xfe",
    b"2026-13-45",
    b"2026-12-14T25:00:00",
)
_TAG = re.compile(rb"</?[^>]+>")


def _xml_damaged(rng: Random, body: bytes) -> bytes:
    """Damage where it hurts most: a tag or a text gone, twice, moved or replaced; now and then to any byte."""
    for _ in range(rng.randint(1, 3)):
        tags = list(_TAG.finditer(body))
        if rng.random() < 0.3 or not tags:
            body = damaged(rng, body)
            continue
        one, other = rng.choice(tags), rng.choice(tags)
        begin, end = sorted((one.start(), other.end()))
        match rng.randrange(5):
            case 0:
                body = body[: one.start()] + body[one.end() :]
            case 1:
                body = body[:begin] + body[end:]
            case 2:
                body = body[:end] + body[begin:end] + body[end:]
            case 3:
                body = body[: one.end()] + rng.choice(TOKENS) + body[one.end() :]
            case _:
                until = body.find(b"<", one.end())
                body = body[: one.end()] + rng.choice(TOKENS) + body[max(until, one.end()) :]
    return body


def _judge_damage(rng: Random) -> None:
    """One damaged envelope to each kind of operation."""
    parse, operation, members = READS[rng.choice(sorted(READS))]
    body = rng.choice([response(operation, members), fault("OFFENDER_IN_TRANSIT"), fault()])
    with suppress(Refused, Unavailable, NotUnderstood):
        check_types(
            read_answer(a_reply(_xml_damaged(rng, body), rng.choice(STATUSES)), asked(operation), parse, lambda: NOW)
        )
    status, good = rng.choice([(200, BOOKED), (500, fault("BOOKING_REJECTED", "No VO balance"))])
    try:
        answer = booking_answer(a_reply(_xml_damaged(rng, good), status), asked("BookVisit"))
        assert isinstance(answer, Booked if status == 200 else BookingRefused)
        if isinstance(answer, Booked):
            assert type(answer.visit_id) is int
            assert 0 < answer.visit_id < 2**63
    except OutcomeUnknown:
        pass
    good = rng.choice([CANCELLED, fault("ALREADY_CANCELLED")])
    try:
        reply = a_reply(_xml_damaged(rng, good), rng.choice(STATUSES))
        assert isinstance(cancellation_answer(reply, asked("CancelVisit"), lambda: NOW), CancelAnswer)
    except (Unavailable, OutcomeUnknown):
        pass


@pytest.mark.parametrize("seed", range(4))
def test_damaged_envelopes(seed: int) -> None:
    rng = Random(seed)
    for _ in range(100):
        _judge_damage(rng)


async def _send_damage(rng: Random, times: int) -> None:
    whole = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n"
    for _ in range(times):
        booked = _xml_damaged(rng, BOOKED)
        async with raw_server(sends(whole % len(booked) + booked, closes)) as server, soap_client(server) as client:
            with suppress(OutcomeUnknown):
                assert isinstance(await book(client), Booked)
            assert len(server.requests) == 1
            with suppress(Refused, Unavailable, NotUnderstood):
                check_types(await client.location("A1234BC", soon()))


async def test_damaged_envelopes_on_the_wire() -> None:
    await _send_damage(Random(0), 15)


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_many_damaged_envelopes() -> None:
    rng = Random(os.environ.get("SEED", "0"))
    for _ in range(int(os.environ.get("MUTATIONS", "10000"))):
        _judge_damage(rng)


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_many_damaged_envelopes_on_the_wire() -> None:
    await _send_damage(Random(os.environ.get("SEED", "0")), int(os.environ.get("MUTATIONS", "10000")) // 20)
