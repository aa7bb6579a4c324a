"""What goes over a connection is what aiohttp's own client would send; what isn't one request is never sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from nomis_client.connections import SOILED_AT_MOST, Connections, Progress, Reply
from tests.support.raw_server import closes, hangs, raw_server, replies, sends
from tests.support.stream_server import stream_server

OF_ALL = {"Accept-Encoding": "identity", "User-Agent": "prison-visits-adapter"}
PLAIN = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
TARGETS = st.sampled_from(
    ["", "/", "/offenders/1/location", "/lookup?noms_id=A%201&date_of_birth=1981-10-04", "/a%2Fb?x=%E2"]
)
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"


@asynccontextmanager
async def connections() -> AsyncIterator[Connections]:
    kept = Connections(5.0, 1.0)
    yield kept
    await kept.close()


@asynccontextmanager
async def recorder() -> AsyncIterator[tuple[str, list[bytes]]]:
    """An address, and the bytes of each request that came there."""
    came: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]
                came.append(head + await reader.readexactly(int(length or b"0")))
                writer.write(FINE)
        writer.close()

    async with stream_server(serve) as port:
        yield f"http://127.0.0.1:{port}", came


async def sent(url: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Reply:
    async with connections() as kept:
        return await kept.exchange(method, url, headers or {}, None, Progress())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["GET", "POST", "PATCH"]),
    TARGETS,
    st.fixed_dictionaries(
        {"Accept": PLAIN}, optional={"X-Request-Id": PLAIN, "Authorization": PLAIN.map("Bearer {}".format)}
    ),
    st.binary(max_size=200),
)
async def test_the_same_bytes_as_from_aiohttps_own_client(
    method: str, target: str, headers: dict[str, str], content: bytes
) -> None:
    body = None if method == "GET" else content
    if body is not None:
        headers = headers | {"Content-Type": "application/json"}
    async with recorder() as (address, came):
        url = URL(address + target, encoded=True)
        async with connections() as kept:
            await kept.exchange(method, address + target, headers, body, Progress())
        async with aiohttp.ClientSession(headers=OF_ALL) as session:
            await session.request(method, url, headers=headers, data=body)
    assert came[0] == came[1]


async def test_credentials_in_an_address_are_sent_as_aiohttp_sends_them() -> None:
    async with raw_server(replies(200)) as server:
        await sent(server.url.replace("//", "//someone:secret@"))
    assert server.requests[0].headers["authorization"] == aiohttp.encode_basic_auth("someone", "secret")


@pytest.mark.parametrize("smuggled", ["a\r\nX: b", "a\nX: b", "a\rb", "a\0b", "a\x7f"])
async def test_a_header_with_a_line_end_or_a_control_character_is_not_sent(smuggled: str) -> None:
    async with raw_server(replies(200)) as server:
        with pytest.raises(ValueError, match="not a line"):
            await sent(server.url, headers={"X-Request-Id": smuggled})
    assert server.connections == 0


@pytest.mark.parametrize("odd", ["/a\0b", "/a\x7f"])
async def test_a_target_with_a_control_character_is_not_sent(odd: str) -> None:
    async with raw_server(replies(200)) as server:
        with pytest.raises(ValueError, match="not a line"):
            await sent(server.url + odd)
    assert server.connections == 0


async def test_what_comes_before_the_reply_proper_is_not_taken_for_it() -> None:
    async with raw_server(
        sends(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + FINE)
    ) as server:
        assert (await sent(server.url)).body == b"fine"


@pytest.mark.parametrize("status", [204, 304])
async def test_a_reply_that_has_no_body_is_whole_without_one(status: int) -> None:
    async with raw_server(sends(b"HTTP/1.1 %d X\r\n\r\n" % status), hangs) as server:
        assert (await sent(server.url)) == Reply(status, {}, b"")


async def test_a_reply_that_ends_with_its_connection_is_whole() -> None:
    async with raw_server(sends(b"HTTP/1.1 200 OK\r\n\r\nall of it", closes)) as server:
        assert (await sent(server.url)).body == b"all of it"


async def test_a_reply_in_pieces_is_put_together() -> None:
    pieces = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"4\r\nfine\r\n" * 3 + b"0\r\n\r\n"
    async with raw_server(replies(200, b"x" * 1_000_000), sends(pieces)) as server:
        assert len((await sent(server.url)).body) == 1_000_000
        assert (await sent(server.url)).body == b"fine" * 3


async def test_where_each_kept_connection_is_soiled_nothing_is_written() -> None:
    together = asyncio.Barrier(SOILED_AT_MOST)

    async def answers_twice(request: object, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await together.wait()
        writer.write(FINE)
        await asyncio.sleep(0.02)
        writer.write(FINE)

    progress = Progress()
    async with raw_server(answers_twice) as server, connections() as kept:
        await asyncio.gather(*(kept.exchange("GET", server.url, {}, None, Progress()) for _ in range(SOILED_AT_MOST)))
        await asyncio.sleep(0.1)
        with pytest.raises(aiohttp.ClientConnectionError):
            await kept.exchange("GET", server.url, {}, None, progress)
    assert not progress.written
    assert len(server.requests) == SOILED_AT_MOST
