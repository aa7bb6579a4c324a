"""A TCP proxy in front of a database (or any server) that can freeze, cut, and lose or hold the answer to COMMIT."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_COMMIT = b"COMMIT\x00"  # as a simple query
_CHUNK = 65536


@dataclass
class Address:
    """Where to forward to: a Unix socket, or host and port."""

    socket: Path | None = None
    host: str = "127.0.0.1"
    port: int = 0

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """One new connection to the server."""
        if self.socket is not None:
            return await asyncio.open_unix_connection(str(self.socket))
        return await asyncio.open_connection(self.host, self.port)


class Proxy:
    """Forwards faithfully until told otherwise. Faults stay until `heal()`; lost COMMITs are counted."""

    def __init__(self, target: Address) -> None:
        self._target = target
        self._flows = asyncio.Event()
        self._flows.set()
        self._frozen: list[asyncio.Event] = []
        self._refuses = False
        self._lose_answers = 0
        self._lose_commits = 0
        self._holds: list[tuple[bytes, asyncio.Event]] = []
        self._writers: set[asyncio.StreamWriter] = set()
        self._handlers: set[asyncio.Task[None]] = set()
        self.host = "127.0.0.1"
        self.port = 0
        self.connections = 0  # accepted so far

    @property
    def open_connections(self) -> int:
        """How many are being served now."""
        return len(self._handlers)

    def freeze(self) -> None:
        """Connections stay open and new ones are accepted, but no byte passes any more."""
        self._flows.clear()

    def thaw_new(self) -> None:
        """Connections made from now on are served; those that are open stay frozen until `heal()`."""
        self._flows, frozen = asyncio.Event(), self._flows
        self._flows.set()
        self._frozen.append(frozen)

    def cut(self) -> None:
        """Breaks every connection, and each new one at once."""
        self._refuses = True
        self.break_all()

    def break_all(self) -> None:
        """Breaks every connection that is open now; new ones are served."""
        for writer in list(self._writers):
            writer.transport.abort()

    def heal(self) -> None:
        """Back to forwarding."""
        self._refuses = False
        for flows in (self._flows, *self._frozen):
            flows.set()
        self._frozen.clear()
        self._holds.clear()

    def lose_commit_answers(self, times: int = 1) -> None:
        """The next COMMITs are carried out, then the connection breaks before their answer is seen."""
        self._lose_answers = times

    def lose_commits(self, times: int = 1) -> None:
        """The next COMMITs don't reach the server: the connection breaks, and the server rolls back."""
        self._lose_commits = times

    def hold_commit_answer(self, marked: bytes) -> asyncio.Event:
        """The transaction that carries these bytes is committed, and its answer kept back until `heal()`.

        Its connection alone stands still. The event is set when the COMMIT has been passed on.
        """
        held = asyncio.Event()
        self._holds.append((marked, held))
        return held

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection."""
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        self.connections += 1
        self._writers.add(writer)
        try:
            if not self._refuses:
                await self._forward(reader, writer)
        except OSError:
            pass  # one side went away; the other one is told below
        finally:
            writer.transport.abort()
            self._writers.discard(writer)
            self._handlers.discard(task)

    async def stop(self) -> None:
        """Breaks everything and waits for the end of it."""
        self.heal()  # whoever waits at a frozen connection finds it broken
        self.cut()
        await asyncio.gather(*self._handlers, return_exceptions=True)

    async def _forward(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        link = _Link(self._flows)
        await link.flows.wait()
        server, to_server = await self._target.connect()
        self._writers.add(to_server)
        try:
            there = asyncio.create_task(self._pump_to_server(client, to_server, link))
            back = asyncio.create_task(self._pump_to_client(server, to_client, link))
            try:
                await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                there.cancel()
                back.cancel()
                await asyncio.gather(there, back, return_exceptions=True)
        finally:
            to_server.transport.abort()
            self._writers.discard(to_server)

    async def _pump_to_server(self, client: asyncio.StreamReader, to_server: asyncio.StreamWriter, link: _Link) -> None:
        while data := await client.read(_CHUNK):
            await link.flows.wait()
            if _COMMIT in data and self._lose_commits:
                self._lose_commits -= 1
                return
            if _COMMIT in data and self._lose_answers:
                self._lose_answers -= 1
                link.answer_is_lost = True
            held = self._held(data, link)
            to_server.write(data)
            await to_server.drain()
            if held is not None:
                held.set()

    def _held(self, data: bytes, link: _Link) -> asyncio.Event | None:
        """The event to set, if this is the COMMIT of a transaction whose answer is to be kept back."""
        for hold in [hold for hold in self._holds if hold[0] in data]:
            self._holds.remove(hold)
            link.hold = hold[1]
        if link.hold is None or _COMMIT not in data:
            return None
        held, link.hold = link.hold, None
        link.flows = asyncio.Event()
        self._frozen.append(link.flows)
        return held

    async def _pump_to_client(self, server: asyncio.StreamReader, to_client: asyncio.StreamWriter, link: _Link) -> None:
        while data := await server.read(_CHUNK):
            await link.flows.wait()
            if link.answer_is_lost:
                return
            to_client.write(data)
            await to_client.drain()


@dataclass
class _Link:
    flows: asyncio.Event
    answer_is_lost: bool = False
    hold: asyncio.Event | None = None


@asynccontextmanager
async def proxy_running(target: Address) -> AsyncIterator[Proxy]:
    """A proxy on a free port of 127.0.0.1."""
    proxy = Proxy(target)
    server = await asyncio.start_server(proxy.handle, proxy.host, 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.stop()
        with suppress(OSError):
            await server.wait_closed()
