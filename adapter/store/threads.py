"""Where work goes that would hold the event loop: one thread, or none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, Protocol, TypeAlias, TypeVar

T = TypeVar("T")


class Place(Protocol):
    """Carries out what it is given, one after the other."""

    def start(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Begins or queues it; the future is of the running loop, and cancelling it doesn't stop the work."""

    def close(self) -> None:
        """After what is queued."""


_Item: TypeAlias = tuple[Callable[[], Any], asyncio.Future[Any], asyncio.AbstractEventLoop]


class Beside:
    """A thread of its own, made when it is first needed; a fraction of an executor's cost per piece of work."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[_Item | None] = SimpleQueue()
        self._thread: Thread | None = None

    def start(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """See Place."""
        if self._thread is None:
            self._thread = Thread(target=self._run, name="sqlite", daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._queue.put((work, done, loop))
        return done

    def close(self) -> None:
        """See Place."""
        self._queue.put(None)

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            work, done, loop = item
            try:
                result, error = work(), None
            except Exception as raised:
                result, error = None, raised
            with suppress(RuntimeError):  # the loop is closed: nobody waits
                loop.call_soon_threadsafe(_settle, done, result, error)


class Here:
    """No thread: done at once. For event loops with a clock of their own, which would run ahead of a thread."""

    def start(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """See Place."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        try:
            done.set_result(work())
        except Exception as error:
            done.set_exception(error)
        return done

    def close(self) -> None:
        """See Place."""


def _settle(done: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if done.cancelled():
        return
    if error is None:
        done.set_result(result)
    else:
        done.set_exception(error)
