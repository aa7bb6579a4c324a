"""Connections to PostgreSQL, kept open between transactions and handed out without a round trip."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapter.store.errors import StoreUnavailable
from adapter.store.pg_errors import TROUBLE, meaning
from adapter.store.unit_of_work import acquired

_IDLE_LIMIT = 60.0  # seconds; a connection idle for longer may have been dropped on the way without a word


class QuickConnection(asyncpg.Connection):
    """Never says goodbye: a server that is frozen would keep us waiting for its answer."""

    async def close(self, *, timeout: float | None = None) -> None:
        del timeout
        self.terminate()


@dataclass
class Held:
    """One connection: as SQLAlchemy sees it, and the driver's own."""

    connection: AsyncConnection
    driver: QuickConnection
    used_at: float


class Pool:
    """At most `size` connections of an engine that keeps none itself."""

    def __init__(self, engine: AsyncEngine, size: int) -> None:
        self._engine = engine
        self._places = asyncio.Semaphore(size)
        self._idle: list[Held] = []
        self._suspect_since = 0.0

    async def take(self, deadline: float) -> Held:
        """A connection that is likely to be alive. Raises StoreUnavailable when there is none by the deadline."""
        await acquired(self._places, deadline)
        try:
            return await self._fresh() or await self._open(deadline)
        except BaseException:
            self._places.release()
            raise

    async def give_back(self, held: Held) -> None:
        """For the next one, unless it is broken."""
        try:
            if held.driver.is_closed():
                await _put_away(held)
            else:
                if held.connection.in_transaction():  # in SQLAlchemy's view only
                    await held.connection.rollback()
                self._idle.append(held)
        finally:
            self._places.release()

    def suspect(self) -> None:
        """The server was silent for long: whatever was used before now is replaced before its next use."""
        self._suspect_since = asyncio.get_running_loop().time()

    async def close(self) -> None:
        """Closes those that nobody uses."""
        while self._idle:
            await _put_away(self._idle.pop())

    async def _fresh(self) -> Held | None:
        now = asyncio.get_running_loop().time()
        oldest = max(now - _IDLE_LIMIT, self._suspect_since)
        while self._idle:
            held = self._idle.pop()
            if not held.driver.is_closed() and held.used_at >= oldest:
                held.used_at = now
                return held
            await _put_away(held)
        return None

    async def _open(self, deadline: float) -> Held:
        try:
            async with asyncio.timeout_at(deadline):
                connection = await self._engine.connect()
        except TimeoutError:
            raise StoreUnavailable("timeout") from None
        except TROUBLE as error:
            raise meaning(error) from None
        driver = cast("QuickConnection", (await connection.get_raw_connection()).driver_connection)
        return Held(connection, driver, asyncio.get_running_loop().time())


async def _put_away(held: Held) -> None:
    with suppress(*TROUBLE):
        await held.connection.close()
