"""A name server that never answers: the call ends at its deadline, and what it would have written is never written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from threading import Event
from typing import Any

import pytest

from nomis_client import Booked, CancellationCode, PrisonSystem, Unavailable
from tests.support.raw_server import Answer, raw_server, replies
from tests.support.rest_clients import OFFENDER, Ear, book, rest_client, soon
from tests.support.soap_clients import soap_client
from tests.support.soap_replies import BOOKED, says

pytestmark = pytest.mark.parametrize(
    ("make_client", "path", "booked"),
    [
        pytest.param(rest_client, "", replies(200, {"visit_id": 5984}), id="rest"),
        pytest.param(soap_client, "/ws/visits", says(BOOKED), id="soap"),
    ],
)

MakeClient = Callable[..., AbstractAsyncContextManager[PrisonSystem]]
NOBODY = "http://prison-system.invalid"


@pytest.fixture
async def names() -> AsyncIterator[Event]:
    """Until this is set, every look-up of a name hangs: it waits for the one thread that asks the name servers."""
    answered = Event()
    threads = ThreadPoolExecutor(1)
    threads.submit(answered.wait)
    asyncio.get_running_loop().set_default_executor(threads)
    yield answered
    answered.set()
    await asyncio.get_running_loop().shutdown_default_executor()


async def _book(client: PrisonSystem) -> object:
    return await book(client, seconds=0.1)


async def _cancel(client: PrisonSystem) -> object:
    return await client.cancel(OFFENDER, 5984, CancellationCode.VISITOR, soon(0.1))


async def _read(client: PrisonSystem) -> object:
    return await client.contacts(OFFENDER, soon(0.1))


@pytest.mark.parametrize("call", [_book, _cancel, _read])
@pytest.mark.parametrize("settings", [{}, {"connect_timeout": 0.03}], ids=["deadline", "connect_timeout"])
async def test_a_call_ends_in_time_and_surely_sent_nothing(
    make_client: MakeClient, path: str, booked: Answer, names: Event, call: Any, settings: dict[str, Any]
) -> None:
    ear = Ear()
    async with make_client(NOBODY + path, ear, **settings) as client, asyncio.timeout(30):
        with pytest.raises(Unavailable) as failure:
            await call(client)
    assert failure.value.reason == "timeout"
    assert {outcome for _, outcome in ear.calls} == {"timeout"}
    assert not names.is_set(), "the look-up was still hanging"


async def test_a_booking_that_was_given_up_is_not_sent_when_the_name_is_found_after_all(
    make_client: MakeClient, path: str, booked: Answer, names: Event
) -> None:
    async with raw_server(booked) as server, make_client(f"http://localhost:{server.port}{path}") as client:
        with pytest.raises(Unavailable):
            await _book(client)
        names.set()
        assert isinstance(await book(client), Booked)
    assert len(server.requests) == server.connections == 1


async def test_a_client_is_closed_although_a_look_up_hangs(
    make_client: MakeClient, path: str, booked: Answer, names: Event
) -> None:
    async with asyncio.timeout(30):
        async with make_client(NOBODY + path) as client:
            with pytest.raises(Unavailable):
                await _book(client)
    assert not names.is_set()
