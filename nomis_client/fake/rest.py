"""The REST face: the contract's paths under both base paths, every request through the engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from nomis_client.fake.delivery import delivered
from nomis_client.fake.engine import Engine
from nomis_client.fake.guard import Guard
from nomis_client.fake.outcome import Arrival
from nomis_client.fake.parsing import ROUTES, Parts, Route, parsed
from nomis_client.fake.payloads import written
from nomis_client.fake.requests import GetToken

BASE_PATHS = ("/nomisapi", "/api/v1")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_rest(app: web.Application, engine: Engine, guard: Guard) -> None:
    """Serve the REST contract from `app`."""
    for base in BASE_PATHS:
        for route in ROUTES:
            app.router.add_route(route.method, base + route.path, _handler(route, engine, guard))

    async def token(request: web.Request) -> web.StreamResponse:
        return await _token(request, engine, guard)

    app.router.add_route("POST", "/auth/oauth/token", token)


async def _token(request: web.Request, engine: Engine, guard: Guard) -> web.StreamResponse:
    arrival = Arrival(GetToken(), method=request.method, request_id=request.headers.get("X-Request-Id", ""))
    outcome = await engine.perform(arrival)
    grant = request.query.get("grant_type", "")
    answer = outcome.instead or guard.issue(request.headers.get("Authorization", ""), grant)
    return await delivered(request, outcome, answer, engine)


def _handler(route: Route, engine: Engine, guard: Guard) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        body = await request.text()
        parts = Parts(request.match_info, request.query, body)
        arrival = Arrival(
            parsed(route, parts),
            method=request.method,
            body=body,
            request_id=request.headers.get("X-Request-Id", ""),
            denied=guard.refuses(request.headers.get("Authorization", "")),
        )
        outcome = await engine.perform(arrival)
        answer = outcome.instead
        if answer is None and outcome.reply is not None:
            answer = written(outcome.reply, route.operation, engine.state.installation)
        return await delivered(request, outcome, answer, engine)

    return handle
