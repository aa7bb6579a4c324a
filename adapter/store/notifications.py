"""Waking workers of other processes, by PostgreSQL's LISTEN and NOTIFY. A notification carries nothing.

Losing one costs no more than the worker's own poll, so nothing here fails loudly or holds anybody up.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import asyncpg
from sqlalchemy import NullPool, exc, text
from sqlalchemy.ext.asyncio import create_async_engine

from adapter.config.store import StoreSettings
from adapter.store.errors import StoreFault, StoreUnavailable
from adapter.store.unit_of_work import Store
from adapter.store.waker import ProcessWaker

CHANNEL = "visits_adapter_work"

_REST = 0.1  # seconds between two messages to other processes: under load one stands for many
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 10.0  # seconds between two tries to listen again
_NOTIFY = text(f"SELECT pg_notify('{CHANNEL}', '')")


@dataclass(frozen=True, slots=True)
class Check:
    """After how many seconds of silence the listening connection is asked whether it is still there, and how many it
    has for the answer (or for connecting).
    """

    after: float
    patience: float


CHECK = Check(after=20.0, patience=2.0)


class PostgresqlWaker(ProcessWaker):
    """Wakes this process at once and the others on the same database soon. Enter it, or it only does the former.

    Worth its connection where requests come in at processes without a worker; else polling does.
    """

    def __init__(self, store: Store, settings: StoreSettings, check: Check = CHECK) -> None:
        super().__init__()
        self._store = store
        self._check = check
        self._engine = create_async_engine(
            settings.engine_url(),
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={"timeout": check.patience, "server_settings": {"application_name": "visits-adapter waker"}},
        )
        self._to_tell = asyncio.Event()
        self._listening = asyncio.Event()
        self._beside: tuple[asyncio.Task[None], ...] = ()

    def notify(self) -> None:
        """Returns at once, also where the database can't be reached."""
        super().notify()
        self._to_tell.set()

    async def listening(self) -> None:
        """Waits until notifications of other processes are heard."""
        await self._listening.wait()

    async def __aenter__(self) -> Self:
        self._beside = (asyncio.create_task(self._tell()), asyncio.create_task(self._listen()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._beside:
            task.cancel()
        for outcome in await asyncio.gather(*self._beside, return_exceptions=True):
            assert isinstance(outcome, asyncio.CancelledError), outcome

    async def _tell(self) -> None:
        while True:
            await self._to_tell.wait()
            self._to_tell.clear()
            with suppress(StoreUnavailable, StoreFault):  # the others poll
                async with self._store.read() as tx:
                    await tx.execute(_NOTIFY)
            await asyncio.sleep(_REST)

    async def _listen(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            with suppress(exc.SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                await self._listen_once()  # polling goes on meanwhile
            if self._listening.is_set():
                self._listening.clear()
                pause = _FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _listen_once(self) -> None:
        """Listens until the connection is gone."""
        async with self._engine.connect() as held:
            connection = (await held.get_raw_connection()).driver_connection
            assert isinstance(connection, asyncpg.Connection)
            try:
                await self._hear(connection)
            finally:
                connection.terminate()  # a goodbye would wait for a server that is perhaps frozen

    async def _hear(self, connection: asyncpg.Connection) -> None:
        gone = asyncio.Event()
        connection.add_termination_listener(lambda _: gone.set())
        await connection.add_listener(CHANNEL, lambda *_: ProcessWaker.notify(self))
        self._listening.set()
        ProcessWaker.notify(self)  # something may have happened while nobody listened
        while not gone.is_set():
            try:
                async with asyncio.timeout(self._check.after):
                    await gone.wait()
            except TimeoutError:
                await connection.fetchval("SELECT 1", timeout=self._check.patience)
