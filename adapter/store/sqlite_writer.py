"""The one writing connection of a process: several units of work, one COMMIT.

A COMMIT waits for the disk, and units of work that are ready meanwhile would each wait for one of their own. So whoever
wants to write while somebody else does goes on in the same transaction, in a savepoint of their own, and all of them
are committed together. Nobody leaves before that: what one unit saw of another is durable when it is acted upon.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from contextlib import suppress
from typing import Final

from adapter.store.errors import CommitUnknown, StoreUnavailable
from adapter.store.sqlite_lane import Lane
from adapter.store.sqlite_tx import LONGEST_PAUSE, SqliteTx, unknown_after

MOST: Final = 64
"""Units of work in one COMMIT: more would keep other processes waiting."""
_TURNS: Final = 2
"""Turns of the event loop between the last unit and the COMMIT: whoever gets ready meanwhile goes along. With eight
clients that makes a fifth less CPU for a booking; somebody alone waits some microseconds longer."""
_AT_A_STRETCH: Final = 0.25
"""Seconds after which a process that writes all the time leaves the file to others for a moment …"""
_PAUSE: Final = 1.05 * LONGEST_PAUSE
"""… that is longer than the time between two of their tries."""


class Writer:
    """Gives units of work their turn, in the order in which they ask; nobody waits longer than its deadline.

    While nobody has the turn, no transaction is open.
    """

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.units = 0
        """Units of the open transaction, the one whose turn it is included. 0: none is open."""
        self._taken = False
        self._since = 0.0  # loop time at which others last had a chance
        self._waiting: deque[tuple[asyncio.Future[None], bool]] = deque()
        self._done: list[asyncio.Future[None]] = []  # each unit that waits for the COMMIT of the open transaction

    async def take(self, deadline: float, *, alone: bool = False) -> None:
        """Wait for the turn, `alone` for one with no transaction open. Raises StoreUnavailable."""
        loop = asyncio.get_running_loop()
        if not self._taken:
            self._taken, self._since = True, loop.time()
            return
        turn = loop.create_future()
        self._waiting.append((turn, alone))
        try:
            async with asyncio.timeout_at(deadline):
                await turn
        except BaseException as stopped:
            if turn.done() and not turn.cancelled():
                self.pass_on()  # it came in the very moment in which it was given up
            if isinstance(stopped, TimeoutError):
                raise StoreUnavailable("timeout") from None
            raise

    @property
    def has_others(self) -> bool:
        """Whether the open transaction holds units that are done."""
        return bool(self._done)

    def join(self) -> asyncio.Future[None]:
        """How the COMMIT of the open transaction ends: without a value, or with StoreUnavailable."""
        done = asyncio.get_running_loop().create_future()
        self._done.append(done)
        return done

    def pass_on(self, turns: int = _TURNS) -> None:
        """The turn is over and the connection idle: it is the next one's, or all who are done are committed.

        `turns` of the event loop are still waited for somebody to come.
        """
        while self._waiting and self._waiting[0][0].done():
            self._waiting.popleft()  # given up
        waits = self._waiting[0] if self._waiting else None
        if self.units and waits is None and turns:
            asyncio.get_running_loop().call_soon(self.pass_on, turns - 1)
        elif self.units and (waits is None or waits[1] or self.units >= MOST):
            self._end_transaction()
        elif waits is not None and not self.units and self._is_greedy():
            asyncio.get_running_loop().call_later(_PAUSE, self.pass_on)
        elif waits is not None:
            self._waiting.popleft()
            waits[0].set_result(None)
        else:
            self._taken = False

    def lose(self) -> None:
        """The open transaction can't be committed any more: surely nothing of it is stored."""
        self.units = 0
        self.lane.tidy(broken=True)
        self._tell(StoreUnavailable("disk"))

    def _is_greedy(self) -> bool:
        now = asyncio.get_running_loop().time()
        if now - self._since < _AT_A_STRETCH:
            return False
        self._since = now + _PAUSE
        return True

    def _end_transaction(self) -> None:
        self.units = 0
        if self._done:
            self.lane.place.start(self.lane.driver.commit).add_done_callback(self._committed)
        else:
            self.lane.tidy(broken=False)
            self.pass_on()

    def _committed(self, commit: asyncio.Future[None]) -> None:
        error = commit.exception()
        self.lane.tidy(broken=error is not None)
        self._tell(None if error is None else unknown_after(error))
        self.pass_on()

    def _tell(self, trouble: StoreUnavailable | None) -> None:
        everybody, self._done = self._done, []
        for done in everybody:
            if done.done():  # given up
                continue
            if trouble is None:
                done.set_result(None)
            else:
                done.set_exception(type(trouble)(trouble.reason))


class UnitTx(SqliteTx):
    """One unit of work. Whoever has the turn calls `begin_unit`, and `end` whatever happened."""

    def __init__(self, writer: Writer, deadline: float) -> None:
        super().__init__(writer.lane, deadline, only_reads=False)
        self._writer = writer
        self._is_first = True
        self._is_done = False

    async def begin_unit(self) -> None:
        """Opens the transaction, or a savepoint in the one that is open."""
        self._is_first = not self._writer.units
        if self._is_first:
            await self.begin("BEGIN IMMEDIATE")
        else:
            self._lane.driver.execute("SAVEPOINT unit")
        self._writer.units += 1

    async def _commit(self) -> None:
        if not self._is_first:
            try:
                self._lane.driver.execute("RELEASE unit")
            except sqlite3.Error as error:
                raise self.trouble(error) from None
        self._is_done = True
        committed = self._writer.join()
        self._writer.pass_on()
        late = self._loop.call_at(self.deadline, _give_up, committed)
        try:
            await committed
        finally:
            late.cancel()

    async def end(self, *, in_a_hurry: bool) -> None:
        """Rolls back what wasn't committed. Comes back when what was seen of other units is durable or undone."""
        if self._is_done:
            return
        others = self._writer.join() if self._writer.has_others and not in_a_hurry else None
        self.whenever_idle(self._roll_back)
        if others is not None:
            with suppress(TimeoutError, StoreUnavailable):
                async with asyncio.timeout_at(self.deadline):
                    await others

    def _roll_back(self) -> None:
        writer = self._writer
        if not writer.units or (self._is_first and not self.spoilt):
            writer.units = 0
            self._lane.tidy(broken=self.spoilt)
        else:
            try:
                self._lane.driver.execute("ROLLBACK TO unit")
                self._lane.driver.execute("RELEASE unit")
            except sqlite3.Error:
                self.spoilt = True  # SQLite has rolled all of it back by itself
            if self.spoilt:
                writer.lose()
        writer.pass_on()


def _give_up(committed: asyncio.Future[None]) -> None:
    if not committed.done():
        committed.set_exception(CommitUnknown("timeout"))
