"""The listener: odd bytes, slow senders, huge heads, and stopping."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from adapter.web import Face, ServerTimes, listen, make_app
from adapter.web.body import read_bytes
from tests.support.api_client import send_raw

QUICK = ServerTimes(keep_alive=0.2, head=0.2, linger=0.1, shutdown=5.0)
GET = b"GET /echo HTTP/1.1\r\nHost: x\r\n"


@asynccontextmanager
async def _echo(times: ServerTimes = QUICK, body_timeout: float = 0.2) -> AsyncIterator[str]:
    async def echo(request: web.Request) -> web.Response:
        return web.json_response({"length": len(await read_bytes(request, body_timeout))})

    app = make_app(Face(name="test"))
    app.router.add_get("/echo", echo)
    app.router.add_post("/echo", echo)
    async with listen(app, "127.0.0.1", 0, times) as url:
        yield url


def _parse(answer: bytes) -> tuple[int, dict[str, str], dict[str, object]]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, json.loads(body)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),
        (b"hello\r\n\r\n", 400),
        (b"GET / SPAM/1.1\r\n\r\n", 400),
        (b"BREW /echo HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (GET + b"Bad Header: x\r\n\r\n", 400),
        (GET + b"X: a\x00b\r\n\r\n", 400),
        (GET + b"Content-Length: x\r\n\r\n", 400),
        (GET + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", 400),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        (GET + b"X: " + b"a" * 20_000 + b"\r\n\r\n", 431),
        (GET + b"".join(b"X-%d: y\r\n" % number for number in range(500)) + b"\r\n", 400),
        (GET + b"Expect: something\r\nConnection: close\r\n\r\n", 417),
        (b"GET /nothing HTTP/1.1\r\nHost: x\r\nExpect: something\r\nConnection: close\r\n\r\n", 417),
        (b"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404),
        (b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404),
        (b"GET http://elsewhere.example/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404),
        (GET + b"Connection: close\r\n\r\n", 200),
    ],
    ids=lambda value: repr(value[:40]) if isinstance(value, bytes) else str(value),
)
async def test_whatever_arrives_the_answer_is_json(data: bytes, status: int) -> None:
    async with _echo() as url:
        got, headers, body = _parse(await send_raw(url, data))
    assert got == status
    assert headers["Content-Type"].startswith("application/json")
    assert headers["X-Request-Id"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    if status != 200:
        assert isinstance(body["message"], str)
        assert body["instance"] == headers["X-Request-Id"]


async def test_who_sends_no_head_in_time_is_cut_off() -> None:
    async with _echo() as url:
        for beginning in (b"", b"GET /echo HTTP/1.1\r\nX-Slow: "):
            assert await send_raw(url, beginning) == b""


async def test_a_head_that_drips_is_cut_off_too() -> None:
    """Each byte in time, the whole not: the limit is on the head, not on the silence."""
    async with _echo() as url:
        host, _, port = url.removeprefix("http://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /echo HTTP/1.1\r\n")

        async def drip() -> None:
            while True:
                writer.write(b"X: y\r\n")
                await asyncio.sleep(0.01)

        dripping = asyncio.create_task(drip())
        async with asyncio.timeout(20):
            ended = list(await asyncio.gather(reader.read(), return_exceptions=True))
        dripping.cancel()
        writer.close()
        assert ended == [b""] or isinstance(ended[0], ConnectionError)


async def test_the_second_head_on_a_connection_has_its_limit_as_well() -> None:
    patient = ServerTimes(keep_alive=60.0, head=0.2, linger=0.1, shutdown=5.0)
    async with _echo(patient) as url:
        host, _, port = url.removeprefix("http://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(GET + b"\r\n")
        assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200 OK")
        writer.write(GET + b"X-Slow: ")
        async with asyncio.timeout(20):
            assert await reader.read() == b""
        writer.close()


async def test_a_connection_that_is_kept_alive_serves_many_requests() -> None:
    async with _echo() as url:
        answer = await send_raw(url, (GET + b"\r\n") * 3)
    assert answer.count(b"HTTP/1.1 200 OK") == 3


async def test_a_body_that_does_not_come_in_time_is_a_408() -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n123"
    async with _echo() as url:
        status, headers, body = _parse(await send_raw(url, head))
    assert (status, headers["Connection"], body["message"]) == (408, "close", "Request timeout")


async def test_a_running_request_is_finished_before_the_server_stops() -> None:
    running, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_request: web.Request) -> web.Response:
        running.set()
        await go_on.wait()
        return web.json_response({"done": True})

    app = make_app(Face(name="test"))
    app.router.add_get("/slow", slow)
    listening = listen(app, "127.0.0.1", 0, QUICK)
    url = await listening.__aenter__()
    asked = asyncio.create_task(send_raw(url, b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"))
    await running.wait()
    stopping = asyncio.create_task(listening.__aexit__(None, None, None))
    while await _accepts(url):
        await asyncio.sleep(0.01)
    go_on.set()
    answer = await asked
    await stopping
    assert _parse(answer)[2] == {"done": True}


async def _accepts(url: str) -> bool:
    host, _, port = url.removeprefix("http://").rpartition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except ConnectionError:
        return False
    writer.close()
    return True


async def test_a_port_in_use_is_an_error_at_the_start() -> None:
    async with _echo() as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(OSError, match="address already in use"):
            async with listen(make_app(Face(name="other")), "127.0.0.1", port):
                pass
