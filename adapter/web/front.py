"""The one middleware of a face: everything that happens to every request, in the order in which it happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from adapter.booking.views import StoreUnavailable
from adapter.log import bound, events, get_logger, tracing
from adapter.log.errors import classes, places
from adapter.web.addresses import ClientAddresses
from adapter.web.arrival import ARRIVAL, Arrival, arrive
from adapter.web.failure import Failure, from_aiohttp, internal, json_failure, unavailable
from adapter.web.headers import security_headers

UNMATCHED = "unmatched"
"""Stands for the route of a request that no route fits: its path is the client's, and is not logged."""

_log = get_logger()


class RenderFailure(Protocol):
    def __call__(self, request: web.BaseRequest, failure: Failure, request_id: str, /) -> web.Response: ...


Admit = Callable[[web.Request, Arrival, str], Awaitable[None]]
"""Lets a request in, or raises `Failure`. The third argument is the route's template."""
Observe = Callable[[str, str, str, int, float], None]
"""Told of each answer: face, route, method, status, seconds."""


async def _admit_all(_request: web.Request, _arrival: Arrival, _route: str) -> None: ...


def observe_nothing(_face: str, _route: str, _method: str, _status: int, _seconds: float) -> None:
    """An observer that tells nobody."""


@dataclass(frozen=True, slots=True)
class Face:
    """What differs between the JSON API, the staff pages and the reports."""

    name: str
    render_failure: RenderFailure = json_failure
    headers: Mapping[str, str] = field(default_factory=security_headers)
    admit: Admit = _admit_all
    observe: Observe = observe_nothing
    addresses: ClientAddresses = field(default_factory=ClientAddresses)


FACE = web.AppKey("face", Face)


def front(face: Face) -> Middleware:
    """Request id, admission, error bodies, security headers and the access line.

    Does nothing for a request that belongs to another face mounted below this one: that has its own.
    """

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.match_info.apps[-1] is not request.app and FACE in request.match_info.apps[-1]:
            return await handler(request)
        arrival = arrive(request, face.addresses.of(request))
        route = route_of(request)
        method = _method(request)
        with (
            bound(request_id=arrival.request_id),
            tracing.incoming(f"{method} {route}", request.headers, face=face.name, method=method, route=route) as note,
        ):
            try:
                await face.admit(request, arrival, route)
                response = await handler(request)
            except Exception as error:
                response = _error_answer(face, request, arrival, error)
            note(status=response.status)
            _finish(face, arrival, response)
            _tell(face, request, arrival, route, response.status)
        return response

    return answer


def route_of(request: web.Request) -> str:
    """The template of the route that fits `request`, such as `/api/visits/{id}`."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else UNMATCHED


def arrival_of(request: web.Request) -> Arrival:
    return request[ARRIVAL]


def _error_answer(face: Face, request: web.Request, arrival: Arrival, error: Exception) -> web.StreamResponse:
    if isinstance(error, web.HTTPException) and error.status < 400:
        return _redirect(error)
    return face.render_failure(request, _failure(request, error), arrival.request_id)


def _redirect(error: web.HTTPException) -> web.Response:
    """The same as a plain response: aiohttp warns of exceptions that are returned."""
    response = web.Response(status=error.status, reason=error.reason, text=error.text, headers=error.headers)
    response.cookies.update(error.cookies)
    return response


def _failure(request: web.Request, error: Exception) -> Failure:
    match error:
        case Failure():
            return error
        case StoreUnavailable():
            return unavailable(error.retry_after)
        case web.HTTPException():
            return from_aiohttp(error)
        case _:
            # Never the text of the exception: it may hold what was sent.
            _log.error(
                events.REQUEST_CRASHED,
                method=_method(request),
                route=route_of(request),
                error=classes(error),
                frames=places(error),
            )
            return internal()


def _method(request: web.Request) -> str:
    return request.method if request.method in hdrs.METH_ALL else "OTHER"


def _finish(face: Face, arrival: Arrival, response: web.StreamResponse) -> None:
    if response.prepared:
        return
    headers = response.headers
    for name, value in face.headers.items():
        headers.setdefault(name, value)
    headers["X-Request-Id"] = arrival.request_id
    if headers.get(hdrs.CONNECTION) == "close":
        response.force_close()


def _tell(face: Face, request: web.Request, arrival: Arrival, route: str, status: int) -> None:
    seconds = asyncio.get_running_loop().time() - arrival.at
    method = _method(request)
    _log.info(
        events.REQUEST_ANSWERED,
        face=face.name,
        method=method,
        route=route,
        status=status,
        duration_ms=round(seconds * 1000, 1),
        credential=arrival.caller or None,
    )
    face.observe(face.name, route, method, status, seconds)
