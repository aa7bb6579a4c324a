"""How many calls one process may have under way at once, and how long the next one would wait for its place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import islice

from nomis_client.errors import Unavailable


class Place:
    """Held by a call that is under way."""

    __slots__ = ("since",)

    def __init__(self, since: float) -> None:
        self.since = since


class Places:
    """`most` places, given out in the order in which they are asked for. `monotonic`: the clock of the deadlines."""

    def __init__(self, most: int, monotonic: Callable[[], float]) -> None:
        self._most = most
        self._monotonic = monotonic
        self._free = asyncio.Semaphore(most)
        self._taken: dict[Place, None] = {}  # the longest under way first
        self._queued = 0

    async def take(self, deadline: float) -> Place:
        """Wait for a place. Raises `Unavailable` when none is free in time."""
        if self._free.locked():
            self._queued += 1
            try:
                async with asyncio.timeout(deadline - self._monotonic()):
                    await self._free.acquire()
            except TimeoutError:
                raise Unavailable("no_place") from None
            finally:
                self._queued -= 1
        else:
            await self._free.acquire()  # doesn't wait
        place = Place(self._monotonic())
        self._taken[place] = None
        return place

    def give_back(self, place: Place) -> None:
        del self._taken[place]
        self._free.release()

    def wait(self) -> float:
        """Seconds that one more call would wait, were each to take as long as the middle one of those under way has."""
        if not self._queued:
            return 0.0
        middle = next(islice(self._taken, len(self._taken) // 2, None), None)
        return 0.0 if middle is None else self._queued / self._most * (self._monotonic() - middle.since)
