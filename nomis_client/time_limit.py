"""A limit on how long a block may take, for blocks that are entered often."""

from __future__ import annotations

import asyncio
from types import TracebackType


class TimeLimit:
    """Ends its block with `TimeoutError` after so many seconds, exactly as `asyncio.timeout` does.

    In a third of its time: that one looks three times for the loop, each time with a system call.
    """

    __slots__ = ("_cancelling", "_expired", "_loop", "_seconds", "_task", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        """`loop`: the running one."""
        self._loop = loop
        self._seconds = seconds
        self._expired = False

    def __enter__(self) -> None:
        task = asyncio.current_task(self._loop)
        assert task is not None, "a limit is for a task"
        self._task, self._cancelling = task, task.cancelling()
        self._timer = self._loop.call_later(self._seconds, self._expire)

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, _: TracebackType | None) -> None:
        self._timer.cancel()
        # Somebody else's cancellation, even one in the same moment, stays one.
        if self._expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from value

    def _expire(self) -> None:
        self._expired = True
        self._task.cancel()
