"""The clock of all deadlines: the event loop's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class LoopClock:
    """`loop.time()` of the loop that it is first asked in, and asked in from then on.

    It is read some sixty times for one booking, and each look for the running loop is a system call (`getpid`): a
    sixteenth of what the seven calls took.
    """

    __slots__ = ("_time",)

    def __init__(self) -> None:
        self._time: Callable[[], float] | None = None

    def __call__(self) -> float:
        if self._time is None:
            self._time = asyncio.get_running_loop().time
        return self._time()
