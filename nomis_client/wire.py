"""HTTP for every transport: one deadline over all of it, and an honest word on whether anything was sent."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import aiohttp
from aiohttp.http import HttpProcessingError

from nomis_client.connections import REPLY_LIMIT, Connections, Progress, Reply, TooLong
from nomis_client.observer import Tracer, Untraced
from nomis_client.time_limit import TimeLimit

__all__ = ["IDLE_SECONDS", "REPLY_LIMIT", "NoReply", "Reply", "Wire"]

IDLE_SECONDS = 1.0
"""A connection that was idle for longer is not used again: a booking must not go out on one that has died unseen."""


class NoReply(Exception):
    """No whole reply came. `perhaps_written` is False only where provably no byte of the request was written."""

    def __init__(self, reason: str, *, perhaps_written: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.perhaps_written = perhaps_written


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
        self._connect_timeout = connect_timeout
        self._idle_seconds = idle_seconds
        self._tracer = tracer or Untraced()
        self._connections: Connections | None = None
        self._closed = False

    def read(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, deadline: float
    ) -> Coroutine[Any, Any, Reply]:
        """One exchange of which the caller needn't know whether it was sent. Raises `NoReply`."""
        return self._sent(method, url, headers, body, deadline)

    def write(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, deadline: float
    ) -> Coroutine[Any, Any, Reply]:
        """One exchange that changes something. Raises `NoReply`, which says whether anything may have been written."""
        return self._sent(method, url, headers, body, deadline)

    async def close(self) -> None:
        """Close all connections; anything under way ends as cut short."""
        self._closed = True
        if self._connections:
            await self._connections.close()

    async def _sent(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, deadline: float
    ) -> Reply:
        if self._closed:
            raise NoReply("closed", perhaps_written=False)
        remaining = deadline - self._monotonic()
        if remaining <= 0:
            raise NoReply("timeout", perhaps_written=False)
        if self._connections is None:  # made when first needed, because they belong to the running loop
            self._connections = Connections(self._connect_timeout, self._idle_seconds)
        if more := self._tracer.headers():
            headers = {**headers, **more}
        connections, progress = self._connections, Progress()
        try:
            with TimeLimit(connections.loop, remaining):
                return await connections.exchange(method, url, headers, body, progress)
        except TimeoutError:
            raise NoReply("timeout", perhaps_written=progress.written) from None
        except aiohttp.ClientConnectorError:
            raise NoReply("connect", perhaps_written=progress.written) from None
        except TooLong:
            raise NoReply("too_long", perhaps_written=True) from None
        except (aiohttp.ClientError, HttpProcessingError, OSError):
            raise NoReply("cut_short", perhaps_written=progress.written) from None
