"""Putting an outcome on the socket, or what a broken network makes of it."""

from __future__ import annotations

import asyncio
import socket
import struct

from aiohttp import web

from nomis_client.fake.bending import PIECES, wrong_types
from nomis_client.fake.canned import Canned
from nomis_client.fake.engine import Engine
from nomis_client.fake.outcome import Delivery, Mangle, Outcome

_LOOK_EVERY = 0.02  # seconds between looks at whether a hanging caller is still there


async def delivered(
    request: web.Request, outcome: Outcome, answer: Canned | None, engine: Engine
) -> web.StreamResponse:
    """Answer `request`. Where nothing is to be said the connection ends, and what is returned goes nowhere."""
    match outcome.delivery:
        case Delivery.RESET | Delivery.NEVER_REACHED:
            reset(request)
            return web.Response()
        case Delivery.DROP:
            return _close(request)
        case Delivery.HANG:
            await _hang(request, engine)
            return _close(request)
        case Delivery.ANSWER:
            assert answer is not None
            return await _send(request, outcome, answer, engine)


async def _send(request: web.Request, outcome: Outcome, answer: Canned, engine: Engine) -> web.StreamResponse:
    headers = {"Content-Type": answer.content_type, **answer.headers}
    match outcome.mangle:
        case Mangle.EMPTY:
            return web.Response(status=answer.status, headers=headers)
        case Mangle.WRONG_TYPES:
            return web.Response(status=answer.status, headers=headers, body=wrong_types(answer.body).encode())
        case Mangle.TRUNCATE:
            return await _begin(request, answer, headers)
        case Mangle.DRIP:
            return await _drip(request, answer, headers, outcome.pace, engine)
        case Mangle.NONE:
            return web.Response(status=answer.status, headers=headers, body=answer.body.encode())


async def _begin(request: web.Request, answer: Canned, headers: dict[str, str]) -> web.StreamResponse:
    """Promise the whole body, send half, and go."""
    body = answer.body.encode()
    response = web.StreamResponse(status=answer.status, headers={**headers, "Content-Length": str(len(body))})
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    return _close(request)


async def _drip(
    request: web.Request, answer: Canned, headers: dict[str, str], pace: float, engine: Engine
) -> web.StreamResponse:
    body = answer.body.encode()
    response = web.StreamResponse(status=answer.status, headers={**headers, "Content-Length": str(len(body))})
    await response.prepare(request)
    step = max(1, -(-len(body) // PIECES))
    for start in range(0, len(body), step):
        await engine.time.sleep(pace)
        await response.write(body[start : start + step])
    await response.write_eof()
    return response


async def _hang(request: web.Request, engine: Engine) -> None:
    """Until the caller goes away, or the faults are taken away."""
    healed = engine.healed
    while engine.healed == healed and engine.power and request.transport is not None:
        if request.transport.is_closing():
            return
        await asyncio.sleep(_LOOK_EVERY)


def reset(request: web.Request) -> None:
    """Reset the connection: the caller sees an error, not an end."""
    transport = request.transport
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        # Lingering for no time makes the kernel send RST in place of FIN.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _close(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.close()
    return web.Response()
