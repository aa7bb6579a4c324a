"""How long personal data is kept: what is past its time goes, beside running requests and without hindering them.

A visit goes with every row that belongs to it, so that nothing is left that could be linked to a person. What it
counts for has been added to the service's figures in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from adapter.booking.desk import Desk
from adapter.booking.figures import count
from adapter.clock import LONDON, micros
from adapter.log import events, get_logger
from adapter.store import purge as purge_rows
from adapter.store.errors import StoreUnavailable
from adapter.store.leftovers import LeftOver
from adapter.store.purge import TABLES, Age

_log = get_logger()
_AT_ONCE = {"sqlite": 100, "postgresql": 500}
"""Visits in one transaction: on SQLite a request may have to wait for it, and shall lose hundredths of a second."""
_LISTED = 2000
_BREATH = 0.025
"""Seconds between two transactions at least: long enough for another process that polls for SQLite's lock."""
_DAY = 86_400.0
_HELD_UP = 0.25
"""Of the budget: for how long a request may be held up while a table is rewritten (PostgreSQL)."""

Progress = Callable[[int, int], None]


def no_progress(_done: int, _known: int) -> None:
    """A progress that nobody looks at."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge did. `open_visits` are older than the limit but open, so they stay.

    `left`: why something of what was removed may still be in the database's files; empty: nothing is.
    """

    visits: int
    feedback: int
    open_visits: int
    left: frozenset[LeftOver]


@dataclass(slots=True)
class Keeper:
    """Removes what is older than `days`. One per process; several at once don't disturb each other."""

    desk: Desk
    days: int
    _next: float = 0.0

    async def once(self) -> float:
        """The daily purge, if it is time; also soon after each start. Returns the seconds until the next."""
        now = self.desk.clock.monotonic()
        if now >= self._next:
            await self.purge()
            self._next = now + _DAY
        return self._next - now

    async def purge(self, progress: Progress = no_progress, hold_up: float | None = None) -> Purged:
        """Remove everything past its time. `progress` is told how much is done, and how much is known to be there.

        `hold_up`: see `tidy_up`. Raises `StoreUnavailable`; what was removed until then is removed, and the next purge
        goes on.
        """
        desk, age = self.desk, self.age()
        began = desk.clock.monotonic()
        done = 0
        while listed := await self._listed(age):
            removed = await self._remove(listed, age, _after(done, len(listed), progress))
            done += removed
            if not removed or len(listed) < _LISTED:
                break
        feedback = await self._feedback(age)
        left = await tidy_up(desk, hold_up)
        async with desk.store.read(long=True) as tx:
            still_open = await purge_rows.open_old_visits(tx, age)
        if done or feedback:
            took = round((desk.clock.monotonic() - began) * 1000)
            _log.info(events.VISITS_PURGED, count=done, duration_ms=took)
        return Purged(done, feedback, still_open, left)

    def age(self) -> Age:
        """The limit as of now."""
        day = self.desk.today() - timedelta(days=self.days)
        return Age(day.isoformat(), micros(datetime.combine(day, time(), LONDON)))

    async def _listed(self, age: Age) -> list[str]:
        async with self.desk.store.read(long=True) as tx:
            return await purge_rows.old_visits(tx, age, _LISTED)

    async def _remove(self, listed: Sequence[str], age: Age, told: Callable[[int], None]) -> int:
        desk, done = self.desk, 0
        at_once = _AT_ONCE[desk.store.dialect_name]
        for first in range(0, len(listed), at_once):
            began = desk.clock.monotonic()
            async with desk.store.write() as tx:
                mine = await purge_rows.lock_old(tx, listed[first : first + at_once], age)
                if mine:
                    await count(tx, len(mine), desk.times.budget, mine)
                    await purge_rows.remove(tx, mine)
                    await tx.commit()
            done += len(mine)
            told(done)
            # At most half of the time is the purge's.
            await desk.clock.sleep(max(_BREATH, desk.clock.monotonic() - began))
        return done

    async def _feedback(self, age: Age) -> int:
        done, at_once = 0, _AT_ONCE[self.desk.store.dialect_name]
        while True:
            async with self.desk.store.write() as tx:
                went = await purge_rows.remove_old_feedback(tx, age, at_once)
                if went:
                    await tx.commit()
            done += went
            if went < at_once:
                return done
            await self.desk.clock.sleep(_BREATH)


def _after(done: int, listed: int, progress: Progress) -> Callable[[int], None]:
    return lambda removed: progress(done + removed, done + listed)


async def tidy_up(desk: Desk, hold_up: float | None = None) -> frozenset[LeftOver]:
    """Take what was removed, by whomever, out of the database's files too; what couldn't be done.

    `hold_up`: seconds for which requests may be held up at a time (PostgreSQL), by default so few that each is still
    answered within its budget.
    """
    longest = _HELD_UP * desk.times.budget if hold_up is None else hold_up
    try:
        async with desk.store.read() as tx:
            mark = await purge_rows.untidy(tx)
        if mark is None:
            return frozenset()
        left = await desk.store.tidy([table.name for table in TABLES], longest)
        if not left:
            async with desk.store.write() as tx:
                await purge_rows.tidied(tx, mark)
                await tx.commit()
    except StoreUnavailable as error:
        _log.warning(events.WORK_LEFT, kind="tidy_up", reason=error.reason)
        return frozenset({LeftOver.INTERRUPTED})
    if left:
        _log.warning(events.PURGE_LEFT, reason=sorted(left))
    return left
