"""An endpoint: a route, the handler behind it, and what both look like in the API's description."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel
from pydantic_core import to_json

from adapter.http.context import Call, Context
from adapter.web.body import read_object
from adapter.web.failure import JSON, Failure, unavailable
from adapter.web.front import arrival_of
from adapter.web.preferences import list_header, takes_json

_STOOD_STILL = 0.2
"""Seconds by which a timer is late only if nothing at all has run for that long."""

Reply = Mapping[str, Any] | web.Response
Handle = Callable[[Context, Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter, a path parameter or a header."""

    name: str
    where: Literal["query", "path", "header"]
    schema: Mapping[str, Any]
    description: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation. `answers` is the type of a 200; `errors` the statuses that it can also answer with."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    handle: Handle
    summary: str
    answers: Any
    takes: type[BaseModel] | None = None
    parameters: tuple[Parameter, ...] = ()
    errors: tuple[int, ...] = ()
    description: str = ""
    media_type: str = "application/json"
    open: bool = False  # needs no credential
    negotiates: bool = True  # a client that takes no JSON gets a 406
    also: Mapping[int, Any] = field(default_factory=dict)  # other replies that aren't errors of the common shape

    @property
    def name(self) -> str:
        """The operation id."""
        return self.handle.__name__


def serve(endpoint: Endpoint, context: Context) -> Handler:
    """The aiohttp handler of `endpoint`."""

    async def handler(request: web.Request) -> web.StreamResponse:
        if endpoint.negotiates and not takes_json(list_header(request, "Accept")):
            raise Failure(406, "Only JSON supported")
        arrival = arrival_of(request)
        body = await read_object(request) if endpoint.takes is not None else {}
        call = Call(request, arrival, body, arrival.at + context.budget)
        # Counted afresh from the end of the body, so that a slow sender still gets what is stored for it.
        patience = max(arrival.at + context.budget, asyncio.get_running_loop().time()) + context.grace
        try:
            reply = await _reply_by(patience, context.grace, endpoint.handle(context, call))
        except TimeoutError:
            raise unavailable(5) from None
        if isinstance(reply, web.Response):
            return reply
        return json_reply(reply)

    return handler


async def _reply_by(until: float, grace: float, handling: Awaitable[Reply]) -> Reply:
    """Raises `TimeoutError` at `until`; where the whole process stood still at that moment, `grace` seconds later.

    What was waited for may have been there all the time: a visit that was stored before is answered as it stands.
    """
    loop = asyncio.get_running_loop()

    def expire() -> None:
        now = loop.time()
        limit.reschedule(now + grace if now - until > _STOOD_STILL else now)

    async with asyncio.timeout(None) as limit:
        timer = loop.call_at(until, expire)
        try:
            return await handling
        finally:
            timer.cancel()


def json_reply(shape: Mapping[str, Any], status: int = 200) -> web.Response:
    return json_bytes(to_json(shape), status)


def json_bytes(body: bytes, status: int = 200) -> web.Response:
    return web.Response(status=status, body=body, headers={"Content-Type": JSON})
