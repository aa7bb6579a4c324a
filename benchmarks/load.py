"""The load generator, a process of its own: asks for visits over kept connections and tells how long answers took.

`python -m benchmarks.load` reads one JSON object (`Job`) from standard input and writes one (`Result`) to standard
output. It builds no objects for what it sends or gets: two bytes are looked at in an answer, its status and its state.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import cast
from urllib.parse import urlsplit

import uvloop

from benchmarks.cast import PLACEHOLDER, VARIANTS, prisoner_number, validation_request, visit_request

_PATIENCE = 60.0


@dataclass(frozen=True)
class Job:
    """`requests` by `clients` connections; each asks again as soon as it is answered, or, with `every`, once in so many
    seconds at a moment of its own. `urls`: clients take turns. `first`: the number of the first prisoner. `validated`:
    each prisoner is validated just before, which is not timed."""

    urls: list[str]
    clients: int
    requests: int
    first: int
    every: float = 0.0
    validated: bool = False


@dataclass(frozen=True)
class Result:
    """`seconds`: of each answer, in order of arrival; `elapsed`: from the first request to the last answer."""

    seconds: list[float]
    elapsed: float
    answers: dict[str, int]
    """How many by status and state, such as `200 booked`."""


class Connection(asyncio.Protocol):
    """One kept connection: a question at a time."""

    def __init__(self) -> None:
        self._waiter: asyncio.Future[bytes] | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # a stream: we made it one

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or self._waiter is None:
            return
        at = self._buffer.find(b"Content-Length: ")
        length = int(self._buffer[at + 16 : self._buffer.index(b"\r", at)])
        if len(self._buffer) >= end + 4 + length:
            answer, self._buffer = self._buffer, b""
            self._waiter.set_result(answer)

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(b"HTTP/1.1 000 lost\r\n\r\n")

    async def ask(self, request: bytes) -> bytes:
        self._waiter = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        async with asyncio.timeout(_PATIENCE):
            return await self._waiter


class Load:
    """One job under way."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._numbers = iter(range(job.first, job.first + job.requests))
        self._seconds: list[float] = []
        self._answers: Counter[str] = Counter()
        self._visits, self._validation = [visit_request(number) for number in range(VARIANTS)], validation_request()

    async def run(self) -> Result:
        loop = asyncio.get_running_loop()
        lines = []
        for number in range(self._job.clients):
            where = urlsplit(self._job.urls[number % len(self._job.urls)])
            _, line = await loop.create_connection(Connection, where.hostname or "", where.port or 0)
            lines.append(line)
        began = perf_counter()
        async with asyncio.TaskGroup() as group:
            for place, line in enumerate(lines):
                group.create_task(self._client(line, place / len(lines)))
        return Result(self._seconds, perf_counter() - began, dict(self._answers))

    async def _client(self, line: Connection, share: float) -> None:
        every = self._job.every
        await asyncio.sleep(every * share)
        for number in self._numbers:
            own = prisoner_number(number).encode()
            if self._job.validated:
                await line.ask(self._validation.replace(PLACEHOLDER.encode(), own))
            began = perf_counter()
            answer = await line.ask(self._visits[number % VARIANTS].replace(PLACEHOLDER.encode(), own))
            took = perf_counter() - began
            self._seconds.append(took)
            self._answers[_in_words(answer)] += 1
            if every:
                await asyncio.sleep(max(0.0, every * random.uniform(0.9, 1.1) - took))


def _in_words(answer: bytes) -> str:
    status = answer[9:12].decode()
    at = answer.find(b'"processing_state":')
    state = answer[at + 19 : at + 40].split(b'"')[1].decode() if at >= 0 else ""
    return f"{status} {state}".strip()


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(Load(Job(**json.load(sys.stdin))).run()))))
