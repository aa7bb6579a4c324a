"""The whole service beside a test that does not run in an event loop: for clients that block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from tests.support.site import Site, running_site


@contextmanager
def site_in_thread(database: str) -> Iterator[Site]:
    """A running service in a loop and a thread of its own; what of the site is a coroutine is not for the caller."""
    ready: Future[tuple[Site, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def run() -> None:
        ending = asyncio.Event()
        async with running_site(database) as site:
            ready.set_result((site, asyncio.get_running_loop(), ending))
            await ending.wait()

    def work() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    site, loop, ending = ready.result(60)
    try:
        yield site
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join(60)
