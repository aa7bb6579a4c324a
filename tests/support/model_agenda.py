"""Wakes workers in a model when their next poll would find something; polls that would find nothing are left out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

from adapter.clock import instant
from adapter.store.waker import ProcessWaker
from tests.support.model_rows import Rows
from tests.support.site import RunningClock

_BREATH = 0.05
"""Seconds for which changes are gathered before the agenda is read again."""


class RungWaker(ProcessWaker):
    """Waits for a ring, however long: the agenda rings when the wait's end would matter."""

    async def wait(self, timeout: float) -> None:
        del timeout
        await self._rung.wait()


class Agenda:
    """What is due next in the database that the processes of a model share.

    A worker polls every `poll` seconds of virtual time. A poll that finds nothing changes nothing, so it is left out:
    somebody is woken when something is due, and every `poll` seconds as long as something stays due.
    """

    def __init__(self, rows: Rows, clock: RunningClock, rng: Random, poll: float) -> None:
        self._rows = rows
        self._clock = clock
        self._rng = rng
        self._poll = poll
        self._changed = asyncio.Event()
        self._wakers: list[RungWaker] = []

    def waker(self) -> RungWaker:
        """For one more process."""
        waker = RungWaker()
        self._wakers.append(waker)
        return waker

    def forget(self, waker: RungWaker) -> None:
        """Its process is gone."""
        self._wakers.remove(waker)

    def changed(self) -> None:
        """Somebody committed something."""
        self._changed.set()

    async def keep(self) -> None:
        """Until cancelled."""
        rang_at = 0.0
        while True:
            self._changed.clear()
            due = self._next()
            now = self._clock.monotonic()
            if due is not None and max(due, rang_at + self._poll) <= now:
                self._ring()
                rang_at = now
                continue
            at = None if due is None else max(due, rang_at + self._poll)
            try:
                async with asyncio.timeout_at(at):
                    await self._changed.wait()
                    await asyncio.sleep(_BREATH)
            except TimeoutError:
                continue

    def _next(self) -> float | None:
        """When, on the event loop's clock."""
        stored = self._rows.next_due()
        if stored is None:
            return None
        left = (instant(stored) - self._clock.now()).total_seconds()
        return self._clock.monotonic() + left

    def _ring(self) -> None:
        wakers: Sequence[RungWaker] = self._wakers
        if wakers:
            self._rng.choice(wakers).notify()
