"""SQLite: one writer per process, several readers, no thread between the event loop and a short statement.

Statements run where they are called: once BEGIN IMMEDIATE has the lock, a statement on an index costs microseconds,
far less than a change of threads. What may take long (opening a file, COMMIT with its fsync, a `long` read) runs in a
thread.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import URL, Connection, CursorResult, Engine, Executable, create_engine, event, exc
from sqlalchemy.pool import QueuePool

from adapter.store.constraints import name_from_sqlite
from adapter.store.dbclock import SQLITE_FUNCTION
from adapter.store.errors import CommitUnknown, Conflict, StoreFault, StoreUnavailable
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
        self._writer = _engine(url, db_now, connections=1, read_only=False)
        self._reader = _engine(url, db_now, connections=readers, read_only=True)
        self._turn = asyncio.Lock()
        self._places = asyncio.Semaphore(readers)
        self.commits = ThreadPoolExecutor(1, thread_name_prefix="sqlite-commit") if threads else _Here()
        self._threads = ThreadPoolExecutor(readers, thread_name_prefix="sqlite-read") if threads else _Here()

    @property
    def dialect_name(self) -> str:
        return "sqlite"

    @asynccontextmanager
    async def write(self, deadline: float | None = None) -> AsyncIterator[Tx]:
        deadline = self._deadline(deadline, self._waits)
        await acquired(self._turn, deadline)
        tx = _SqliteTx(self._writer, self.commits, deadline, whenever_left=self._turn.release)
        try:
            await tx.begin("BEGIN IMMEDIATE")
            yield tx
        finally:
            tx.leave()

    @asynccontextmanager
    async def read(self, deadline: float | None = None, *, long: bool = False) -> AsyncIterator[Tx]:
        deadline = self._deadline(deadline, LONG if long else self._waits)
        await acquired(self._places, deadline)
        tx = _SqliteTx(
            self._reader, self._threads, deadline, whenever_left=self._places.release, only_reads=True, beside=long
        )
        try:
            await tx.begin("BEGIN")
            yield tx
        finally:
            tx.leave()

    async def alone(self, work: Callable[[Connection], T]) -> T:
        deadline = self._deadline(None, LONG)
        await acquired(self._turn, deadline)
        tx = _SqliteTx(self._writer, self.commits, deadline, whenever_left=self._turn.release)
        try:
            await tx.begin("BEGIN IMMEDIATE")
            answer = await tx.with_connection(work)
            await tx.commit()
        finally:
            tx.leave()
        return answer

    async def tidy(self, tables: Sequence[str]) -> bool:
        del tables  # the log is one for all
        deadline = self._deadline(None, self._waits)
        await acquired(self._turn, deadline)
        tx = _SqliteTx(self._writer, self.commits, deadline, whenever_left=self._turn.release)
        try:
            return await tx.empty_log()
        finally:
            tx.leave()

    async def close(self) -> None:
        async with self._turn:
            self._writer.dispose()
            self._reader.dispose()
            self.commits.shutdown(wait=False)
            self._threads.shutdown(wait=False)

    @staticmethod
    def _deadline(deadline: float | None, default: float) -> float:
        return asyncio.get_running_loop().time() + default if deadline is None else deadline


class _SqliteTx(Tx):
    """`whenever_left` is called once the connection is free again: after a COMMIT under way has ended, even if nobody
    waits for it any more.
    """

    def __init__(
        self,
        engine: Engine,
        thread: Executor,
        deadline: float,
        *,
        whenever_left: Callable[[], None],
        only_reads: bool = False,
        beside: bool = False,
    ) -> None:
        super().__init__(engine.dialect, deadline, only_reads=only_reads)
        self._loop = asyncio.get_running_loop()
        self._engine = engine
        self._thread = thread
        self._whenever_left = whenever_left
        self._beside = beside
        self._connection: Connection | None = None
        self._under_way: asyncio.Future[Any] | None = None  # what the thread does now
        self._spoilt = False  # the connection must not be used again

    async def begin(self, how: str) -> None:
        """Connects and begins; waits for a lock of another process as long as the deadline allows."""
        pause = _FIRST_PAUSE
        while True:
            try:
                await self._connect()
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
            await self._connect()
            driver = self._driver
            busy, _, _ = await self._in_thread(lambda: driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone())
        except (exc.SQLAlchemyError, sqlite3.Error) as error:
            raise self._trouble(error) from None
        return not busy

    async def _connect(self) -> None:
        if self._connection is not None:
            return
        if cast("QueuePool", self._engine.pool).checkedin():
            self._connection = self._engine.connect()
        else:
            self._connection = await self._in_thread(self._engine.connect)

    def _begin(self, how: str) -> None:
        driver = self._driver
        driver.execute(how)
        try:
            driver.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()  # a reader's snapshot begins here
        except sqlite3.Error:
            driver.rollback()
            raise

    async def _execute(self, statement: Executable, parameters: Parameters | None) -> CursorResult[Any]:
        connection = self._sure_connection
        try:
            if self._beside:
                return await self._in_thread(lambda: connection.execute(statement, parameters))
            return connection.execute(statement, parameters)
        except (exc.SQLAlchemyError, sqlite3.Error) as error:
            raise self._trouble(error) from None

    async def _run(self, sql: str, arguments: list[object]) -> Sequence[Iterable[Any]]:
        driver = self._driver
        try:
            if self._beside:
                return await self._in_thread(lambda: driver.execute(sql, arguments).fetchall())
            return driver.execute(sql, arguments).fetchall()
        except sqlite3.Error as error:
            raise self._trouble(error, sql) from None

    async def with_connection(self, work: Callable[[Connection], T]) -> T:
        connection = self._sure_connection
        try:
            return await self._in_thread(lambda: work(connection))
        except (exc.SQLAlchemyError, sqlite3.Error) as error:
            raise self._trouble(error) from None

    async def _commit(self) -> None:
        try:
            await self._in_thread(self._driver.commit)
        except (exc.SQLAlchemyError, sqlite3.Error) as error:
            self._spoilt = True
            trouble = self._trouble(error)
            reason = trouble.reason if isinstance(trouble, StoreUnavailable) else "disk"
            raise CommitUnknown(reason) from None
        except StoreUnavailable as late:
            raise CommitUnknown(late.reason) from None

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Not interrupted when its caller is: what is under way ends first, then the connection is free again."""
        under_way = self._under_way = self._loop.run_in_executor(self._thread, work)
        try:
            async with asyncio.timeout_at(self.deadline):
                return await asyncio.shield(under_way)
        except TimeoutError:
            raise StoreUnavailable("timeout") from None

    def leave(self) -> None:
        under_way = self._under_way
        if under_way is None or under_way.done():
            self._set_free()
            return
        if self._beside and self._connection is not None:
            self._driver.interrupt()
        under_way.add_done_callback(self._set_free_after)

    def _set_free_after(self, under_way: asyncio.Future[Any]) -> None:
        if not under_way.cancelled() and under_way.exception() is None and self._connection is None:
            self._connection = under_way.result()  # opened after all
        self._set_free()

    def _set_free(self) -> None:
        self._open = False
        connection, self._connection = self._connection, None
        try:
            if connection is None:
                return
            if self._spoilt:
                connection.invalidate()
            else:
                with suppress(sqlite3.Error):
                    cast("sqlite3.Connection", connection.connection.driver_connection).rollback()
            connection.close()
        finally:
            self._whenever_left()

    @property
    def _sure_connection(self) -> Connection:
        assert self._connection is not None
        return self._connection

    @property
    def _driver(self) -> sqlite3.Connection:
        return cast("sqlite3.Connection", self._sure_connection.connection.driver_connection)

    def _trouble(self, error: Exception, statement: str = "") -> Exception:
        if isinstance(error, exc.StatementError):
            statement = error.statement or ""
        cause = error.orig if isinstance(error, exc.DBAPIError) else error
        if not isinstance(cause, sqlite3.Error):
            return StoreFault(type(cause).__name__, statement)
        code = getattr(cause, "sqlite_errorcode", 0)
        if code in (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY):
            return Conflict(name_from_sqlite(str(cause)))
        kind = code & 0xFF
        if kind in _LOCKED:
            return StoreUnavailable("locked")
        if kind in _UNREACHABLE | _DISK:
            self._spoilt = True
            return StoreUnavailable("disk" if kind in _DISK else "unreachable")
        return StoreFault(getattr(cause, "sqlite_errorname", type(cause).__name__), statement)


class _Here(Executor):
    """Does what it is given at once."""

    def submit(self, work: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        done: Future[T] = Future()
        try:
            done.set_result(work(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done


def _engine(url: URL, db_now: Callable[[], int], *, connections: int, read_only: bool) -> Engine:
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,
        # A connection is used by one transaction at a time, but from two threads in turn.
        connect_args={"check_same_thread": False, "timeout": 0.1, "isolation_level": None, "cached_statements": 256},
    )

    @event.listens_for(engine, "connect")
    def _set_up(driver: sqlite3.Connection, _record: Any) -> None:
        driver.execute("PRAGMA journal_mode = WAL")
        driver.execute("PRAGMA synchronous = FULL")
        driver.execute("PRAGMA secure_delete = ON")
        driver.execute("PRAGMA foreign_keys = ON")
        driver.execute("PRAGMA busy_timeout = 0")  # waiting is done by the event loop, within the deadline
        if read_only:
            driver.execute("PRAGMA query_only = ON")
        driver.create_function(SQLITE_FUNCTION, 0, db_now)

    return engine
