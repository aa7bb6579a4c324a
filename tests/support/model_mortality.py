"""What ends with a process of a model: it can be killed before and after every commit and everything that it sends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from adapter.store.errors import CommitUnknown, StoreUnavailable
from adapter.store.leftovers import LeftOver
from adapter.store.unit_of_work import Store, Tx
from nomis_client.wire import Reply, Wire
from notifier import Channel, Envelope, Message

T = TypeVar("T")
Point = Callable[[str], bool]
"""Asked at every crash point, by name (`before commit`, `after write`, …): True kills the process there."""


class Life:
    """Of one process. `told`: who is asked at its crash points."""

    def __init__(self) -> None:
        self.told: Point = lambda _: False
        self.dead = False

    def ends_at(self, point: str) -> bool:
        """Whether the process is dead from this point on."""
        self.dead = self.dead or self.told(point)
        return self.dead

    async def passes(self, point: str) -> None:
        """Returns if the process lives on; a dead one stands still here."""
        if self.ends_at(point):
            await asyncio.Event().wait()


class MortalStore(Store):
    """The real store, until its process is dead. `lose_answers`: so many COMMITs are carried out and not confirmed."""

    def __init__(self, store: Store, life: Life, changed: Callable[[], None]) -> None:
        self._store = store
        self.life = life
        self._changed = changed
        self.lose_answers = 0

    @property
    def dialect_name(self) -> str:
        return self._store.dialect_name

    @asynccontextmanager
    async def write(self, deadline: float | None = None) -> AsyncIterator[Tx]:
        self._alive()
        async with self._store.write(deadline) as tx:
            commit = tx.commit

            async def mortal_commit() -> None:
                self.life.ends_at("before commit")
                self._alive()
                await commit()
                self._changed()
                self.life.ends_at("after commit")
                self._alive()
                if self.lose_answers:
                    self.lose_answers -= 1
                    raise CommitUnknown("unreachable")

            tx.commit = mortal_commit  # type: ignore[method-assign]
            yield tx

    @asynccontextmanager
    async def read(self, deadline: float | None = None, *, long: bool = False) -> AsyncIterator[Tx]:
        self._alive()
        async with self._store.read(deadline, long=long) as tx:
            yield tx

    async def alone(self, work: Callable[[Any], T]) -> T:
        return await self._store.alone(work)

    async def tidy(self, tables: Sequence[str], hold_up: float) -> frozenset[LeftOver]:
        return await self._store.tidy(tables, hold_up)

    async def close(self) -> None:
        await self._store.close()

    def _alive(self) -> None:
        if self.life.dead:
            raise StoreUnavailable("closed")


class MortalWire(Wire):
    """Requests to the prison system: a process may die before one leaves, and before its reply is read."""

    def __init__(self, wire: Wire, monotonic: Callable[[], float], life: Life) -> None:
        super().__init__(connect_timeout=1.0, monotonic=monotonic)
        self._wire = wire
        self._life = life

    async def read(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, deadline: float
    ) -> Reply:
        await self._life.passes("before read")
        reply = await self._wire.read(method, url, headers, body, deadline)
        await self._life.passes("after read")
        return reply

    async def write(self, method: str, url: str, headers: Mapping[str, str], body: bytes, deadline: float) -> Reply:
        await self._life.passes("before write")
        reply = await self._wire.write(method, url, headers, body, deadline)
        await self._life.passes("after write")
        return reply

    async def close(self) -> None:
        await self._wire.close()


class MortalChannel:
    """Mail: a process may die before a message leaves, and before it knows that it left."""

    def __init__(self, channel: Channel, life: Life) -> None:
        self._channel = channel
        self._life = life
        self.name = channel.name

    def prepare(self, message: Message, envelope: Envelope) -> bytes:
        return self._channel.prepare(message, envelope)

    async def deliver(self, payload: bytes, recipient: str, message_id: str, asked: bool) -> None:
        await self._life.passes("before mail")
        await self._channel.deliver(payload, recipient, message_id, asked)
        await self._life.passes("after mail")
