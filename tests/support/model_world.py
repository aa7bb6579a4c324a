"""The model: a prison system, a few families and staff, and two processes of the service that share a database."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from random import Random

import structlog

from adapter.booking.desk import Breaks
from adapter.clock import LONDON
from adapter.log import events
from booking_rules.slots import Slot
from nomis_client.fake import entities
from nomis_client.fake.actions import Unlock
from nomis_client.fake.clock import LoopTime
from nomis_client.fake.hand import by_hand
from nomis_client.fake.seed import seeded
from tests.support.model_agenda import Agenda
from tests.support.model_callers import Asked, Callers
from tests.support.model_ids import SeededIds
from tests.support.model_mail import ModelMail
from tests.support.model_people import People
from tests.support.model_process import Process, Surroundings, start
from tests.support.model_rows import Rows
from tests.support.model_staff import Staff
from tests.support.model_watchman import WatchedEngine, Watchman
from tests.support.site import TODAY, RunningClock, make_settings

Story = Callable[["World"], Awaitable[None]]

SLOW = {
    # The shipped waits: on a virtual clock they cost nothing.
    "ADAPTER__NOMIS__POST_LIFETIME": "60",
    "ADAPTER__NOMIS__READ_LAG": "30",
    "ADAPTER__NOMIS__BOOK_TIMEOUT": "20",
    "ADAPTER__NOMIS__READ_TIMEOUT": "5",
    "ADAPTER__NOMIS__BREAKER__OPEN_SECONDS": "5",
    "ADAPTER__DECISION__BUDGET": "2",
    "ADAPTER__DECISION__HANDOVER_AFTER": "120",
    "ADAPTER__DECISION__IN_DOUBT_HANDOVER_AFTER": "600",
    "ADAPTER__DECISION__CANCEL_HANDOVER_AFTER": "1200",
    "ADAPTER__STORE__LEASE": "40",
    "ADAPTER__WORKER__POLL": "5",
    "ADAPTER__MAIL__RETRY_FIRST": "10",
}
_POLL = 2.0
_UNDERTAKER = 1.0
"""Seconds from a death at a crash point until another process has started."""
_NEVER = (events.WORK_FAILED, events.WORKER_FAILED)
"""What is logged of errors that nobody foresaw."""


@dataclass(frozen=True)
class Variant:
    """One kind of installation and of day."""

    find_by_ref: str = '"auto"'
    handover_after: str = "120"
    transport: str = "rest"
    breaks: Breaks = field(default_factory=Breaks)


@dataclass
class World:
    """Everything of one run. `dies_in`: at which crash point from now on a process is killed; -1: at none.

    `points`: the crash points passed so far; `points_in_story`: how many of them before all was healed.
    """

    around: Surroundings
    rng: Random
    rows: Rows
    people: People
    watchman: Watchman
    staff: Staff
    by_hand: set[int]
    processes: list[Process] = field(default_factory=list)
    steps: int = 0
    log: list[str] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    points_in_story: int = 0
    dies_in: int = -1
    unforeseen: list[str] = field(default_factory=list)
    callers: Callers = field(init=False)
    _death: asyncio.Event = field(default_factory=asyncio.Event)
    _dying: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        budget = self.around.settings.decision.budget
        self.callers = Callers(self.clock, budget, self.processes, self.rng, self.rows)

    @property
    def engine(self) -> WatchedEngine:
        assert isinstance(self.around.engine, WatchedEngine)
        return self.around.engine

    @property
    def clock(self) -> RunningClock:
        return self.around.clock

    @property
    def mail(self) -> ModelMail:
        return self.around.mail

    @property
    def finds_by_reference(self) -> bool:
        return self.around.settings.nomis.find_by_ref is not False

    @property
    def faults(self) -> list[str]:
        """What was seen to go wrong so far."""
        return [*self.watchman.faults, *self.callers.faults, *self.unforeseen]

    # -- for stories -------------------------------------------------------------------------------------------------

    def prisoners(self) -> list[entities.Prisoner]:
        return self.people.prisoners()

    def slots(self) -> list[Slot]:
        return self.people.slots()

    def ask(self, person: entities.Prisoner | None = None, slots: Sequence[Slot] | None = None) -> Asked:
        """This (or the first) prisoner's family asks for these (or the first two) slots; doesn't wait."""
        wanted = self.people.request_for(
            person or self.people.visited()[0],
            self.slots()[:2] if slots is None else slots,
            len(self.callers.asked),
        )
        return self.callers.ask(wanted)

    # -- processes ---------------------------------------------------------------------------------------------------

    def dies(self, point: str) -> bool:
        """Counts down to the crash point at which a process is killed."""
        self.points.append(point)
        self.dies_in = max(-1, self.dies_in - 1)
        if self.dies_in != 0:
            return False
        self.dies_in = -1
        self._death.set()
        return True

    async def start_process(self) -> None:
        self.processes.append(await start(self.around, self.dies))

    async def kill(self, process: Process) -> None:
        """Now, and another one starts."""
        if process in self._dying:
            return
        self._dying.append(process)
        process.store.life.dead = True
        await self.start_process()
        self.processes.remove(process)
        await process.kill()
        self.unforeseen += process.crashes

    async def bury(self) -> None:
        """Replace processes that died at a crash point."""
        for process in [item for item in self.processes if item.dead]:
            await self.kill(process)

    async def undertake(self) -> None:
        """Until cancelled."""
        while True:
            await self._death.wait()
            self._death.clear()
            await asyncio.sleep(_UNDERTAKER)
            await self.bury()


def make_world(seed: int, folder: Path, template: Path, variant: Variant) -> World:
    """A world in which nothing has happened; call it in the (virtual) event loop."""
    clock = RunningClock(datetime.combine(TODAY, time(10, 30), LONDON))
    engine = WatchedEngine(seeded(TODAY), LoopTime(clock.now()))
    file = folder / f"model-{seed}.db"
    shutil.copy(template, file)
    settings = make_settings(
        f"sqlite+aiosqlite:///{file}",
        "http://in-process/nomisapi",
        1025,
        {
            **SLOW,
            "ADAPTER__NOMIS__TRANSPORT": variant.transport,
            "ADAPTER__NOMIS__SOAP__URL": "http://in-process/soap",
            "ADAPTER__NOMIS__FIND_BY_REF": variant.find_by_ref,
            "ADAPTER__DECISION__HANDOVER_AFTER": variant.handover_after,
        },
    )
    rng, rows, made = Random(seed), Rows(file), set[int]()
    around = Surroundings(
        settings,
        engine,
        clock,
        ModelMail(Random(seed + 1)),
        SeededIds(Random(seed + 3)),
        Agenda(rows, clock, Random(seed + 2), _POLL),
        variant.breaks,
    )
    engine.watchman = watchman = Watchman(engine.state.world, rows, made)
    return World(around, rng, rows, People(engine.state.world, settings), watchman, Staff(rows, rng), made)


async def run_story(world: World, story: Story) -> World:
    """`story` in a world with two processes, then everything healed and drained, for its books to be compared.

    Call `world.rows.close()` when they are.
    """
    with structlog.testing.capture_logs() as logged:
        beside = [asyncio.create_task(world.around.agenda.keep()), asyncio.create_task(world.undertake())]
        try:
            for _ in range(2):
                await world.start_process()
            await story(world)
            world.points_in_story = len(world.points)
            await drain(world)
        finally:
            for process in world.processes:
                await process.kill()
                world.unforeseen += process.crashes
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
    world.unforeseen += [str(line) for line in logged if line["event"] in _NEVER]
    return world


async def drain(world: World) -> None:
    """Heal everything and let hours pass, so that whatever can end has ended."""
    world.engine.heal()
    world.engine.power = True
    world.mail.trouble = 0.0
    world.dies_in = -1
    for process in world.processes:
        process.store.lose_answers = 0
    for person in world.prisoners():
        by_hand(world.engine.state.world, Unlock(action="unlock", noms_id=person.noms_id), world.engine.time.now())
    await world.bury()
    await asyncio.sleep(2400.0)
    world.watchman.look(world.steps)
