"""The unit of work: what a transaction looks like to those who write queries."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, CursorResult, Dialect, Executable, String, func, select

from adapter.store.dbclock import DbNow, db_now
from adapter.store.errors import StoreUnavailable
from adapter.store.leftovers import LeftOver
from adapter.store.shapes import Row, Shape, parameter

T = TypeVar("T")
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]

LONG: Final = 60.0  # seconds: the deadline of a `long` read, or of work on the schema, that names none

_NOW: Final = db_now()
_SELECT_NOW: Final = select(_NOW)
_LOCKED: Final = func.pg_advisory_xact_lock(func.hashtextextended(parameter("name", String()), 0)).label("locked")
_LOCK: Final = Shape(select(_LOCKED), (_LOCKED,))


class Tx(ABC):
    """One transaction. Leaving its block without `commit()` rolls back.

    After any exception out of `execute` or `commit` the transaction is over. Rows have to be read before the block is
    left. `now` is the database's clock as an SQL expression, in microseconds since 1970 UTC.
    """

    now: Final[DbNow] = _NOW
    is_postgresql: bool = False

    def __init__(self, dialect: Dialect, deadline: float, *, only_reads: bool) -> None:
        self.deadline = deadline
        self._dialect = dialect
        self._only_reads = only_reads
        self._open = True
        self._time = asyncio.get_running_loop().time

    async def execute(self, statement: Executable, parameters: Parameters | None = None) -> CursorResult[Any]:
        """Runs one SQLAlchemy Core statement; `.rowcount` of the answer says how many rows an UPDATE changed.

        Raises Conflict, Gone, StoreUnavailable, StoreFault.
        """
        self._check_usable()
        assert not (self._only_reads and statement.is_dml), "a change in a transaction that was opened for reading"
        try:
            return await self._execute(statement, parameters)
        except BaseException:
            self._open = False
            raise

    async def run(self, shape: Shape, values: Mapping[str, object]) -> list[Row]:
        """Runs one `Shape`; its rows by column name. For what is on a booking's way: several times cheaper.

        Raises Conflict, Gone, StoreUnavailable, StoreFault.
        """
        rows = await self.fetch(shape, values)
        row = shape.on(self._dialect).row
        return [row(given) for given in rows]

    async def fetch(self, shape: Shape, values: Mapping[str, object]) -> Sequence[Iterable[Any]]:
        """As `run`; the rows as the driver has them, in the order of the shape's columns."""
        self._check_usable()
        assert not (self._only_reads and shape.changes), "a change in a transaction that was opened for reading"
        compiled = shape.on(self._dialect)
        try:
            return await self._run(compiled.sql, compiled.arguments(values))
        except BaseException:
            self._open = False
            raise

    async def now_micros(self) -> int:
        """The database's clock, in microseconds since 1970 UTC."""
        return int((await self.execute(_SELECT_NOW)).scalar_one())

    async def lock(self, name: str) -> None:
        """Holds `name` until the transaction ends: no other transaction that locks it runs at the same time.

        On SQLite a writing transaction is alone anyway.
        """
        if self.is_postgresql:
            await self.fetch(_LOCK, {"name": name})

    async def commit(self) -> None:
        """Durable when it returns.

        Raises CommitUnknown where the answer was lost, StoreUnavailable where surely nothing was stored.
        """
        self._check_usable()
        self._open = False
        await self._commit()

    def _check_usable(self) -> None:
        assert self._open, "this transaction is over"
        if self._time() >= self.deadline:
            self._open = False
            raise StoreUnavailable("timeout")

    @abstractmethod
    async def _execute(self, statement: Executable, parameters: Parameters | None) -> CursorResult[Any]: ...

    @abstractmethod
    async def _run(self, sql: str, arguments: list[object]) -> Sequence[Iterable[Any]]: ...

    @abstractmethod
    async def _commit(self) -> None: ...


class Store(ABC):
    """The database. Deadlines are on the event loop's clock (`loop.time()`); nothing waits longer than them.

    Errors of both methods: see `adapter.store.errors`.
    """

    @property
    @abstractmethod
    def dialect_name(self) -> str:
        """sqlite | postgresql."""

    @abstractmethod
    def write(self, deadline: float | None = None) -> AbstractAsyncContextManager[Tx]:
        """A transaction that may change rows. On SQLite there is one at a time, so keep it short.

        Without a deadline the settings' time-outs bound the whole.
        """

    @abstractmethod
    def read(self, deadline: float | None = None, *, long: bool = False) -> AbstractAsyncContextManager[Tx]:
        """For SELECTs.

        `long` is for those that may look at many rows (reports, housekeeping): one snapshot, a minute instead of the
        settings' time-outs, and the event loop isn't held. The others are short look-ups by index; on PostgreSQL two of
        them in one block may see different moments.
        """

    @abstractmethod
    async def alone(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` in a transaction that no other process's `alone` overlaps, and commits. For the schema."""

    @abstractmethod
    async def tidy(self, tables: Sequence[str], hold_up: float) -> frozenset[LeftOver]:
        """After rows of `tables` were deleted: take them out of the database's files too. What couldn't be done.

        SQLite overwrites deleted bytes anyway: empties the write-ahead log. PostgreSQL: rewrites the tables, for which
        requests are held up, at most `hold_up` seconds at a time, and writes over the log. Raises StoreUnavailable.
        """

    @abstractmethod
    async def close(self) -> None:
        """Waits for the write that is under way; the store can't be used after."""


async def acquired(place: asyncio.Semaphore, deadline: float) -> None:
    """Waits for a place, no longer than the deadline."""
    if not place.locked():
        await place.acquire()  # doesn't wait
        return
    try:
        async with asyncio.timeout_at(deadline):
            await place.acquire()
    except TimeoutError:
        raise StoreUnavailable("timeout") from None
