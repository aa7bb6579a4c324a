"""Whether we are alive, ready and well; for load balancers and people on call."""

from __future__ import annotations

import asyncio

from aiohttp import web

from adapter.booking.views import Health
from adapter.http import schemas
from adapter.http.context import Call, Context
from adapter.http.endpoint import Reply, json_reply
from adapter.web.failure import unavailable


async def check_health(context: Context, _call: Call) -> schemas.OkReply:
    if not (await _health(context)).up:
        raise unavailable(5)
    return {"ok": True}


async def show_health(context: Context, _call: Call) -> Reply:
    health = await _health(context)
    components = {name: dict(facts) for name, facts in health.components.items()}
    return _status(health.up, {"components": components})


async def show_liveness(_context: Context, _call: Call) -> Reply:
    """That this answers at all is the answer."""
    return _status(True)


async def show_readiness(context: Context, _call: Call) -> Reply:
    return _status((await _health(context)).up)


async def ping(_context: Context, _call: Call) -> schemas.OkReply:
    return {"ok": True}


async def show_info(context: Context, _call: Call) -> schemas.InfoReply:
    return {"version": context.build.version, "git_revision": context.build.git_revision}


async def show_metrics(context: Context, _call: Call) -> Reply:
    assert context.metrics is not None, "only routed where there are metrics"
    return web.Response(body=context.metrics(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


async def _health(context: Context) -> Health:
    """A health that can't be told within the budget is a bad one."""
    try:
        async with asyncio.timeout(context.budget):
            return await context.bookings.health()
    except TimeoutError:
        return Health(up=False, components={})


def _status(up: bool, more: dict[str, object] | None = None) -> Reply:
    if up:
        return json_reply({"status": "UP", **(more or {})})
    return json_reply({"status": "DOWN", "message": "Service unavailable", **(more or {})}, 503)
