"""The fake's time: any clock that can say `now` and `sleep`, and one on top that a test can set."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


class Time(Protocol):
    """`now` is aware and in UTC; `sleep` takes seconds of the same clock."""

    def now(self) -> datetime: ...
    async def sleep(self, seconds: float) -> None: ...


class WallTime:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class LoopTime:
    """It is `start` (aware) now, and goes on with the event loop's clock, be it virtual. Make it inside the loop."""

    def __init__(self, start: datetime) -> None:
        self._start = start.astimezone(UTC)
        self._began = asyncio.get_running_loop().time()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=asyncio.get_running_loop().time() - self._began)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class SettableTime:
    """A clock that runs with `base`, moved by an offset, or stands still. `sleep` always sleeps on `base`."""

    def __init__(self, base: Time | None = None) -> None:
        self._base = base or WallTime()
        self._offset = timedelta(0)
        self._frozen: datetime | None = None

    def now(self) -> datetime:
        return self._frozen if self._frozen is not None else self._base.now() + self._offset

    async def sleep(self, seconds: float) -> None:
        await self._base.sleep(seconds)

    def set(self, now: datetime, *, frozen: bool = False) -> None:
        """Make it `now` (aware). Runs on from there unless `frozen`."""
        now = now.astimezone(UTC)
        self._offset = now - self._base.now()
        self._frozen = now if frozen else None

    def advance(self, seconds: float) -> None:
        """Jump; a clock that stands still stands still afterwards."""
        self._offset += timedelta(seconds=seconds)
        if self._frozen is not None:
            self._frozen += timedelta(seconds=seconds)

    def follow(self) -> None:
        """Back to the base clock."""
        self._offset, self._frozen = timedelta(0), None

    @property
    def offset(self) -> float:
        """Seconds ahead of the base clock."""
        return self._offset.total_seconds()

    @property
    def frozen(self) -> bool:
        return self._frozen is not None


def london(now: datetime) -> datetime:
    """London wall time without a zone, as slots are written."""
    return now.astimezone(LONDON).replace(tzinfo=None)


def london_date(now: datetime) -> date:
    return london(now).date()
