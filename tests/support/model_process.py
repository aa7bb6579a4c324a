"""One process of the service in a model: it can be killed at any await, as SIGKILL would, and leaves nothing tidy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from adapter.booking.desk import Breaks
from adapter.config import Settings
from adapter.store.engine import open_store
from adapter.store.errors import CommitUnknown, StoreUnavailable
from adapter.store.leftovers import LeftOver
from adapter.store.unit_of_work import Store, Tx
from adapter.wiring.service import Service, open_service
from nomis_client.fake.engine import Engine
from nomis_client.fake.inprocess import in_process
from notifier import Channel
from tests.support.model_agenda import Agenda

T = TypeVar("T")
Point = Callable[[str], bool]
"""Asked before and after every commit (`before_commit`, `after_commit`): True kills the process there."""


class MortalStore(Store):
    """The real store, until its process is dead."""

    def __init__(self, store: Store, dies: Point, changed: Callable[[], None]) -> None:
        self._store = store
        self.dies = dies
        self.changed = changed
        self.dead = False
        self.lose_answers = 0

    @property
    def dialect_name(self) -> str:
        return self._store.dialect_name

    @asynccontextmanager
    async def write(self, deadline: float | None = None) -> AsyncIterator[Tx]:
        self._alive()
        async with self._store.write(deadline) as tx:
            commit = tx.commit

            async def mortal_commit() -> None:
                if self.dies("before_commit"):
                    self.dead = True
                self._alive()
                await commit()
                self.changed()
                if self.dies("after_commit"):
                    self.dead = True
                self._alive()
                if self.lose_answers:
                    self.lose_answers -= 1
                    raise CommitUnknown("unreachable")

            tx.commit = mortal_commit  # type: ignore[method-assign]
            yield tx

    @asynccontextmanager
    async def read(self, deadline: float | None = None, *, long: bool = False) -> AsyncIterator[Tx]:
        self._alive()
        async with self._store.read(deadline, long=long) as tx:
            yield tx

    async def alone(self, work: Callable[[Any], T]) -> T:
        return await self._store.alone(work)

    async def tidy(self, tables: Sequence[str], hold_up: float) -> frozenset[LeftOver]:
        return await self._store.tidy(tables, hold_up)

    async def close(self) -> None:
        await self._store.close()

    def _alive(self) -> None:
        if self.dead:
            raise StoreUnavailable("closed")


class Process:
    """A service with a worker, on a database and a prison system shared with other processes."""

    def __init__(self, service: Service, store: MortalStore, stack: AsyncExitStack, worker: asyncio.Task[None]) -> None:
        self.service = service
        self.store = store
        self._stack = stack
        self._worker = worker
        self.calls: set[asyncio.Task[Any]] = set()

    @property
    def dead(self) -> bool:
        return self.store.dead

    def call(self, work: Any) -> asyncio.Task[Any]:
        """A caller's request, which ends with the process."""
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        self.calls.add(task)
        task.add_done_callback(self.calls.discard)
        return task

    async def kill(self) -> None:
        """No finally clause reaches the store, and what was on its way to the prison system stays on its way."""
        self.store.dead = True
        for task in [self._worker, *self.calls]:
            task.cancel()
        await self.service.tasks.drain(0.0)
        await asyncio.gather(self._worker, *self.calls, return_exceptions=True)
        await self._stack.aclose()


async def start(
    settings: Settings,
    engine: Engine,
    clock: Any,
    channels: Mapping[str, Channel],
    *,
    ids: Any = None,
    dies: Point = lambda _: False,
    breaks: Breaks = Breaks(),  # noqa: B008 - frozen
    micros_now: Callable[[], int],
    agenda: Agenda,
) -> Process:
    """A new process; the store it opens is its own, the file is shared."""
    stack = AsyncExitStack()
    store = MortalStore(open_store(settings.store, clock, db_now=micros_now, threads=False), dies, agenda.changed)
    stack.push_async_callback(store.close)
    waker = agenda.waker()
    stack.callback(agenda.forget, waker)
    nomis = in_process(engine, settings.nomis)
    service = await stack.enter_async_context(
        open_service(
            settings, clock=clock, ids=ids, store=store, nomis=nomis, channels=channels, breaks=breaks, waker=waker
        )
    )
    worker = asyncio.ensure_future(service.worker.run(asyncio.Event()))
    return Process(service, store, stack, worker)
