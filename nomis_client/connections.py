"""HTTP/1.1 over kept connections: one request written, one reply read whole, and nothing done behind our back.

Names, connections, TLS and the parser are aiohttp's. Its `ClientSession` is left out: cookies, redirects, proxies,
sign-in and repeats aren't wanted here, and took longer than the exchange itself (docs/decisions/0005-resilience.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import aiohttp
from aiohttp import StreamReader
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from yarl import URL

REPLY_LIMIT = 4 * 1024 * 1024
"""Bytes of one reply's body (unpacked). The longest honest one, a contact list of some hundreds, has 300,000."""

SOILED_AT_MOST = 5
"""Connections with unasked-for bytes on them that one request puts up with."""

# Packing costs more than it saves at this size; a reply that comes packed is unpacked all the same.
_OF_ALL = {"Accept-Encoding": "identity", "User-Agent": "prison-visits-adapter"}


@dataclass(slots=True)
class Reply:
    """A reply that arrived whole, whatever it says."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Progress:
    """How far an exchange has come. Only what is *known* to lie before the first byte counts as not written."""

    written: bool = False


class TooLong(Exception):
    """The reply's body is, or is announced to be, longer than `REPLY_LIMIT`."""


class Connections:
    """Kept for `idle_seconds` of rest; connecting (names, TCP, TLS) takes at most `connect_timeout`.

    Must be made and closed in the event loop that uses it.
    """

    def __init__(self, connect_timeout: float, idle_seconds: float) -> None:
        self.loop = asyncio.get_running_loop()
        self._connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=idle_seconds)
        self._timeout = aiohttp.ClientTimeout(total=None, connect=connect_timeout)
        self._origins: dict[str, _Origin] = {}

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, progress: Progress
    ) -> Reply:
        """One request and its reply. A connection on which anything was cut short is closed.

        `url`: of http or https, encoded, without a fragment.
        Raises `TooLong`, or aiohttp's and the system's errors.
        """
        origin, target = self._split(url)
        request = origin.spelled(method, target, headers, body)
        connection, protocol, transport = await self._connected(origin)
        try:
            protocol.set_response_params(read_until_eof=True)
            progress.written = True
            transport.write(request)
            reply = await _reply(protocol)
        except BaseException:
            connection.close()
            raise
        connection.release()
        return reply

    async def close(self) -> None:
        """Close all of them; anything under way ends as cut short."""
        await self._connector.close()

    def _split(self, url: str) -> tuple[_Origin, str]:
        """Where a request goes, and what it asks for there."""
        path = url.find("/", len("https://"))
        place, target = (url[:path], url[path:]) if path > 0 else (url, "/")
        origin = self._origins.get(place)
        if origin is None:  # a client has two of them at most: the prison system, and who gives the tokens
            address = URL(place, encoded=True)
            origin = self._origins[place] = _Origin("GET", address, headers=_OF_ALL, skip_auto_headers=["Accept"])
        return origin, target

    async def _connected(self, origin: _Origin) -> tuple[Connection, ResponseHandler, asyncio.Transport]:
        """A connection on which nobody has said anything: a late second reply must not be taken for the answer."""
        for _ in range(SOILED_AT_MOST):
            connection = await self._connector.connect(origin, [], self._timeout)
            protocol, transport = connection.protocol, connection.transport
            if protocol is not None and transport is not None and not protocol.should_close:
                return connection, protocol, transport
            connection.close()
        raise aiohttp.ClientConnectionError


class _Origin(aiohttp.ClientRequest):
    """Where requests go, as aiohttp's connector wants to be told, and what they all begin with."""

    @cached_property
    def connection_key(self) -> ConnectionKey:  # asked for with each request
        return super().connection_key

    @cached_property
    def _beginning(self) -> str:
        return "".join(f"\r\n{name}: {value}" for name, value in self.headers.items())

    def spelled(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
        """The bytes of a request. Raises ValueError for a header or a target with a line end or the like in it."""
        if not "".join([target, *headers.values()]).isprintable():
            raise ValueError("not a line of a request")
        said = "".join([f"\r\n{name}: {value}" for name, value in headers.items()])
        head = f"{method} {target} HTTP/1.1{self._beginning}{said}"
        if body is None:
            return f"{head}\r\n\r\n".encode()
        return f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def _reply(protocol: ResponseHandler) -> Reply:
    message, content = await protocol.read()
    while 100 <= message.code < 200 and message.code != 101:  # "100 Continue" and the like say nothing yet
        message, content = await protocol.read()
    if content.is_eof():  # nearly always: it came in one piece
        return Reply(message.code, message.headers, content.read_nowait(-1))
    if int(message.headers.get("Content-Length", 0)) > REPLY_LIMIT:
        raise TooLong
    return Reply(message.code, message.headers, await _read(content))


async def _read(content: StreamReader) -> bytes:
    parts, size = [], 0
    while part := await content.readany():
        size += len(part)
        if size > REPLY_LIMIT:
            raise TooLong
        parts.append(part)
    return b"".join(parts)
