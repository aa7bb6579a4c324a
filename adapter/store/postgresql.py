"""PostgreSQL: a pool of asyncpg connections under SQLAlchemy Core.

A deadline closes the connection under the statement instead of cancelling it: a cancellation asks the server, and a
server that is frozen or cut off doesn't answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, CursorResult, Executable, NullPool
from sqlalchemy.ext.asyncio import create_async_engine

from adapter.store.dbclock import REPLACEMENT
from adapter.store.errors import CommitUnknown, StoreFault, StoreUnavailable
from adapter.store.leftovers import LeftOver
from adapter.store.pg_errors import TROUBLE, meaning
from adapter.store.pg_pool import Held, Pool, QuickConnection
from adapter.store.pg_scrub import scrub
from adapter.store.unit_of_work import LONG, Parameters, Store, Tx

T = TypeVar("T")

_SILENCE = 0.5  # seconds without an answer after which all other connections are replaced before their next use
_SCHEMA_LOCK = 0x76697369  # any number, the same in every release: holders of it may change the schema
_SETTINGS_FOR_LONG = "".join(
    f"; SET LOCAL {setting} = {int(LONG * 1000)}"
    for setting in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
)
_BEGIN_LONG_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" + _SETTINGS_FOR_LONG
_BEGIN_ALONE = f"BEGIN{_SETTINGS_FOR_LONG}; SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})"


class PostgresqlStore(Store):
    """A server. `waits` (s) bounds a transaction that names no deadline."""

    def __init__(
        self,
        url: URL,
        db_now: Callable[[], int] | None,
        *,
        connections: int,
        waits: float,
        statement: float,
        locks: float,
    ) -> None:
        self._waits = waits
        self._engine = create_async_engine(
            url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",  # BEGIN and COMMIT are said here, once, for SQLAlchemy's statements and ours
            hide_parameters=True,
            connect_args={
                "connection_class": QuickConnection,
                "timeout": waits,
                "server_settings": {
                    "application_name": "visits-adapter",
                    "statement_timeout": _milliseconds(statement),
                    "lock_timeout": _milliseconds(locks),
                    # A process that was stopped must not keep others from its rows.
                    "idle_in_transaction_session_timeout": _milliseconds(2 * statement),
                },
            },
        )
        if db_now is not None:
            setattr(self._engine.dialect, REPLACEMENT, db_now)
        self._pool = Pool(self._engine, connections)

    @property
    def dialect_name(self) -> str:
        return "postgresql"

    @asynccontextmanager
    async def write(self, deadline: float | None = None) -> AsyncIterator[Tx]:
        async with self._transaction("BEGIN", self._deadline(deadline, self._waits)) as tx:
            yield tx

    @asynccontextmanager
    async def read(self, deadline: float | None = None, *, long: bool = False) -> AsyncIterator[Tx]:
        begin = _BEGIN_LONG_READ if long else ""
        deadline = self._deadline(deadline, LONG if long else self._waits)
        async with self._transaction(begin, deadline, only_reads=True) as tx:
            yield tx

    async def alone(self, work: Callable[[Connection], T]) -> T:
        async with self._transaction(_BEGIN_ALONE, self._deadline(None, LONG)) as tx:
            answer = await tx.with_connection(work)
            await tx.commit()
        return answer

    async def tidy(self, tables: Sequence[str], hold_up: float) -> frozenset[LeftOver]:
        # Each statement is bounded by itself; many of them, with rests between, may take long.
        deadline = self._deadline(None, 10 * LONG + 10 * len(tables) * hold_up)
        async with self._transaction("", deadline, only_reads=True) as tx:
            return await scrub(tx, tables, hold_up, asyncio.sleep)

    async def close(self) -> None:
        await self._pool.close()
        await self._engine.dispose()

    @asynccontextmanager
    async def _transaction(
        self, begin: str, deadline: float, *, only_reads: bool = False
    ) -> AsyncIterator[_PostgresqlTx]:
        held = await self._pool.take(deadline)
        tx = _PostgresqlTx(held, deadline, only_reads=only_reads)
        try:
            if begin:
                await tx.begin(begin)
            yield tx
        finally:
            try:
                await tx.leave()
            finally:
                if tx.unanswered > _SILENCE:
                    self._pool.suspect()
                await self._pool.give_back(held)

    @staticmethod
    def _deadline(deadline: float | None, default: float) -> float:
        return asyncio.get_running_loop().time() + default if deadline is None else deadline


class _PostgresqlTx(Tx):
    is_postgresql = True

    def __init__(self, held: Held, deadline: float, *, only_reads: bool) -> None:
        super().__init__(held.connection.dialect, deadline, only_reads=only_reads)
        self.expired = False
        self.unanswered = 0.0  # seconds that the server had been silent for when the deadline came
        self._connection = held.connection
        self._driver = held.driver
        self._begun = False
        self._loop = asyncio.get_running_loop()
        self._asked_at: float | None = None  # since when an answer is waited for
        self._watch = self._loop.call_at(deadline, self._expire)

    def _expire(self) -> None:
        self.expired = True
        if self._asked_at is not None:
            self.unanswered = self._loop.time() - self._asked_at
        self._driver.terminate()

    async def begin(self, how: str) -> None:
        """From here on there is something to roll back."""
        self._begun = True
        await self._asked(self._driver.execute(how), how)

    async def do(self, statement: str, longest: float = LONG) -> None:
        """Outside a transaction, with a time-out of its own."""
        await self._asked(self._driver.execute(f"SET statement_timeout = {_milliseconds(longest)}"))
        try:
            await self._asked(self._driver.execute(statement), statement)
        finally:
            if not self._driver.is_closed():
                await self._asked(self._driver.execute("RESET statement_timeout"))

    async def ask(self, statement: str) -> Sequence[Any]:
        row = await self._asked(self._driver.fetchrow(statement), statement)
        assert row is not None
        return tuple(row)

    async def _execute(self, statement: Executable, parameters: Parameters | None) -> CursorResult[Any]:
        return await self._asked(self._connection.execute(statement, parameters))

    async def _run(self, sql: str, arguments: list[object]) -> Sequence[Iterable[Any]]:
        return await self._asked(self._driver.fetch(sql, *arguments), sql)

    async def with_connection(self, work: Callable[[Connection], T]) -> T:
        return await self._asked(self._connection.run_sync(work))

    async def _commit(self) -> None:
        self._begun = False
        try:
            said = await self._asked(self._driver.execute("COMMIT"))
        except StoreUnavailable as trouble:
            if trouble.reason == "locked":
                raise  # the server itself says that it rolled back
            raise CommitUnknown(trouble.reason) from None
        assert said == "COMMIT", "a failed transaction was committed"

    async def leave(self) -> None:
        """Rolls back what wasn't committed; never waits for a server that doesn't answer."""
        try:
            if self._begun and not self._driver.is_closed():
                with suppress(StoreUnavailable, StoreFault):
                    await self._asked(self._driver.execute("ROLLBACK"))
        finally:
            self._watch.cancel()
            self._open = False

    async def _asked(self, question: Awaitable[T], statement: str = "") -> T:
        self._asked_at = self._loop.time()
        try:
            return await question
        except TROUBLE as error:
            raise StoreUnavailable("timeout") if self.expired else meaning(error, statement) from None
        except asyncio.CancelledError:
            self._driver.terminate()  # asking the server to stop may take longer than anybody waits
            raise
        finally:
            self._asked_at = None


def _milliseconds(seconds: float) -> str:
    return str(max(1, int(seconds * 1000)))
