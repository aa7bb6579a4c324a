"""A prison that answers, dawdles or fails as it is told, asked through the shared layer of calls. No transport."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from nomis_client import Call, NomisSettings, OutcomeUnknown, Unavailable
from nomis_client.calls import Calls
from nomis_client.wire import NoReply
from tests.support.rest_clients import Ear


def cut() -> NoReply:
    return NoReply("cut_short", perhaps_written=True)


def now() -> float:
    return asyncio.get_running_loop().time()


def call(seconds: float = 10.0, **changes: Any) -> Call:
    return Call("LEI", now() + seconds, **changes)


@dataclass
class Prison:
    """Answers after a while, or fails as it is told; keeps when it was asked and how much at once."""

    latency: float = 0.01
    failure: Callable[[], Exception] | None = None
    asked: list[float] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def answer(self, deadline: float) -> str:
        self.asked.append(now())
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(min(self.latency, max(0.0, deadline - now())))
        finally:
            self.at_once -= 1
        if now() >= deadline:
            raise NoReply("timeout", perhaps_written=True)
        if self.failure:
            raise self.failure()
        return "fine"


def calls(ear: Ear | None = None, **settings: Any) -> Calls:
    return Calls(
        NomisSettings.model_validate(settings),
        observer=ear or Ear(),
        monotonic=asyncio.get_running_loop().time,
        sleep=asyncio.sleep,
        rng=Random(0),
    )


async def read(through: Calls, prison: Prison, with_call: Call | None = None) -> str:
    return await through.read("slots", with_call or call(), prison.answer)


async def write(through: Calls, prison: Prison, seconds: float = 10.0) -> str:
    deadline = now() + seconds
    async with through.leave_to_write("LEI", deadline) as leave:
        return await leave.send("book", lambda: prison.answer(deadline))


async def fail_reads(through: Calls, times: int) -> None:
    down = Prison(failure=cut)
    for _ in range(times):
        with pytest.raises(Unavailable):
            await read(through, down, call(0.04))  # too short for a second try


async def fail_writes(through: Calls, times: int) -> None:
    for _ in range(times):
        with pytest.raises(OutcomeUnknown):
            await write(through, Prison(failure=cut))
