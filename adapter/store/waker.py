"""Waking whoever works on due visits and messages: at once in this process, by polling in others."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Protocol, Self


class Waker(Protocol):
    """`notify` wakes everybody who waits."""

    def notify(self) -> None: ...

    async def wait(self, timeout: float) -> None:
        """Returns when notified, or after `timeout` seconds."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ProcessWaker:
    """Wakes within this process; other processes find the work when they poll."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def notify(self) -> None:
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()

    async def wait(self, timeout: float) -> None:
        try:
            async with asyncio.timeout(timeout):
                await self._rung.wait()
        except TimeoutError:
            return

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None
