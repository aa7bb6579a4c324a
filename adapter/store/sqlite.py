"""SQLite: one writer per process, several readers, no thread between the event loop and a short statement.

Statements run where they are called: once BEGIN IMMEDIATE has the lock, a statement on an index costs microseconds,
far less than a change of threads. What may take long (opening a file, COMMIT with its fsync, a `long` read) runs in a
thread.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, CursorResult, Executable, exc

from adapter.store.constraints import name_from_sqlite
from adapter.store.errors import CommitUnknown, Conflict, Gone, StoreFault, StoreUnavailable
from adapter.store.leftovers import LeftOver
from adapter.store.sqlite_lane import Lane, make_engine
from adapter.store.threads import Beside, Here, Place
from adapter.store.unit_of_work import LONG, Parameters, Store, Tx, acquired

T = TypeVar("T")

_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_UNREACHABLE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_PERM}
_DISK = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_NOMEM,
}
_LOG_TRIES, _LOG_PAUSE = 40, 0.025
"""Goes at emptying the log while readers are in the way, so many seconds apart and growing."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.001, 0.02  # seconds between two tries to get a lock that another process holds


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
        self._writer = Lane(make_engine(url, db_now, read_only=False), place())
        reading = make_engine(url, db_now, read_only=True)
        self._readers = [Lane(reading, place()) for _ in range(readers)]
        self._turn = asyncio.Lock()
        self._places = asyncio.Semaphore(readers)

    @property
    def dialect_name(self) -> str:
        return "sqlite"

    @property
    def writer_place(self) -> Place:
        """Where COMMITs wait for the disk, one after the other."""
        return self._writer.place

    @asynccontextmanager
    async def write(self, deadline: float | None = None) -> AsyncIterator[Tx]:
        deadline = self._deadline(deadline, self._waits)
        await acquired(self._turn, deadline)
        tx = _SqliteTx(self._writer, deadline, whenever_left=self._turn.release)
        try:
            await tx.begin("BEGIN IMMEDIATE")
            yield tx
        finally:
            tx.leave()

    @asynccontextmanager
    async def read(self, deadline: float | None = None, *, long: bool = False) -> AsyncIterator[Tx]:
        deadline = self._deadline(deadline, LONG if long else self._waits)
        await acquired(self._places, deadline)
        lane = self._readers.pop()

        def free() -> None:
            self._readers.append(lane)
            self._places.release()

        tx = _SqliteTx(lane, deadline, whenever_left=free, only_reads=True, beside=long)
        try:
            await tx.begin("BEGIN")
            yield tx
        finally:
            tx.leave()

    async def alone(self, work: Callable[[Connection], T]) -> T:
        deadline = self._deadline(None, LONG)
        await acquired(self._turn, deadline)
        tx = _SqliteTx(self._writer, deadline, whenever_left=self._turn.release)
        try:
            await tx.begin("BEGIN IMMEDIATE")
            answer = await tx.with_connection(work)
            await tx.commit()
        finally:
            tx.leave()
        return answer

    async def tidy(self, tables: Sequence[str], hold_up: float) -> frozenset[LeftOver]:
        del tables, hold_up  # the log is one for all, and moving it takes no longer than a commit
        for attempt in range(_LOG_TRIES):
            if await self._empty_log():
                return frozenset()
            await asyncio.sleep(_LOG_PAUSE * (1 + attempt))
        return frozenset({LeftOver.LOG_READ})

    async def _empty_log(self) -> bool:
        deadline = self._deadline(None, self._waits)
        await acquired(self._turn, deadline)
        tx = _SqliteTx(self._writer, deadline, whenever_left=self._turn.release)
        try:
            return await tx.empty_log()
        finally:
            tx.leave()

    async def close(self) -> None:
        async with self._turn:
            for lane in (self._writer, *self._readers):
                lane.close()

    @staticmethod
    def _deadline(deadline: float | None, default: float) -> float:
        return asyncio.get_running_loop().time() + default if deadline is None else deadline


class _SqliteTx(Tx):
    """`whenever_left` is called once the connection is free again: after a COMMIT under way has ended, even if nobody
    waits for it any more.
    """

    def __init__(
        self,
        lane: Lane,
        deadline: float,
        *,
        whenever_left: Callable[[], None],
        only_reads: bool = False,
        beside: bool = False,
    ) -> None:
        super().__init__(lane.dialect, deadline, only_reads=only_reads)
        self._loop = asyncio.get_running_loop()
        self._lane = lane
        self._whenever_left = whenever_left
        self._beside = beside
        self._under_way: asyncio.Future[Any] | None = None  # what the thread does now
        self._spoilt = False  # the connection must not be used again

    async def begin(self, how: str) -> None:
        """Connects and begins; waits for a lock of another process as long as the deadline allows."""
        pause = _FIRST_PAUSE
        while True:
            try:
                if not self._lane.is_open:
                    await self._in_thread(self._lane.open)
                self._begin(how)
            except (exc.SQLAlchemyError, sqlite3.Error) as error:
                trouble = self._trouble(error)
                if not (isinstance(trouble, StoreUnavailable) and trouble.reason == "locked"):
                    raise trouble from None
            else:
                return
            if self._loop.time() + pause >= self.deadline:
                raise StoreUnavailable("locked")
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def empty_log(self) -> bool:
        """Move everything from the write-ahead log into the file and truncate the log; False if somebody reads it."""
        try:
            if not self._lane.is_open:
                await self._in_thread(self._lane.open)
            driver = self._lane.driver
            busy, _, _ = await self._in_thread(lambda: driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone())
        except (exc.SQLAlchemyError, sqlite3.Error) as error:
            trouble = self._trouble(error)
            if isinstance(trouble, StoreUnavailable) and trouble.reason == "locked":
                return False
            raise trouble from None
        return not busy

    def _begin(self, how: str) -> None:
        driver = self._lane.driver
        driver.execute(how)
        if self._only_reads:
            try:
                driver.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()  # the snapshot begins here
            except sqlite3.Error:
                driver.rollback()
                raise

    async def _execute(self, statement: Executable, parameters: Parameters | None) -> CursorResult[Any]:
        connection = self._lane.connection
        try:
            if self._beside:
                return await self._in_thread(lambda: connection.execute(statement, parameters))
            return connection.execute(statement, parameters)
        except (exc.SQLAlchemyError, sqlite3.Error) as error:
            raise self._trouble(error) from None

    async def _run(self, sql: str, arguments: list[object]) -> Sequence[Iterable[Any]]:
        driver = self._lane.driver
        try:
            if self._beside:
                return await self._in_thread(lambda: driver.execute(sql, arguments).fetchall())
            return driver.execute(sql, arguments).fetchall()
        except sqlite3.Error as error:
            raise self._trouble(error, sql) from None

    async def with_connection(self, work: Callable[[Connection], T]) -> T:
        connection = self._lane.connection
        try:
            return await self._in_thread(lambda: work(connection))
        except (exc.SQLAlchemyError, sqlite3.Error) as error:
            raise self._trouble(error) from None

    async def _commit(self) -> None:
        try:
            await self._in_thread(self._lane.driver.commit)
        except (exc.SQLAlchemyError, sqlite3.Error) as error:
            self._spoilt = True
            trouble = self._trouble(error)
            reason = trouble.reason if isinstance(trouble, StoreUnavailable) else "disk"
            raise CommitUnknown(reason) from None
        except StoreUnavailable as late:
            raise CommitUnknown(late.reason) from None

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Not interrupted when its caller is: what is under way ends first, then the connection is free again."""
        under_way = self._under_way = self._lane.place.start(work)
        try:
            async with asyncio.timeout_at(self.deadline):
                return await asyncio.shield(under_way)
        except TimeoutError:
            raise StoreUnavailable("timeout") from None

    def leave(self) -> None:
        """Rolls back what wasn't committed, as soon as nothing is under way."""
        self._open = False
        if self._under_way is None or self._under_way.done():
            self._set_free()
            return
        if self._beside and self._lane.is_open:
            self._lane.driver.interrupt()
        self._under_way.add_done_callback(self._set_free)

    def _set_free(self, under_way: asyncio.Future[Any] | None = None) -> None:
        if under_way is not None and not under_way.cancelled():
            under_way.exception()  # nobody else asks
        try:
            self._lane.tidy(broken=self._spoilt)
        finally:
            self._whenever_left()

    def _trouble(self, error: Exception, statement: str = "") -> Exception:
        if isinstance(error, exc.StatementError):
            statement = error.statement or ""
        cause = error.orig if isinstance(error, exc.DBAPIError) else error
        if not isinstance(cause, sqlite3.Error):
            return StoreFault(type(cause).__name__, statement)
        code = getattr(cause, "sqlite_errorcode", 0)
        if code in (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY):
            return Conflict(name_from_sqlite(str(cause)))
        if code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
            return Gone()
        kind = code & 0xFF
        if kind in _LOCKED:
            return StoreUnavailable("locked")
        if kind in _UNREACHABLE | _DISK:
            self._spoilt = True
            return StoreUnavailable("disk" if kind in _DISK else "unreachable")
        return StoreFault(getattr(cause, "sqlite_errorname", type(cause).__name__), statement)
