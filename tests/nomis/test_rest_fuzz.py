"""Whatever a reply looks like, a read gives a value or one of our errors, and a booking is believed only if it is one.

Some hundred damaged replies in the normal suite; `make fuzz` sends 10,000 (`MUTATIONS=`, `SEED=`).
"""

from __future__ import annotations

import os
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import is_dataclass
from datetime import date
from random import Random
from typing import Any

import pytest

from nomis_client import (
    Booked,
    BookingRefused,
    CancelAnswer,
    NomisError,
    NotUnderstood,
    OutcomeUnknown,
    Refused,
    Unavailable,
)
from nomis_client.rest.replies import booking_answer, cancellation_answer, read_answer
from tests.support.mutations import damaged
from tests.support.raw_server import Answer, Request, closes, raw_server, sends
from tests.support.rest_clients import ORDER, book, rest_client, soon
from tests.support.rest_replies import BOOKED, READS, REFUSED, STATUSES, a_reply, check_types, now, written


def _judge_damage(rng: Random) -> None:
    """One damaged reply to each kind of operation."""
    parse, body = READS[rng.choice(sorted(READS))]
    with suppress(Refused, Unavailable, NotUnderstood):
        check_types(read_answer(a_reply(damaged(rng, written(body)), rng.choice(STATUSES)), parse, now))
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
