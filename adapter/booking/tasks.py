"""Sagas run in tasks that the process owns: a handler may wait for one, and a client that hangs up stops none."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from adapter.log import events, get_logger
from adapter.log.errors import classes, places
from adapter.store.errors import Gone, StoreUnavailable

T = TypeVar("T")
_log = get_logger()


class SagaTasks:
    """Runs work under one TaskGroup. An error of one task never stops another."""

    def __init__(self) -> None:
        self._group = asyncio.TaskGroup()
        self._running: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._group.__aexit__(kind, error, trace)

    def start(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T | None]:
        """Run `work`; the task's result is None when it failed, which is logged, never thrown at others."""
        task = self._group.create_task(_guarded(work, name))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def drain(self, seconds: float) -> None:
        """Wait for what is running; cancel what is not done in time (its lease ends by itself)."""
        if not self._running:
            return
        _, late = await asyncio.wait(set(self._running), timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=1.0)

    def __len__(self) -> int:
        return len(self._running)


async def _guarded(work: Coroutine[Any, Any, T], name: str) -> T | None:
    try:
        return await work
    except StoreUnavailable as error:
        _log.warning(events.WORK_LEFT, kind=name, reason=error.reason)
    except Gone:
        _log.info(events.VISIT_GONE, kind=name)
    except Exception as error:
        _log.error(events.WORK_FAILED, kind=name, error=classes(error), frames=places(error))
    return None
