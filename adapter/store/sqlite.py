"""SQLite: one writing connection per process, several readers, no thread between the event loop and a short statement.

Statements run where they are called: once BEGIN IMMEDIATE has the lock, a statement on an index costs microseconds,
far less than a change of threads. What may take long (opening a file, COMMIT with its fsync, a `long` read) runs in a
thread.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection

from adapter.store.leftovers import LeftOver
from adapter.store.sqlite_lane import Lane, make_engine
from adapter.store.sqlite_tx import SqliteTx
from adapter.store.sqlite_writer import UnitTx, Writer
from adapter.store.threads import Beside, Here, Place
from adapter.store.unit_of_work import LONG, Store, Tx, acquired

T = TypeVar("T")

_LOG_TRIES, _LOG_PAUSE = 40, 0.025
"""Goes at emptying the log while readers are in the way, so many seconds apart and growing."""


class SqliteStore(Store):
    """A file; its folder is made. `waits` (s) bounds a transaction that names no deadline.

    Without `threads` everything runs where it is called, for event loops with a clock of their own.
    """

    def __init__(
        self, url: URL, db_now: Callable[[], int], *, readers: int, waits: float, threads: bool = True
    ) -> None:
        assert url.database, "a SQLite store is a file"
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        self._waits = waits
        place = Beside if threads else Here
        self._writer = Writer(Lane(make_engine(url, db_now, read_only=False), place()))
        reading = make_engine(url, db_now, read_only=True)
        self._readers = [Lane(reading, place()) for _ in range(readers)]
        self._places = asyncio.Semaphore(readers)

    @property
    def dialect_name(self) -> str:
        return "sqlite"

    @property
    def writer_place(self) -> Place:
        """Where COMMITs wait for the disk, one after the other."""
        return self._writer.lane.place

    @property
    def writer_driver(self) -> sqlite3.Connection:
        """The writing connection, once it has been used."""
        return self._writer.lane.driver

    @asynccontextmanager
    async def write(self, deadline: float | None = None) -> AsyncIterator[Tx]:
        deadline = self._deadline(deadline, self._waits)
        await self._writer.take(deadline)
        tx = UnitTx(self._writer, deadline)
        hurried = True
        try:
            await tx.begin_unit()
            yield tx
            hurried = False
        except Exception:
            hurried = False
            raise
        finally:
            await tx.end(in_a_hurry=hurried)

    @asynccontextmanager
    async def read(self, deadline: float | None = None, *, long: bool = False) -> AsyncIterator[Tx]:
        deadline = self._deadline(deadline, LONG if long else self._waits)
        await acquired(self._places, deadline)
        lane = self._readers.pop()
        tx = SqliteTx(lane, deadline, only_reads=True, beside=long)

        def free() -> None:
            try:
                lane.tidy(broken=tx.spoilt)
            finally:
                self._readers.append(lane)
                self._places.release()

        try:
            await tx.begin("BEGIN" if long else "")
            yield tx
        finally:
            tx.whenever_idle(free)

    async def alone(self, work: Callable[[Connection], T]) -> T:
        async with self._alone(self._deadline(None, LONG)) as tx:
            await tx.begin("BEGIN IMMEDIATE")
            answer = await tx.with_connection(work)
            await tx.commit_here()
        return answer

    async def tidy(self, tables: Sequence[str], hold_up: float) -> frozenset[LeftOver]:
        del tables, hold_up  # the log is one for all, and moving it takes no longer than a commit
        for attempt in range(_LOG_TRIES):
            async with self._alone(self._deadline(None, self._waits)) as tx:
                emptied = await tx.empty_log()
            if emptied:
                return frozenset()
            await asyncio.sleep(_LOG_PAUSE * (1 + attempt))
        return frozenset({LeftOver.LOG_READ})

    @asynccontextmanager
    async def _alone(self, deadline: float) -> AsyncIterator[SqliteTx]:
        """The writing connection with no transaction open."""
        await self._writer.take(deadline, alone=True)
        tx = SqliteTx(self._writer.lane, deadline, only_reads=False)

        def free() -> None:
            self._writer.lane.tidy(broken=tx.spoilt)
            self._writer.pass_on()

        try:
            yield tx
        finally:
            tx.whenever_idle(free)

    async def close(self) -> None:
        await self._writer.take(self._deadline(None, LONG), alone=True)
        for lane in (self._writer.lane, *self._readers):
            lane.close()
        self._writer.pass_on()  # closing it once more does nothing

    @staticmethod
    def _deadline(deadline: float | None, default: float) -> float:
        return asyncio.get_running_loop().time() + default if deadline is None else deadline
