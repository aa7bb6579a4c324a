"""Reading what a client sends: bounded in size and in time, and strictly JSON."""

from __future__ import annotations

import asyncio

from aiohttp import web
from pydantic_core import from_json

from adapter.web.failure import Failure

MAX_BODY = 64 * 1024
"""Bytes."""
BODY_TIMEOUT = 10.0
"""Seconds that a client may take to send a body."""


async def read_object(request: web.Request, timeout: float = BODY_TIMEOUT) -> dict[str, object]:
    """The JSON object in the body. NaN, invalid UTF-8, lone surrogates and nesting beyond 200 levels are not JSON.

    Raises `Failure`: 413 beyond `MAX_BODY`, 408 beyond `timeout`, 400 for everything that is not a JSON object.
    """
    body = await read_bytes(request, timeout)
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise Failure(400, "Invalid JSON") from None
    if not isinstance(value, dict):
        raise Failure(400, "Invalid JSON")
    return value


async def read_bytes(request: web.Request, timeout: float = BODY_TIMEOUT) -> bytes:
    """The body as sent. Raises `Failure` 413 and 408 as above, 400 where the transfer is broken."""
    if (request.content_length or 0) > MAX_BODY:
        raise Failure(413, "Request too large")
    try:
        if request.content.is_eof():  # it came with the head, as most do: there is nothing to wait for
            return await request.read()
        async with asyncio.timeout(timeout):
            return await request.read()
    except TimeoutError:
        raise Failure(408, "Request timeout", headers={"Connection": "close"}) from None
    except (web.RequestPayloadError, ConnectionError):
        raise Failure(400, "Bad request", headers={"Connection": "close"}) from None
