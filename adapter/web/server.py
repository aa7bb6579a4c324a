"""Listening: a server with the time-outs and the error bodies that aiohttp's own does not have."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from adapter.log import events, get_logger
from adapter.log.errors import classes
from adapter.web.failure import Failure, from_aiohttp, internal, json_failure
from adapter.web.front import FACE
from adapter.web.headers import security_headers

_log = get_logger()


@dataclass(frozen=True, slots=True)
class ServerTimes:
    """Seconds. `keep_alive` is longer than the usual idle time of a proxy (60), so that the proxy closes first and
    never sends into a closing connection. `head` bounds how long a request line and headers may take to arrive;
    `linger` how long the rest of a refused body is read; `shutdown` how long running requests get to finish."""

    keep_alive: float = 75.0
    head: float = 10.0
    linger: float = 2.0
    shutdown: float = 10.0


@asynccontextmanager
async def listen(app: web.Application, host: str, port: int, times: ServerTimes | None = None) -> AsyncIterator[str]:
    """Serve `app` until the context is left; gives the URL it is reached at (port 0: one that is free).

    Leaving stops accepting, lets running requests finish within `times.shutdown`, then closes what is left. Raises
    `OSError` where the address can't be had.
    """
    times = times or ServerTimes()
    runner = _Runner(app, times)
    await runner.setup()
    face = app[FACE].name if FACE in app else ""
    try:
        site = web.TCPSite(runner, host, port, backlog=1024)
        await site.start()
        bound = runner.addresses[0][1]
        url = f"http://[{host}]:{bound}" if ":" in host else f"http://{host}:{bound}"
        _log.info(events.SERVER_STARTED, face=face, url=url)
        yield url
    finally:
        await runner.cleanup()
        _log.info(events.SERVER_STOPPED, face=face)


class _Runner(web.AppRunner):
    """aiohttp's runner, with our server."""

    def __init__(self, app: web.Application, times: ServerTimes) -> None:
        super().__init__(
            app,
            access_log=None,  # the front writes the access line, without paths
            keepalive_timeout=times.keep_alive,
            lingering_time=times.linger,
            auto_decompress=False,  # nobody sends us compressed bodies but to fill our memory
            shutdown_timeout=times.shutdown,
        )
        self._times = times

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(self._times, made, self._kwargs)


class _Server(web.Server):
    """Makes our protocol for each connection."""

    def __init__(self, times: ServerTimes, made: web.Server, kwargs: dict[str, Any]) -> None:
        super().__init__(_always_json(made.request_handler), request_factory=made.request_factory, **kwargs)
        self._times = times

    def __call__(self) -> web.RequestHandler:
        return _Protocol(self._times.head, self, loop=self._loop, **self._kwargs)


class _Protocol(web.RequestHandler):
    """One connection."""

    def __init__(self, head_timeout: float, manager: web.Server, **kwargs: Any) -> None:
        super().__init__(manager, **kwargs)
        self._head_timeout = head_timeout
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._start_head_timer()

    def data_received(self, data: bytes) -> None:
        heads = self._request_count
        super().data_received(data)
        if self._request_count > heads:
            self._stop_head_timer()
        elif self._head_timer is None and self._waiter is not None and not self._waiter.done():
            self._start_head_timer()  # idle till now: the head of the next request has begun to arrive

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop_head_timer()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  (it may repeat what was sent)
    ) -> web.StreamResponse:
        """Answer what is not HTTP, in JSON. aiohttp would log the exception with what was sent in it."""
        status = 431 if isinstance(exc, LineTooLong) else status
        _log.info(events.REQUEST_GARBLED, status=status, error=classes(exc) if exc is not None else None)
        response = _bare_failure(request, from_status(status))
        response.force_close()
        return response

    def _start_head_timer(self) -> None:
        self._head_timer = asyncio.get_running_loop().call_later(self._head_timeout, self.force_close)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


_Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def _always_json(handler: _Answer) -> _Answer:
    """What aiohttp refuses before any middleware runs (an unknown `Expect`) gets a body of ours too."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as error:
            return _bare_failure(request, from_aiohttp(error))

    return answer


def from_status(status: int) -> Failure:
    return internal() if status >= 500 else Failure(status, "Bad request" if status == 400 else "Request too large")


def _bare_failure(request: web.BaseRequest, failure: Failure) -> web.Response:
    request_id = str(uuid.uuid4())
    response = json_failure(request, failure, request_id)
    response.headers.update(security_headers())
    response.headers["X-Request-Id"] = request_id
    return response
