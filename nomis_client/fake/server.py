"""The fake as a server on a socket, for tests (`running`) and for the command line (`main`)."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from aiohttp import web

from nomis_client.fake.clock import Time, WallTime, london_date
from nomis_client.fake.control import Control
from nomis_client.fake.engine import Engine
from nomis_client.fake.guard import Guard
from nomis_client.fake.rest import BASE_PATHS, add_rest
from nomis_client.fake.seed import seeded
from nomis_client.fake.state import PrisonState

_log = structlog.get_logger("nomis_client.fake")


@dataclass
class RunningServer:
    """A fake that serves. URLs without a slash at the end."""

    host: str
    port: int
    engine: Engine

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def base_url(self) -> str:
        """What `[nomis] base_url` is set to."""
        return self.url + BASE_PATHS[0]

    @property
    def auth_url(self) -> str:
        """What `[nomis.auth] auth_url` is set to."""
        return self.url + "/auth"

    @property
    def control_url(self) -> str:
        return self.url + "/_control"

    @property
    def state(self) -> PrisonState:
        return self.engine.state


def make_app(engine: Engine) -> web.Application:
    """All faces over one engine."""
    app = web.Application()
    guard = Guard(engine)
    add_rest(app, engine, guard)
    Control(engine).add_to(app)
    return app


@asynccontextmanager
async def running(
    state: PrisonState, host: str = "127.0.0.1", port: int = 0, time: Time | None = None
) -> AsyncIterator[RunningServer]:
    """Serve `state` until the block is left. `port` 0 takes a free one; `time` is the machine's clock if left out."""
    engine = Engine(state, time)
    runner = web.AppRunner(make_app(engine), access_log=None, handle_signals=False, shutdown_timeout=0.0)
    await runner.setup()

    def drop_connections() -> None:
        server = runner.server
        for connection in server.connections if server is not None else ():
            if connection.transport is not None:
                connection.transport.abort()

    engine.on_restart.append(drop_connections)
    site = web.TCPSite(runner, host, port)
    await site.start()
    bound: int = runner.addresses[0][1]
    try:
        yield RunningServer(host, bound, engine)
    finally:
        engine.heal()
        await runner.cleanup()


async def main(host: str, port: int, path: Path | None, seed: int, ready: Callable[[str], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM. `path`: the file that holds the state, None for memory."""
    state = seeded(london_date(WallTime().now()), seed, path)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        async with running(state, host, port) as server:
            _log.info("fake_nomis.started", port=server.port, durable=path is not None)
            if ready is not None:
                ready(server.url)
            await stop.wait()
    finally:
        state.close()
