"""The fake as a server on a socket, for tests (`running`) and for the command line (`main`)."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from nomis_client.fake.clock import Time, WallTime, london_date
from nomis_client.fake.control import Control
from nomis_client.fake.engine import Engine
from nomis_client.fake.guard import Guard
from nomis_client.fake.rest import BASE_PATHS, add_rest
from nomis_client.fake.seed import seeded
from nomis_client.fake.soap import PATH, add_soap
from nomis_client.fake.state import PrisonState


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
    def soap_url(self) -> str:
        """What `[nomis.soap] url` is set to."""
        return self.url + PATH

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
    add_soap(app, engine)
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
    try:
        async with _Listener(runner, host, port, engine) as bound:
            yield RunningServer(host, bound, engine)
    finally:
        engine.heal()
        await runner.cleanup()


class _Listener:
    """Listens on one port; a restart closes it and every connection for a while. Entering returns the port."""

    def __init__(self, runner: web.AppRunner, host: str, port: int, engine: Engine) -> None:
        self._runner, self._host, self._port, self._engine = runner, host, port, engine
        self._restarts: asyncio.Queue[float] = asyncio.Queue()
        engine.on_restart.append(self._restarting)

    async def __aenter__(self) -> int:
        self._site = await self._listen()
        self._port = self._runner.addresses[0][1]
        self._task = asyncio.create_task(self._run())
        return self._port

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        (ended,) = await asyncio.gather(self._task, return_exceptions=True)
        if isinstance(ended, Exception):
            raise ended

    async def _run(self) -> None:
        while True:
            seconds = await self._restarts.get()
            await self._site.stop()
            await self._engine.time.sleep(seconds)
            self._site = await self._listen()

    async def _listen(self) -> web.TCPSite:
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        return site

    def _restarting(self, seconds: float) -> None:
        server = self._runner.server
        for connection in server.connections if server is not None else ():
            if connection.transport is not None:
                connection.transport.abort()
        if seconds:
            self._restarts.put_nowait(seconds)


async def main(host: str, port: int, path: Path | None, seed: int, ready: Callable[[str], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM. `path`: the file that holds the state, None for memory."""
    state = seeded(london_date(WallTime().now()), seed, path)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        async with running(state, host, port) as server:
            if ready is not None:
                ready(server.url)
            await stop.wait()
    finally:
        state.close()
