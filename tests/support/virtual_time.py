"""An event loop whose clock jumps to the next timer when nothing else is to do: minutes pass in no time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


_MOST_ROUNDS = 100_000
"""Of the event loop at one moment of its clock: far more than thousands of concurrent tasks need."""


class StandsStill(RuntimeError):
    """The clock can't move on, for there is always something to do at once."""


class _JumpingSelector(selectors.DefaultSelector):
    """Waits for no timer. Only for programs without sockets: real I/O would be overtaken by the clock."""

    now = 1000.0
    in_threads = 0
    rounds = 0  # since the clock last moved

    def select(self, timeout: float | None = None) -> list[Any]:
        ready: list[Any] = super().select(0)
        while not ready and self.in_threads and timeout != 0:
            ready = super().select(0.05)  # a thread works (a commit): no virtual time passes meanwhile
        self.rounds = 0 if timeout else self.rounds + 1
        if self.rounds > _MOST_ROUNDS:
            raise StandsStill("something goes round and round, and no time passes")
        if not ready:
            assert timeout is not None, "everything waits for something that no timer will bring"
            self.now += max(timeout, 0.0)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """`loop.time()` starts at 1000 and moves only when all tasks wait."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]
        self._jumping.in_threads += 1
        done = super().run_in_executor(executor, func, *args)
        done.add_done_callback(self._back)
        return done

    def _back(self, _: Any) -> None:
        self._jumping.in_threads -= 1


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, on a virtual clock."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
