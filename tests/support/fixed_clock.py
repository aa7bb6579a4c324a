"""A clock that a test sets."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time, timedelta

from adapter.clock import LONDON


class FixedClock:
    """Stands still until it is moved. Deadlines stay on the event loop's clock; sleeping only yields."""

    def __init__(self, at: datetime) -> None:
        self._now = at.astimezone(UTC)

    @classmethod
    def in_london(cls, day: date, at: time = time(10, 30)) -> FixedClock:
        return cls(datetime.combine(day, at, LONDON))

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)

    def move(self, by: timedelta) -> None:
        self._now += by
