"""A server beside a test that does not run in an event loop: for clients that block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from adapter.web import listen


@contextmanager
def served_in_thread(app: web.Application) -> Iterator[str]:
    """Serves `app` in a loop and a thread of its own; gives its address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    listening = listen(app, "127.0.0.1", 0)

    try:
        yield asyncio.run_coroutine_threadsafe(_enter(listening), loop).result(30)
    finally:
        asyncio.run_coroutine_threadsafe(listening.__aexit__(None, None, None), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


async def _enter(listening: object) -> str:
    return await listening.__aenter__()  # type: ignore[attr-defined, no-any-return]
