"""A server of bytes: tests say what goes over each connection, and see what came."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.support.stream_server import stream_server


@dataclass
class Request:
    """One request as it came, and on which connection (counted from 0)."""

    connection: int
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> object:
        return json.loads(self.body)


Answer = Callable[[Request, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class RawServer:
    """Answers each request by the next of `answers`; the last one serves for all that follow."""

    answers: list[Answer]
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number, self.connections = self.connections, self.connections + 1
        try:
            while request := await _read_request(reader, number):
                self.requests.append(request)
                answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
                await answer(request, reader, writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def raw_server(*answers: Answer) -> AsyncIterator[RawServer]:
    running = RawServer(list(answers))
    async with stream_server(running.serve) as running.port:
        yield running


async def _read_request(reader: asyncio.StreamReader, connection: int) -> Request | None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(connection, method, target, headers, body)


def replies(status: int, body: bytes | str | object = b"", **headers: str) -> Answer:
    """A whole, well-framed reply. A body that isn't bytes or text is written as JSON."""
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    names = {"content_type": "application/json"} | headers
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(raw)}"]
    lines += [f"{name.replace('_', '-').title()}: {value}" for name, value in names.items() if value]
    return sends("\r\n".join(lines).encode() + b"\r\n\r\n" + raw)


def sends(data: bytes, then: Answer | None = None) -> Answer:
    """These bytes, whatever they are; the connection stays open unless `then` says otherwise."""

    async def answer(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        if then is not None:
            await writer.drain()
            await then(request, reader, writer)

    return answer


async def hangs(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Never another byte."""
    await asyncio.Event().wait()


async def closes(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An orderly end."""
    writer.close()


async def resets(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A reset."""
    transport = writer.transport
    transport.abort()


def drips(data: bytes, pause: float) -> Answer:
    """One byte at a time."""

    async def answer(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for at in range(len(data)):
            writer.write(data[at : at + 1])
            await writer.drain()
            await asyncio.sleep(pause)

    return answer
