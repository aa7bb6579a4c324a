"""One SQLite transaction on one connection: statements run where they are called, slow things in the lane's thread."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Executable, exc

from adapter.store.constraints import name_from_sqlite
from adapter.store.errors import CommitUnknown, Conflict, Gone, StoreFault, StoreUnavailable
from adapter.store.sqlite_lane import Lane
from adapter.store.unit_of_work import Parameters, Tx

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
_FIRST_PAUSE, LONGEST_PAUSE = 0.001, 0.02  # seconds between two tries to get a lock that another process holds


class SqliteTx(Tx):
    """What reads and writes have in common. `spoilt`: the connection must not be used again."""

    def __init__(self, lane: Lane, deadline: float, *, only_reads: bool, beside: bool = False) -> None:
        super().__init__(lane.dialect, deadline, only_reads=only_reads)
        self._loop = asyncio.get_running_loop()
        self._lane = lane
        self._beside = beside
        self.under_way: asyncio.Future[Any] | None = None  # what the thread does now
        self.spoilt = False

    @property
    def busy(self) -> bool:
        """The thread still works on the connection."""
        return self.under_way is not None and not self.under_way.done()

    async def begin(self, how: str) -> None:
        """Connects and begins; waits for a lock of another process as long as the deadline allows.

        Without a word to begin with it only connects: each statement that reads is a snapshot by itself, and waits for
        no lock once the file is open.
        """
        pause = _FIRST_PAUSE
        while True:
            try:
                if not self._lane.is_open:
                    await self.in_thread(self._lane.open)
                self._begin(how)
            except (exc.SQLAlchemyError, sqlite3.Error) as error:
                trouble = self.trouble(error)
                if not _is_locked(trouble):
                    raise trouble from None
            else:
                return
            if self._loop.time() + pause >= self.deadline:
                raise StoreUnavailable("locked")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _begin(self, how: str) -> None:
        if not how:
            return
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
                return await self.in_thread(lambda: connection.execute(statement, parameters))
            return connection.execute(statement, parameters)
        except (exc.SQLAlchemyError, sqlite3.Error) as error:
            raise self.trouble(error) from None

    async def _run(self, sql: str, arguments: list[object]) -> Sequence[Iterable[Any]]:
        driver = self._lane.driver
        try:
            if self._beside:
                return await self.in_thread(lambda: driver.execute(sql, arguments).fetchall())
            return driver.execute(sql, arguments).fetchall()
        except sqlite3.Error as error:
            raise self.trouble(error, sql) from None

    async def _commit(self) -> None:
        raise AssertionError("what only reads has nothing to commit")

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Not interrupted when its caller is: what is under way ends first, then the connection is free again."""
        under_way = self.under_way = self._lane.place.start(work)
        try:
            async with asyncio.timeout_at(self.deadline):
                return await asyncio.shield(under_way)
        except TimeoutError:
            raise StoreUnavailable("timeout") from None

    def whenever_idle(self, then: Callable[[], None]) -> None:
        """Calls `then` as soon as nothing is under way on the connection: at once, mostly."""
        self._open = False
        if not self.busy:
            then()
            return
        assert self.under_way is not None
        if self._beside and self._lane.is_open:
            self._lane.driver.interrupt()

        def ended(under_way: asyncio.Future[Any]) -> None:
            if not under_way.cancelled():
                under_way.exception()  # nobody else asks
            then()

        self.under_way.add_done_callback(ended)

    async def with_connection(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` on the connection, in the thread."""
        connection = self._lane.connection
        try:
            return await self.in_thread(lambda: work(connection))
        except (exc.SQLAlchemyError, sqlite3.Error) as error:
            raise self.trouble(error) from None

    def trouble(self, error: BaseException, statement: str = "") -> Exception:
        """What callers of the store are told of a driver's error; notes whether the connection can still be used."""
        told = told_of(error, statement)
        self.spoilt = self.spoilt or (isinstance(told, StoreUnavailable) and told.reason in ("disk", "unreachable"))
        return told

    async def empty_log(self) -> bool:
        """Move everything from the write-ahead log into the file and truncate the log; False if somebody reads it."""
        try:
            if not self._lane.is_open:
                await self.in_thread(self._lane.open)
            driver = self._lane.driver
            busy, _, _ = await self.in_thread(lambda: driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone())
        except (exc.SQLAlchemyError, sqlite3.Error) as error:
            trouble = self.trouble(error)
            if _is_locked(trouble):
                return False
            raise trouble from None
        return not busy

    async def commit_here(self) -> None:
        """COMMIT in the thread, for this transaction alone. Raises CommitUnknown."""
        self._open = False
        try:
            await self.in_thread(self._lane.driver.commit)
        except (exc.SQLAlchemyError, sqlite3.Error) as error:
            self.spoilt = True
            raise unknown_after(error) from None
        except StoreUnavailable as late:
            raise CommitUnknown(late.reason) from None


def _is_locked(trouble: Exception) -> bool:
    return isinstance(trouble, StoreUnavailable) and trouble.reason == "locked"


def told_of(error: BaseException, statement: str = "") -> Exception:
    """A driver's error in the words of `adapter.store.errors`."""
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
        return StoreUnavailable("disk" if kind in _DISK else "unreachable")
    return StoreFault(getattr(cause, "sqlite_errorname", type(cause).__name__), statement)


def unknown_after(error: BaseException) -> CommitUnknown:
    """A COMMIT that ended with an error may have been carried out all the same."""
    told = told_of(error)
    return CommitUnknown(told.reason if isinstance(told, StoreUnavailable) else "disk")
