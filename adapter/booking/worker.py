"""The worker: due visits, the outbox, the watch, and whether the prison system is back. Any number of processes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from adapter import __version__
from adapter.booking.census import Census
from adapter.booking.desk import Desk, Run
from adapter.booking.figures import Figures
from adapter.booking.mailer import Mailer
from adapter.booking.reconcile import Reconciler
from adapter.booking.retention import Keeper
from adapter.booking.saga import advance
from adapter.booking.tasks import SagaTasks
from adapter.booking.watch import Watch
from adapter.log import bound, events, get_logger
from adapter.log.errors import classes, places
from adapter.store import claims
from adapter.store.due import look_is_due, message_is_due, visit_is_due
from adapter.store.errors import StoreUnavailable
from adapter.store.records import Visit
from adapter.store.unit_of_work import Tx

T = TypeVar("T")
_log = get_logger()
_COMPARED_AT_ONCE = 4
"""Booked visits compared per poll: the prison system must not feel it."""
_POLLS_PER_COUNT = 10
"""The backlog changes slowly, and counting it costs more than a look for due work."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much at once, how often (seconds), and how long to wait for running work at the end."""

    concurrency: int
    poll: float
    shutdown_grace: float
    reconcile_pause: float
    """Between two looks for visits to compare, once there were none."""


_NO_PRISON = ""
"""Questions that name none, whether there is such a prisoner, have a breaker of their own."""


class Worker:
    """Loops that end when `stop` is set. An error in one round is logged, and the next round comes."""

    def __init__(
        self,
        desk: Desk,
        tasks: SagaTasks,
        mailer: Mailer,
        watch: Watch,
        reconciler: Reconciler,
        keeper: Keeper,
        figures: Figures,
        pace: Pace,
    ) -> None:
        self._desk = desk
        self._tasks = tasks
        self._mailer = mailer
        self._watch = watch
        self._reconciler = reconciler
        self._keeper = keeper
        self._figures = figures
        self._pace = pace
        self._census = Census(desk, _POLLS_PER_COUNT * pace.poll)
        self._busy = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; returns once its loops have ended. Visits and messages under way are the tasks' to finish."""
        _log.info(events.WORKER_STARTED, version=__version__, workers=self._pace.concurrency)
        async with asyncio.TaskGroup() as group:
            for work in (self.visits_once, self.mail_once, self.watch_once):
                group.create_task(self._loop(stop, work))
            chores = (self.probe_once, self.reconcile_once, self._census.once, self._keeper.once, self._figures.once)
            for chore in chores:
                group.create_task(self._now_and_then(stop, chore))
            await stop.wait()
            self._desk.waker.notify()  # whoever waits for work sees that there will be none
        _log.info(events.WORKER_STOPPED, count=self._busy)

    async def visits_once(self) -> bool:
        """Claim what is due and start on it; True if there may be more at once."""
        free = self._pace.concurrency - self._busy
        if free <= 0 or not await self._is(visit_is_due):
            return False
        desk = self._desk
        away = [code for code in self._prison_codes() if not desk.nomis.is_open(code)]
        holder, leased_at = desk.ids.holder(), desk.clock.monotonic()
        async with desk.store.write() as tx:
            claimed = await claims.claim_due(tx, holder, desk.times.lease, free, away)
            if claimed:
                await tx.commit()
        for visit in claimed:
            self._busy += 1
            self._tasks.start(self._one_visit(visit, holder, leased_at), "visit")
        return len(claimed) == free

    async def mail_once(self) -> bool:
        """Try what may leave now; True if there may be more at once."""
        return await self._is(message_is_due) and await self._mailer.send_due(self._tasks, self._pace.concurrency)

    async def watch_once(self) -> bool:
        """Look for the references whose time has come."""
        if self._desk.breaks.no_watch or not await self._is(look_is_due):
            return False
        due = await self._watch.claim(self._pace.concurrency)
        for attempt in due:
            await self._watch.look(attempt)
        return bool(due)

    async def probe_once(self) -> float:
        """Ask prisons that don't answer whether they are back; when one is, its waiting visits are claimed at once.

        One that answered questions and carried nothing out is asked, too: who only cancels there asks it nothing, and
        would never be let through again. Returns, as all chores do, the seconds until it makes sense again.
        """
        desk = self._desk
        for code in (_NO_PRISON, *self._prison_codes()):
            was_open = desk.nomis.is_open(code)
            if await desk.nomis.probe(code, desk.clock.monotonic() + desk.times.read_timeout) and not was_open:
                desk.waker.notify()
        return self._pace.poll

    async def reconcile_once(self) -> float:
        """Compare booked visits that lie ahead with the prison system, a few at a time."""
        claimed = await self._reconciler.claim(_COMPARED_AT_ONCE)
        for visit in claimed:
            self._tasks.start(self._reconciler.compare(visit), "reconcile")
        return self._pace.poll if claimed else self._pace.reconcile_pause

    async def _is(self, due: Callable[[Tx], Awaitable[bool]]) -> bool:
        async with self._desk.store.read() as tx:
            return await due(tx)

    async def _one_visit(self, visit: Visit, holder: str, leased_at: float) -> None:
        desk = self._desk
        try:
            run = Run(
                holder,
                leased_at + desk.times.lease,
                desk.clock.monotonic() + desk.times.read_timeout,
                foreground=False,
            )
            with bound(visit=visit.id, prison=visit.prison_key):
                await advance(desk, visit, run)
        finally:
            self._busy -= 1
            desk.waker.notify()

    async def _loop(self, stop: asyncio.Event, once: Callable[[], Awaitable[bool]]) -> None:
        """Do what is due, again at once while there may be more, else when woken or after the poll interval."""
        while not stop.is_set():
            more = await self._try(once, otherwise=False)
            if not more and not stop.is_set():
                await self._desk.waker.wait(self._pace.poll)

    async def _now_and_then(self, stop: asyncio.Event, chore: Callable[[], Awaitable[float]]) -> None:
        """Do a chore, rest as long as it says, and so on; nothing but the end wakes it earlier."""
        while not stop.is_set():
            rest = await self._try(chore, otherwise=self._pace.poll)
            with suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await stop.wait()

    async def _try(self, once: Callable[[], Awaitable[T]], otherwise: T) -> T:
        try:
            return await once()
        except StoreUnavailable as error:
            _log.warning(events.WORK_LEFT, kind=once.__name__, reason=error.reason)
        except Exception as error:
            _log.error(events.WORKER_FAILED, kind=once.__name__, error=classes(error), frames=places(error))
        return otherwise

    def _prison_codes(self) -> list[str]:
        return sorted({prison.nomis_id for prison in self._desk.registry.current.all()})
