"""PostgreSQL: a pool of asyncpg connections under SQLAlchemy Core.

A deadline closes the connection under the statement instead of cancelling it: a cancellation asks the server, and a
server that is frozen or cut off doesn't answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar, cast

import asyncpg
from sqlalchemy import URL, Connection, CursorResult, Executable, event, exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from adapter.store.dbclock import REPLACEMENT
from adapter.store.errors import CommitUnknown, Conflict, StoreFault, StoreUnavailable
from adapter.store.unit_of_work import LONG, Parameters, Store, Tx

T = TypeVar("T")

_IDLE_LIMIT = 60.0  # seconds; a connection idle for longer may have been dropped on the way without a word
_SILENCE = 0.5  # seconds without an answer after which all other connections are replaced before their next use
_SCHEMA_LOCK = 0x76697369  # any number, the same in every release: holders of it may change the schema
_UNIQUE = "23505"
_LOCKED = {"55P03", "40001", "40P01"}
_TIMEOUT = {"57014", "25P03", "25P04"}
_UNREACHABLE_CLASSES = {"08", "28", "3D", "53", "57"}
_DISK_CLASSES = {"58", "XX"}
_TROUBLE = (exc.SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
_SETTINGS_FOR_LONG = "".join(
    f"; SET LOCAL {setting} = {int(LONG * 1000)}"
    for setting in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
)
_BEGIN_LONG_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" + _SETTINGS_FOR_LONG
_BEGIN_ALONE = f"BEGIN{_SETTINGS_FOR_LONG}; SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})"
_READ_ONLY = "25006"  # a standby, or a primary being demoted


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
        self._suspect_since = 0.0
        self._engine = create_async_engine(
            url,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=LONG,  # the deadline comes first
            isolation_level="AUTOCOMMIT",  # BEGIN and COMMIT are said here, once, for SQLAlchemy's statements and ours
            hide_parameters=True,
            connect_args={
                "connection_class": _Connection,
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
        event.listen(self._engine.sync_engine, "checkout", self._refuse_stale)

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

    async def tidy(self, tables: Sequence[str]) -> bool:
        async with self._transaction("", self._deadline(None, LONG), only_reads=True) as tx:
            await tx.vacuum(tables)
        return True

    async def close(self) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def _transaction(
        self, begin: str, deadline: float, *, only_reads: bool = False
    ) -> AsyncIterator[_PostgresqlTx]:
        connection = await _connected(self._engine, deadline)
        tx = _PostgresqlTx(connection, await _driver_of(connection), deadline, only_reads=only_reads)
        try:
            if begin:
                await tx.begin(begin)
            yield tx
        finally:
            if tx.unanswered > _SILENCE:
                self._suspect_since = asyncio.get_running_loop().time()
            await tx.leave()

    def _refuse_stale(self, driver: Any, record: Any, _proxy: Any) -> None:
        """Before a connection is used again: is it likely to be alive? Costs no round trip."""
        now = asyncio.get_running_loop().time()
        last_used = record.info.get("used_at", now)
        record.info["used_at"] = now
        if driver.driver_connection.is_closed() or last_used < max(now - _IDLE_LIMIT, self._suspect_since):
            raise exc.DisconnectionError

    @staticmethod
    def _deadline(deadline: float | None, default: float) -> float:
        return asyncio.get_running_loop().time() + default if deadline is None else deadline


class _PostgresqlTx(Tx):
    is_postgresql = True

    def __init__(self, connection: AsyncConnection, driver: _Connection, deadline: float, *, only_reads: bool) -> None:
        super().__init__(connection.dialect, deadline, only_reads=only_reads)
        self.expired = False
        self.unanswered = 0.0  # seconds that the server had been silent for when the deadline came
        self._connection = connection
        self._driver = driver
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

    async def vacuum(self, tables: Sequence[str]) -> None:
        """Outside a transaction, table by table; takes no lock that readers or writers wait for."""
        await self._asked(self._driver.execute(f"SET statement_timeout = {int(LONG * 1000)}"))
        try:
            for table in tables:
                await self._asked(self._driver.execute(f"VACUUM (SKIP_LOCKED, TRUNCATE false) {table}"))
        finally:
            if not self._driver.is_closed():
                await self._asked(self._driver.execute("RESET statement_timeout"))

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
            with suppress(*_TROUBLE):
                await self._connection.close()
        finally:
            self._watch.cancel()
            self._open = False

    async def _asked(self, question: Awaitable[T], statement: str = "") -> T:
        self._asked_at = self._loop.time()
        try:
            return await question
        except _TROUBLE as error:
            raise StoreUnavailable("timeout") if self.expired else _meaning(error, statement) from None
        except asyncio.CancelledError:
            self._driver.terminate()  # asking the server to stop may take longer than anybody waits
            raise
        finally:
            self._asked_at = None


class _Connection(asyncpg.Connection):
    """Never says goodbye: a server that is frozen would keep us waiting for its answer."""

    async def close(self, *, timeout: float | None = None) -> None:
        del timeout
        self.terminate()


async def _connected(engine: AsyncEngine, deadline: float) -> AsyncConnection:
    try:
        async with asyncio.timeout_at(deadline):
            return await engine.connect()
    except TimeoutError:
        raise StoreUnavailable("timeout") from None
    except _TROUBLE as error:
        raise _meaning(error) from None


async def _driver_of(connection: AsyncConnection) -> _Connection:
    return cast("_Connection", (await connection.get_raw_connection()).driver_connection)


def _meaning(error: Exception, statement: str = "") -> Exception:
    state = _sqlstate(error)
    if isinstance(error, exc.StatementError):
        statement = error.statement or ""
    if state == _UNIQUE:
        return Conflict(_detail(error, "constraint_name"))
    if state is None:
        if isinstance(_innermost(error), ValueError | TypeError):
            return StoreFault(type(error).__name__, statement)  # a value that the driver can't send
        lost = isinstance(error, exc.InterfaceError | asyncpg.InterfaceError | exc.TimeoutError | OSError)
        if lost or (isinstance(error, exc.DBAPIError) and error.connection_invalidated):
            return StoreUnavailable("unreachable")
        return StoreFault(type(error).__name__, statement)
    if state in _LOCKED:
        return StoreUnavailable("locked")
    if state in _TIMEOUT:
        return StoreUnavailable("timeout")
    if state[:2] in _UNREACHABLE_CLASSES or state == _READ_ONLY:
        return StoreUnavailable("unreachable")
    if state[:2] in _DISK_CLASSES:
        return StoreUnavailable("disk")
    where = ".".join(filter(None, (_detail(error, "table_name"), _detail(error, "column_name"))))
    return StoreFault(state, statement, where or _detail(error, "constraint_name"))


def _sqlstate(error: BaseException) -> str | None:
    return _detail(error, "sqlstate") or None


def _innermost(error: BaseException) -> BaseException:
    inner = error
    while (deeper := getattr(inner, "orig", None) or inner.__cause__) is not None:
        inner = deeper
    return inner


def _detail(error: BaseException, name: str) -> str:
    """What asyncpg's own exception says, which SQLAlchemy wraps twice."""
    inner: BaseException | None = error.orig if isinstance(error, exc.DBAPIError) else error
    while inner is not None:
        if isinstance(inner, asyncpg.PostgresError):
            return str(getattr(inner, name, None) or "")
        inner = inner.__cause__
    return ""


def _milliseconds(seconds: float) -> str:
    return str(max(1, int(seconds * 1000)))
