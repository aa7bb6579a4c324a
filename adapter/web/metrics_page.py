"""The metrics on a listener of their own, with what a probe needs beside them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from pydantic_core import to_json

from adapter.web.app import make_app
from adapter.web.failure import JSON
from adapter.web.front import Face, Observe

_TEXT = "text/plain; version=0.0.4; charset=utf-8"


def make_metrics_page(
    render: Callable[[], bytes], is_up: Callable[[], Awaitable[bool]], observe: Observe
) -> web.Application:
    """`/metrics`, `/health/liveness` (this process answers) and `/health/readiness` (its store does too)."""

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=render(), headers={"Content-Type": _TEXT})

    async def liveness(_request: web.Request) -> web.Response:
        return _status(True)

    async def readiness(_request: web.Request) -> web.Response:
        return _status(await is_up())

    app = make_app(Face(name="metrics", observe=observe))
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/health/liveness", liveness)
    app.router.add_get("/health/readiness", readiness)
    return app


def _status(up: bool) -> web.Response:
    body = to_json({"status": "UP" if up else "DOWN"})
    return web.Response(status=200 if up else 503, body=body, headers={"Content-Type": JSON})
