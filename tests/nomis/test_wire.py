"""What bytes can do to us: a reply that is not whole is no reply, and nothing is sent twice behind our back."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from nomis_client.wire import REPLY_LIMIT, NoReply, Reply, Wire
from tests.support.raw_server import (
    Answer,
    RawServer,
    closes,
    drips,
    hangs,
    raw_server,
    replies,
    resets,
    sends,
)

OK = replies(200, {"fine": True})
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@asynccontextmanager
async def a_wire(**settings: Any) -> AsyncIterator[Wire]:
    loop = asyncio.get_running_loop()
    wire = Wire(monotonic=loop.time, **({"connect_timeout": 5.0} | settings))
    try:
        yield wire
    finally:
        await wire.close()


async def get(wire: Wire, server: RawServer | str, seconds: float = 10.0) -> Reply:
    url = server if isinstance(server, str) else server.url
    return await wire.read("GET", url + "/x", {}, None, asyncio.get_running_loop().time() + seconds)


async def post(wire: Wire, server: RawServer | str, seconds: float = 10.0) -> Reply:
    url = server if isinstance(server, str) else server.url
    return await wire.write("POST", url + "/x", {}, b"{}", asyncio.get_running_loop().time() + seconds)


async def test_a_whole_reply_comes_as_it_is() -> None:
    async with raw_server(OK) as server, a_wire() as wire:
        reply = await post(wire, server)
    assert (reply.status, reply.body) == (200, b'{"fine": true}')


@pytest.mark.parametrize(
    ("answer", "seconds", "reason"),
    [
        pytest.param(hangs, 0.5, "timeout", id="never answers"),
        pytest.param(drips(HEAD + b"Content-Length: 5000\r\n\r\n" + b" " * 5000, 0.01), 0.5, "timeout", id="drips"),
        pytest.param(sends(HEAD + b"Content-Length: 9\r\n\r\n{", hangs), 0.5, "timeout", id="stops in the body"),
        pytest.param(sends(HEAD + b"Content-Length: 9\r\n\r\n{", closes), 10, "cut_short", id="ends in the body"),
        pytest.param(
            sends(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{", closes), 10, "cut_short", id="ends in a chunk"
        ),
        pytest.param(sends(HEAD[:20], closes), 10, "cut_short", id="ends in the headers"),
        pytest.param(sends(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), 10, "cut_short", id="speaks another protocol"),
        pytest.param(sends(HEAD + b"X: " + b"y" * 70_000 + b"\r\n\r\n"), 10, "cut_short", id="endless header"),
        pytest.param(closes, 10, "cut_short", id="closes"),
        pytest.param(resets, 10, "cut_short", id="resets"),
        pytest.param(
            sends(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 14\r\n\r\n" + b'{"fine": true}'),
            10,
            "cut_short",
            id="gzip that is none",
        ),
        pytest.param(
            sends(HEAD + b"Content-Length: %d\r\n\r\n" % (50 * 2**20), hangs), 10, "too_long", id="announces 50 MB"
        ),
    ],
)
async def test_what_is_not_a_whole_reply_is_none_and_may_have_been_written(
    answer: Answer, seconds: float, reason: str
) -> None:
    async with raw_server(answer) as server, a_wire() as wire:
        with pytest.raises(NoReply) as failure:
            await post(wire, server, seconds)
    assert (failure.value.reason, failure.value.perhaps_written) == (reason, True)
    assert len(server.requests) == 1


async def test_a_body_without_end_is_given_up_at_the_limit() -> None:
    sent = 0

    async def floods(request: object, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
            await writer.drain()
            sent += 0x10000

    async with raw_server(floods) as server, a_wire() as wire:
        with pytest.raises(NoReply) as failure:
            await get(wire, server)
    assert failure.value.reason == "too_long"
    assert sent < 5 * REPLY_LIMIT


async def test_a_small_packed_body_that_unpacks_to_a_huge_one_is_given_up() -> None:
    packed = gzip.compress(b" " * (50 * 2**20))
    bomb = sends(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed)
    async with raw_server(bomb) as server, a_wire() as wire:
        with pytest.raises(NoReply) as failure:
            await get(wire, server)
    assert failure.value.reason in {"too_long", "cut_short"}


async def test_a_packed_reply_is_unpacked_although_we_ask_for_none() -> None:
    packed = gzip.compress(b'{"fine": true}')
    reply = sends(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed)
    async with raw_server(reply) as server, a_wire() as wire:
        assert (await get(wire, server)).body == b'{"fine": true}'
    assert server.requests[0].headers["accept-encoding"] == "identity"


async def test_a_redirect_is_a_reply_like_any_other() -> None:
    async with raw_server(replies(302, b"", location="/elsewhere"), OK) as server, a_wire() as wire:
        assert (await get(wire, server)).status == 302
    assert len(server.requests) == 1


async def test_a_connection_is_used_again_after_a_whole_reply() -> None:
    async with raw_server(OK) as server, a_wire() as wire:
        await get(wire, server)
        await post(wire, server)
    assert server.connections == 1


@pytest.mark.parametrize("first", [hangs, sends(HEAD + b"Content-Length: 9\r\n\r\n{", hangs)])
async def test_a_connection_on_which_anything_was_cut_short_is_never_used_again(first: Answer) -> None:
    async with raw_server(first, OK) as server, a_wire() as wire:
        with pytest.raises(NoReply):
            await get(wire, server, 0.5)
        await post(wire, server)
    assert [request.connection for request in server.requests] == [0, 1]


async def test_a_connection_that_was_idle_too_long_is_not_used_again() -> None:
    async with raw_server(OK) as server, a_wire(idle_seconds=0.01) as wire:
        await get(wire, server)
        await asyncio.sleep(0.05)
        await post(wire, server)
    assert [request.connection for request in server.requests] == [0, 1]


async def test_a_late_second_reply_is_not_taken_for_the_answer_to_the_next_request() -> None:
    stale_sent = asyncio.Event()

    async def answers_twice(request: object, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Length: 5\r\n\r\nfirst")
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.write(HEAD + b"Content-Length: 5\r\n\r\nstale")
        await writer.drain()
        stale_sent.set()

    async with raw_server(answers_twice, replies(200, b"right")) as server, a_wire() as wire:
        assert (await get(wire, server)).body == b"first"
        await stale_sent.wait()
        await asyncio.sleep(0.02)
        assert (await post(wire, server)).body == b"right"
    assert [request.connection for request in server.requests] == [0, 1]


@pytest.mark.parametrize("send", [get, post])
@pytest.mark.parametrize("end", [closes, resets])
async def test_one_call_is_one_request_even_when_a_kept_connection_dies(send: Any, end: Answer) -> None:
    """aiohttp repeats a GET by itself; such a repeat would carry a used-up token."""
    async with raw_server(OK, end, OK) as server, a_wire() as wire:
        await get(wire, server)
        with pytest.raises(NoReply) as failure:
            await send(wire, server)
    assert failure.value.perhaps_written
    assert [request.connection for request in server.requests] == [0, 0]


class Greeter(asyncio.Protocol):
    """Says its piece to whoever connects, whatever they say."""

    def __init__(self, greeting: bytes) -> None:
        self.greeting = greeting

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self.greeting)


@asynccontextmanager
async def tcp_server(greeting: bytes) -> AsyncIterator[int]:
    server = await asyncio.get_running_loop().create_server(lambda: Greeter(greeting), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_a_refused_connection_is_provably_unwritten() -> None:
    async with a_wire() as wire:
        with pytest.raises(NoReply) as failure:
            await post(wire, f"http://127.0.0.1:{free_port()}")
    assert (failure.value.reason, failure.value.perhaps_written) == ("connect", False)


async def test_a_name_that_is_not_found_is_provably_unwritten() -> None:
    async with a_wire() as wire:
        with pytest.raises(NoReply) as failure:
            await post(wire, "http://nowhere.invalid")
    assert not failure.value.perhaps_written


async def test_a_failed_tls_handshake_is_provably_unwritten() -> None:
    async with tcp_server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port, a_wire() as wire:
        with pytest.raises(NoReply) as failure:
            await post(wire, f"https://127.0.0.1:{port}")
    assert (failure.value.reason, failure.value.perhaps_written) == ("connect", False)


@pytest.mark.parametrize("connect_timeout", [0.05, 5.0], ids=["connect_timeout passes", "deadline passes"])
async def test_a_tls_handshake_that_never_ends_is_provably_unwritten(connect_timeout: float) -> None:
    async with tcp_server(b"") as port, a_wire(connect_timeout=connect_timeout) as wire:
        with pytest.raises(NoReply) as failure:
            await post(wire, f"https://127.0.0.1:{port}", 0.3)
    assert (failure.value.reason, failure.value.perhaps_written) == ("timeout", False)


async def test_a_deadline_that_has_passed_sends_nothing() -> None:
    async with raw_server(OK) as server, a_wire() as wire:
        with pytest.raises(NoReply) as failure:
            await post(wire, server, 0.0)
    assert not failure.value.perhaps_written
    assert server.connections == 0


async def test_a_call_given_up_in_the_middle_closes_its_connection() -> None:
    ended = asyncio.Event()

    async def until_closed(request: object, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        ended.set()

    async with raw_server(until_closed) as server, a_wire() as wire:
        call = asyncio.ensure_future(get(wire, server))
        while not server.requests:
            await asyncio.sleep(0.001)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await asyncio.wait_for(ended.wait(), 10)


async def test_after_closing_nothing_is_sent() -> None:
    async with raw_server(OK) as server:
        async with a_wire() as wire:
            await get(wire, server)
        with pytest.raises(NoReply) as failure:
            await post(wire, server)
    assert (failure.value.reason, failure.value.perhaps_written) == ("closed", False)
