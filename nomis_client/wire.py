"""HTTP for every transport: one deadline over all of it, and an honest word on whether anything was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import aiohttp
from aiohttp.client_reqrep import ClientResponse
from aiohttp.connector import Connection
from yarl import URL

from nomis_client.observer import Tracer, Untraced

REPLY_LIMIT = 4 * 1024 * 1024
"""Bytes of one reply's body (unpacked). The longest honest one, a contact list of some hundreds, has 300,000."""

IDLE_SECONDS = 1.0
"""A connection that was idle for longer is not used again: a booking must not go out on one that has died unseen."""


SOILED_AT_MOST = 5
"""Connections with unasked-for bytes on them that one request puts up with."""


class NoReply(Exception):
    """No whole reply came. `perhaps_written` is False only where provably no byte of the request was written."""

    def __init__(self, reason: str, *, perhaps_written: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.perhaps_written = perhaps_written


@dataclass(slots=True)
class Reply:
    """A reply that arrived whole, whatever it says."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class _Progress:
    """How far a write has come. Only what is *known* to lie before the first byte counts as not written."""

    connecting: bool = False


@dataclass(slots=True)
class _Sessions:
    """Two over the same connections: only writes pay for being watched."""

    reads: aiohttp.ClientSession
    writes: aiohttp.ClientSession


class _Soiled(aiohttp.ClientError):
    """A kept connection held bytes that nobody asked for; nothing was written to it."""


class _BrokenOff(aiohttp.ClientError):
    """The connection ended before the reply did. Not one of the errors after which aiohttp itself sends a GET again."""


class _Request(aiohttp.ClientRequest):
    """Looks at the connection before writing: a late second reply must not be taken for the answer to this request."""

    async def send(self, conn: Connection) -> ClientResponse:
        if conn.protocol is None or conn.protocol.should_close:
            raise _Soiled
        return await super().send(conn)


async def _one_try(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> ClientResponse:
    """Exactly one request on the wire: what aiohttp repeats by itself would carry an old token and escape the count."""
    try:
        for _ in range(SOILED_AT_MOST):
            with suppress(_Soiled):  # that connection is closed now; the next one is another
                return await send(request)
        raise _BrokenOff
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
        raise _BrokenOff from None


async def _connect_starts(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
    context.trace_request_ctx.connecting = True


async def _connect_ended(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
    context.trace_request_ctx.connecting = False


class Wire:
    """Sends requests, one at a time on a connection, each at most once.

    A connection on which anything was cut short is closed. Redirects are not followed, cookies not kept. Must be
    first used inside the event loop that it is closed in.
    """

    def __init__(
        self,
        *,
        connect_timeout: float,
        monotonic: Callable[[], float],
        idle_seconds: float = IDLE_SECONDS,
        tracer: Tracer | None = None,
    ) -> None:
        self._monotonic = monotonic
        self._idle_seconds = idle_seconds
        self._tracer = tracer or Untraced()
        # The whole is bounded by the deadline; within it, connecting (names, TCP, TLS) may not take longer than this.
        self._timeout = aiohttp.ClientTimeout(total=None, connect=connect_timeout)
        self._sessions: _Sessions | None = None
        self._closed = False

    async def read(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None, deadline: float
    ) -> Reply:
        """One exchange of which the caller needn't know whether it was sent. Raises `NoReply`."""
        session, remaining = self._ready(deadline).reads, deadline - self._monotonic()
        try:
            async with asyncio.timeout(remaining):
                return await _exchange(session, method, url, {**headers, **self._tracer.headers()}, body, None)
        except TimeoutError:
            raise NoReply("timeout", perhaps_written=True) from None
        except aiohttp.ClientConnectorError:
            raise NoReply("connect", perhaps_written=False) from None
        except (aiohttp.ClientError, OSError):
            raise NoReply("cut_short", perhaps_written=True) from None

    async def write(self, method: str, url: URL, headers: Mapping[str, str], body: bytes, deadline: float) -> Reply:
        """One exchange that changes something. Raises `NoReply`, which says whether anything may have been written."""
        session, remaining = self._ready(deadline).writes, deadline - self._monotonic()
        progress = _Progress()
        try:
            async with asyncio.timeout(remaining):
                return await _exchange(session, method, url, {**headers, **self._tracer.headers()}, body, progress)
        except TimeoutError:
            raise NoReply("timeout", perhaps_written=not progress.connecting) from None
        except aiohttp.ClientConnectorError:
            raise NoReply("connect", perhaps_written=not progress.connecting) from None
        except (aiohttp.ClientError, OSError):
            raise NoReply("cut_short", perhaps_written=not progress.connecting) from None

    async def close(self) -> None:
        """Close all connections; anything under way ends as cut short."""
        self._closed = True
        if self._sessions:
            await self._sessions.writes.close()
            await self._sessions.reads.close()

    def _ready(self, deadline: float) -> _Sessions:
        """The sessions, made when first needed because they belong to the running loop; `NoReply` if it is too late."""
        if self._closed:
            raise NoReply("closed", perhaps_written=False)
        if deadline <= self._monotonic():
            raise NoReply("timeout", perhaps_written=False)
        if self._sessions is None:
            self._sessions = self._open()
        return self._sessions

    def _open(self) -> _Sessions:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=self._idle_seconds)
        watch = aiohttp.TraceConfig()
        watch.on_connection_create_start.append(_connect_starts)
        watch.on_connection_create_end.append(_connect_ended)
        common: dict[str, Any] = {
            "connector": connector,
            "timeout": self._timeout,
            "cookie_jar": aiohttp.DummyCookieJar(),
            "request_class": _Request,
            "middlewares": (_one_try,),
            # Packing costs more than it saves at this size; a reply that comes packed is unpacked all the same.
            "headers": {"Accept-Encoding": "identity", "User-Agent": "prison-visits-adapter"},
        }
        return _Sessions(
            reads=aiohttp.ClientSession(**common),
            writes=aiohttp.ClientSession(connector_owner=False, trace_configs=[watch], **common),
        )


async def _exchange(
    session: aiohttp.ClientSession,
    method: str,
    url: URL,
    headers: Mapping[str, str],
    body: bytes | None,
    progress: _Progress | None,
) -> Reply:
    response = await session.request(
        method, url, headers=headers, data=body, allow_redirects=False, trace_request_ctx=progress
    )
    try:
        if (response.content_length or 0) > REPLY_LIMIT:
            raise NoReply("too_long", perhaps_written=True)
        received = await response.content.readany()
        if not response.content.at_eof():
            received = await _rest(response, received)
    except BaseException:
        response.close()
        raise
    response.release()
    return Reply(response.status, response.headers, received)


async def _rest(response: ClientResponse, first: bytes) -> bytes:
    parts, size = [first], len(first)
    while part := await response.content.readany():
        size += len(part)
        if size > REPLY_LIMIT:
            raise NoReply("too_long", perhaps_written=True)
        parts.append(part)
    return b"".join(parts)
