"""One process of the service in a model: it can be killed at any await, as SIGKILL would, and leaves nothing tidy."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from adapter.booking.desk import Breaks
from adapter.clock import Ids, micros
from adapter.config import Settings
from adapter.store.engine import open_store
from adapter.wiring.service import Service, open_service
from nomis_client.fake.engine import Engine
from nomis_client.fake.inprocess import InProcessSoapWire, InProcessWire, in_process
from tests.support.model_agenda import Agenda
from tests.support.model_mail import ModelMail
from tests.support.model_mortality import Life, MortalChannel, MortalStore, MortalWire, Point
from tests.support.site import RunningClock


@dataclass(frozen=True)
class Surroundings:
    """What the processes of a model share."""

    settings: Settings
    engine: Engine
    clock: RunningClock
    mail: ModelMail
    ids: Ids
    agenda: Agenda
    breaks: Breaks


class Process:
    """A service with a worker, on a database and a prison system shared with other processes."""

    def __init__(self, service: Service, store: MortalStore, stack: AsyncExitStack, worker: asyncio.Task[None]) -> None:
        self.service = service
        self.store = store
        self._stack = stack
        self._worker = worker
        self._calls: set[asyncio.Task[None]] = set()
        self.crashes: list[str] = []
        """Errors that no caller should ever see."""

    @property
    def dead(self) -> bool:
        return self.store.life.dead

    def call(self, work: Coroutine[Any, Any, None]) -> None:
        """A caller's request, which ends with the process."""
        task = asyncio.create_task(work)
        self._calls.add(task)
        task.add_done_callback(self._ended)

    async def kill(self) -> None:
        """No finally clause reaches the store, and what was on its way to the prison system stays on its way."""
        self.store.life.dead = True
        for task in [self._worker, *self._calls]:
            task.cancel()
        await self.service.tasks.drain(0.0)
        await asyncio.gather(self._worker, *self._calls, return_exceptions=True)
        await self._stack.aclose()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.crashes.append(repr(error))


async def start(around: Surroundings, dies: Point) -> Process:
    """A new process; the store it opens is its own, the file is shared."""
    stack, life, clock, settings = AsyncExitStack(), Life(), around.clock, around.settings
    opened = open_store(settings.store, clock, db_now=lambda: micros(clock.now()), threads=False)
    store = MortalStore(opened, life, around.agenda.changed)
    stack.push_async_callback(store.close)
    waker = around.agenda.waker()
    stack.callback(around.agenda.forget, waker)
    over = InProcessSoapWire if settings.nomis.transport == "soap" else InProcessWire
    wire = MortalWire(over(around.engine, clock.monotonic), clock.monotonic, life)
    service = await stack.enter_async_context(
        open_service(
            settings,
            clock=clock,
            ids=around.ids,
            store=store,
            nomis=in_process(around.engine, settings.nomis, wire=wire),
            channels={"smtp": MortalChannel(around.mail, life)},
            breaks=around.breaks,
            waker=waker,
        )
    )
    life.told = dies  # a process that dies while it starts leaves nothing behind
    worker = asyncio.create_task(service.worker.run(asyncio.Event()))
    return Process(service, store, stack, worker)
