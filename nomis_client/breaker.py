"""Circuit breakers: one for reads and one for writes per prison. Why our own: docs/decisions/0005-resilience.md."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from nomis_client.errors import Unavailable

Changed = Callable[[str], None]


class ReadBreaker:
    """Open after `failures` failures in a row; only a probe closes it, however long that takes.

    `era` changes whenever it opens or closes: an outcome of an earlier era says nothing about this one.
    """

    def __init__(self, failures: int, changed: Changed) -> None:
        self._limit = failures
        self._changed = changed
        self._in_a_row = 0
        self.is_open = False
        self.era = 0

    def note_answer(self, era: int) -> None:
        if era == self.era:
            self._in_a_row = 0

    def note_failure(self, era: int) -> bool:
        """True if this one opened it."""
        if era != self.era or self.is_open:
            return False
        self._in_a_row += 1
        if self._in_a_row < self._limit:
            return False
        self._turn(is_open=True)
        return True

    def close(self) -> None:
        if self.is_open:
            self._turn(is_open=False)

    def _turn(self, *, is_open: bool) -> None:
        self.is_open = is_open
        self.era += 1
        self._in_a_row = 0
        self._changed("open" if is_open else "closed")


class WriteBreaker:
    """As the read breaker; when reads are answered again it lets one write through, and doubles after each answer.

    It is closed again when it would let more through than may be in flight at all.
    """

    def __init__(self, failures: int, most: int, open_seconds: float, clock: Callable[[], float], changed: Changed):
        self._limit = failures
        self._most = most
        self._open_seconds = open_seconds
        self._clock = clock
        self._changed = changed
        self._in_a_row = 0
        self._allowed: int | None = None  # None: closed; 0: open; else how many may be under way
        self._under_way = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.opened_at = 0.0
        self.era = 0

    @property
    def is_open(self) -> bool:
        return self._allowed == 0

    async def enter(self, deadline: float) -> int:
        """Wait for leave to write; returns the era to give back. Raises `Unavailable` when open or too late."""
        while True:
            if self._allowed is None or self._under_way < self._allowed:
                self._under_way += 1
                return self.era
            if self._allowed == 0:
                raise Unavailable("breaker_open")
            await self._wait(deadline)

    def leave(self, era: int, answered: bool | None) -> None:
        """Give the leave back. `answered` None: nothing was learned (nothing was sent)."""
        if era == self.era:
            self._under_way -= 1
            if answered:
                self._note_answer()
            elif answered is False:
                self._note_failure()
        self._wake()

    def trip(self) -> None:
        """Open it (reads have failed as well)."""
        if self._allowed != 0:
            self._turn(0, "open")

    def reads_answered(self, *, probed: bool) -> None:
        """Reads work: if it has been open for its time, or a probe says so, let one write through."""
        if self._allowed == 0 and (probed or self._clock() - self.opened_at >= self._open_seconds):
            self._turn(1, "half_open")

    def _note_answer(self) -> None:
        self._in_a_row = 0
        if self._allowed:
            self._allowed *= 2
            if self._allowed > self._most:
                self._allowed = None
                self._changed("closed")

    def _note_failure(self) -> None:
        self._in_a_row += 1
        if self._allowed is not None or self._in_a_row >= self._limit:
            self.trip()

    def _turn(self, allowed: int, state: str) -> None:
        self._allowed = allowed
        self._in_a_row = 0
        self._under_way = 0
        self.era += 1
        if allowed == 0:
            self.opened_at = self._clock()
        self._changed(state)
        self._wake()

    async def _wait(self, deadline: float) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(deadline - self._clock()):
                await turn
        except BaseException as stopped:
            if turn.done() and not turn.cancelled():
                self._wake()  # woken in the very moment it gave up: pass the turn on
            else:
                with suppress(ValueError):  # passed over already
                    self._waiting.remove(turn)
            if isinstance(stopped, TimeoutError):
                raise Unavailable("breaker_half_open") from None
            raise

    def _wake(self) -> None:
        """Wake as many as may go; all of them when it is open, so that they fail at once."""
        room = len(self._waiting) if not self._allowed else self._allowed - self._under_way
        while room > 0 and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                room -= 1
