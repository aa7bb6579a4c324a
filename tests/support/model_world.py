"""The model: random requests, repeats, departures, faults, crashes and clock moves against the saga, then the books."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from pathlib import Path
from random import Random
from typing import Any

from adapter.booking.desk import Breaks
from adapter.booking.views import Fingerprints, RequestVisit, StoreUnavailable, VisitView
from adapter.clock import LONDON, micros
from adapter.config import Settings
from booking_rules.calendar import bookable_slots
from booking_rules.request import Person, Prisoner, VisitRequest
from nomis_client.fake.actions import BookByHand, Court, Lock, Unlock
from nomis_client.fake.clock import LoopTime
from nomis_client.fake.engine import Engine
from nomis_client.fake.faults import Fault
from nomis_client.fake.hand import ImpossibleByHand, by_hand
from nomis_client.fake.seed import seeded
from tests.support.model_agenda import Agenda
from tests.support.model_mail import ModelMail
from tests.support.model_process import Process, start
from tests.support.site import TODAY, RunningClock, make_settings

_TEN_MINUTES = 600.0

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
    "ADAPTER__STORE__LEASE": "40",
    "ADAPTER__WORKER__POLL": "5",
    "ADAPTER__MAIL__RETRY_FIRST": "10",
    "ADAPTER__LOG__LEVEL": "error",
}


@dataclass(frozen=True)
class Variant:
    """One kind of installation and of day."""

    find_by_ref: str = '"auto"'
    handover_after: str = "120"
    breaks: Breaks = field(default_factory=Breaks)


@dataclass
class Asked:
    """One request of a family, and what it was told."""

    wanted: RequestVisit
    told: list[VisitView] = field(default_factory=list)
    twin_of: Asked | None = None
    sent_at: float = 0.0


@dataclass
class World:
    """Everything of one run."""

    engine: Engine
    clock: RunningClock
    settings: Settings
    mail: ModelMail
    rng: Random
    breaks: Breaks
    agenda: Agenda
    processes: list[Process] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    by_hand: set[int] = field(default_factory=set)
    steps: int = 0
    log: list[str] = field(default_factory=list)
    twins: list[str] = field(default_factory=list)
    departed: set[str] = field(default_factory=set)
    _dies_in: int = -1

    @property
    def finds_by_reference(self) -> bool:
        return self.settings.nomis.find_by_ref is not False

    # -- processes ---------------------------------------------------------------------------------------------------

    def dies(self, _point: str) -> bool:
        """Counts commits down to the one at which a process is killed."""
        if self._dies_in > 0:
            self._dies_in -= 1
        if self._dies_in == 0:
            self._dies_in = -1
            return True
        return False

    async def start_process(self) -> None:
        self._dies_in = -1
        self.processes.append(
            await start(
                self.settings,
                self.engine,
                self.clock,
                {"smtp": self.mail},
                dies=self.dies,
                breaks=self.breaks,
                micros_now=lambda: micros(self.clock.now()),
                agenda=self.agenda,
            )
        )

    async def bury(self) -> None:
        """Replace processes that died at a commit."""
        for process in [item for item in self.processes if item.dead]:
            self.processes.remove(process)
            await process.kill()
            await self.start_process()

    # -- steps -------------------------------------------------------------------------------------------------------

    async def step(self) -> None:
        """One random thing happens."""
        self.steps += 1
        draw = self.rng.random()
        name, action = next((n, a) for limit, n, a in _ACTIONS if draw < limit)
        self.log.append(f"{self.clock.monotonic():.2f} {name}")
        await action(self)
        await self.bury()

    async def request(self) -> None:
        self.send(self._new_request())

    async def burst(self) -> None:
        for _ in range(self.rng.randint(2, 4)):
            self.send(self._new_request())

    async def repeat(self) -> None:
        if self.asked:
            self.send(self.rng.choice(self.asked))

    async def again(self) -> None:
        """The family sends the same once more, as a new request: within ten minutes it is the same visit."""
        recent = [item for item in self.asked if self.clock.monotonic() - item.sent_at < _TEN_MINUTES - 60]
        if recent:
            item = self.rng.choice(recent)
            number = len(self.asked)
            prints = replace(item.wanted.fingerprints, rid=f"rid-{number}")
            twin = Asked(replace(item.wanted, fingerprints=prints), twin_of=item, sent_at=self.clock.monotonic())
            self.send(twin)

    async def depart(self) -> None:
        told = [item for item in self.asked if item.told]
        if told:
            item = self.rng.choice(told)
            self.departed.add(item.told[0].id)
            self._call(self._depart(item))

    async def look(self) -> None:
        told = [item for item in self.asked if item.told]
        if told:
            self._call(self._look(self.rng.choice(told)))

    async def move_clock(self) -> None:
        await asyncio.sleep(self.rng.choice((0.01, 0.1, 0.5, 2, 5, 20, 45, 100)))

    async def fault(self) -> None:
        fault = _fault(self.rng)
        rivals = {"replay", "repeat_answer"}
        if fault.kind in rivals and any(armed.fault.kind in rivals - {fault.kind} for armed in self.engine.faults):
            # A proxy that replays a POST and hands back the second answer, which contradicts the first for a reason
            # of its own, is beyond the contract: a refusal of the only POST that we made counts.
            return
        self.engine.arm(fault)

    async def heal(self) -> None:
        self.engine.heal()
        self.engine.power = True

    async def power(self) -> None:
        self.engine.power = not self.engine.power

    async def kill(self) -> None:
        process = self.rng.choice(self.processes)
        self.processes.remove(process)
        await process.kill()
        await self.start_process()

    async def kill_at_commit(self) -> None:
        self._dies_in = self.rng.randint(1, 6)

    async def lose_commit(self) -> None:
        self.rng.choice(self.processes).store.lose_answers += 1

    async def mail_trouble(self) -> None:
        self.mail.trouble = self.rng.choice((0.0, 0.3, 0.9))

    async def staff_by_hand(self) -> None:
        """Staff book, lock or send to court, without us."""
        person = self.rng.choice(self.prisoners())
        kind = self.rng.random()
        now = self.engine.time.now()
        try:
            if kind < 0.4:
                slot = self.rng.choice(self.slots())
                made = by_hand(
                    self.engine.state.world, BookByHand(action="book", noms_id=person.noms_id, slot=str(slot)), now
                )
                self.by_hand.update(made.values())
            elif kind < 0.6:
                by_hand(self.engine.state.world, Lock(action="lock", noms_id=person.noms_id), now)
            elif kind < 0.9:
                by_hand(self.engine.state.world, Unlock(action="unlock", noms_id=person.noms_id), now)
            else:
                day = self.rng.choice(self.slots()).day
                by_hand(self.engine.state.world, Court(action="court", noms_id=person.noms_id, day=day), now)
        except ImpossibleByHand:
            return

    # -- what callers do ---------------------------------------------------------------------------------------------

    def send(self, item: Asked) -> None:
        if item not in self.asked:
            self.asked.append(item)
        self._call(self._ask(item))

    def _call(self, work: Any) -> None:
        self.rng.choice(self.processes).call(work)

    async def _ask(self, item: Asked) -> None:
        bookings = self._bookings()
        wanted = replace(item.wanted, deadline=self.clock.monotonic() + self.settings.decision.budget)
        try:
            found = await bookings.find_same(wanted.fingerprints, wanted.deadline)
            answer = found if found is not None else await bookings.request_visit(wanted)
        except StoreUnavailable:
            return
        assert isinstance(answer, VisitView)
        first = item.twin_of
        if first is not None and first.told and not item.told and answer.id != first.told[0].id:
            open_or_booked = {view.processing_state for view in first.told} <= {"requested", "booked"}
            age = (self.clock.now() - first.told[0].created_at).total_seconds()
            if open_or_booked and first.told[0].id not in self.departed and age < _TEN_MINUTES - 30:
                self.twins.append(f"I11 {first.told[0].id} and {answer.id} are for one family")
        self._tell(item, answer)

    async def _depart(self, item: Asked) -> None:
        try:
            answer = await self._bookings().withdraw_or_cancel(item.told[0].id, self.clock.monotonic() + 2, "")
        except StoreUnavailable:
            return
        assert answer is not None
        assert answer.processing_state in ("withdrawn", "cancelled", "rejected"), answer.processing_state
        self._tell(item, answer)

    async def _look(self, item: Asked) -> None:
        try:
            answer = await self._bookings().visit(item.told[0].id)
        except StoreUnavailable:
            return
        assert answer is not None, "what was answered 200 exists"
        self._tell(item, answer)

    def _tell(self, item: Asked, answer: VisitView) -> None:
        item.told.append(answer)

    def _bookings(self) -> Any:
        alive = [process for process in self.processes if not process.dead]
        return self.rng.choice(alive or self.processes).service.bookings

    # -- made-up people ----------------------------------------------------------------------------------------------

    def prisoners(self) -> list[Any]:
        people = [p for p in self.engine.state.world.prisoners.values() if p.noms_id.startswith("G")]
        return people[:6]

    def slots(self) -> list[Any]:
        prison = self.settings.prisons.by_key("LEI")
        assert prison is not None
        return [slot for slot in bookable_slots(prison, TODAY, frozenset()) if slot.begin.hour == 14][:5]

    def _new_request(self) -> Asked:
        person = self.rng.choice([p for p in self.prisoners() if p.prison == "LEI"])
        return self.request_for(person, self.rng.sample(self.slots(), self.rng.randint(1, 3)))

    def request_for(self, person: Any, slots: Sequence[Any]) -> Asked:
        """A request of this prisoner's family for these slots."""
        prison = self.settings.prisons.by_key("LEI")
        assert prison is not None
        lead = person.contacts[0]
        assert lead.date_of_birth is not None
        choices = tuple(slots)
        request = VisitRequest(
            prisoner=Prisoner("A", "B", person.date_of_birth, person.noms_id),
            visitors=(Person(lead.given_name.strip(), lead.surname.strip(), lead.date_of_birth),),
            email="visitor@example.com",
            phone="+441632960123",
            choices=choices,
        )
        number = len(self.asked)
        same = f"{person.noms_id}{[str(slot) for slot in choices]}"
        fingerprints = Fingerprints(key=None, rid=f"rid-{number}", same=same, body=same)
        wanted = RequestVisit(prison, request, "en", "web", fingerprints, f"r{number}", 0.0)
        return Asked(wanted, sent_at=self.clock.monotonic())


def _fault(rng: Random) -> Fault:
    kind, how = rng.choice(
        (
            ("drop", {"operation": "book", "when": "after"}),
            ("drop", {"operation": "book", "when": "before"}),
            ("drop", {"operation": "cancel", "when": "after"}),
            ("hang", {"operation": "book", "when": "after"}),
            ("hang", {"operation": "*"}),
            ("delay", {"operation": "*", "seconds": rng.choice((0.3, 1.5, 4.0))}),
            ("reset", {"operation": "*"}),
            ("outage", {"lasts": rng.choice((3.0, 30.0, 70.0))}),
            ("late_commit", {"operation": "book", "seconds": rng.choice((1.0, 20.0, 50.0))}),
            ("stale", {"operation": "reads", "seconds": rng.choice((2.0, 25.0))}),
            ("replay", {"operation": "book"}),
            ("answer", {"operation": "book", "status": 500, "when": "after", "body": "internal server error"}),
            ("answer", {"operation": "*", "status": 503, "body": ""}),
            ("access_denied", {"operation": "book", "when": "after"}),
            ("find_404", {}),
            ("find_in_transit", {}),
            ("find_wrong_status", {}),
            ("locked", {"operation": "book"}),
            ("html", {"operation": "book", "when": "after"}),
            ("truncate", {"operation": "book", "when": "after"}),
            ("wrong_types", {"operation": "*"}),
            ("repeat_answer", {"operation": "book", "text": "Overlapping visit"}),
            ("repeat_answer", {"operation": "book", "text": "Visit slot is at or over capacity"}),
        )
    )
    count: dict[str, Any] = {} if "lasts" in how else {"count": rng.randint(1, 3)}
    return Fault(kind=kind, **how, **count)


_ACTIONS: tuple[tuple[float, str, Callable[[World], Any]], ...] = (
    (0.20, "request", World.request),
    (0.24, "burst", World.burst),
    (0.27, "repeat", World.repeat),
    (0.30, "again", World.again),
    (0.37, "depart", World.depart),
    (0.41, "look", World.look),
    (0.63, "clock", World.move_clock),
    (0.79, "fault", World.fault),
    (0.83, "heal", World.heal),
    (0.85, "power", World.power),
    (0.88, "kill", World.kill),
    (0.93, "kill at commit", World.kill_at_commit),
    (0.95, "lose commit", World.lose_commit),
    (0.97, "mail", World.mail_trouble),
    (1.01, "hand", World.staff_by_hand),
)


def make_world(seed: int, folder: Path, template: Path, variant: Variant) -> World:
    """A world in which nothing has happened; call it in the (virtual) event loop."""
    clock = RunningClock(datetime.combine(TODAY, time(10, 30), LONDON))
    engine = Engine(seeded(TODAY), LoopTime(clock.now()))
    file = folder / f"model-{seed}.db"
    shutil.copy(template, file)
    settings = make_settings(
        f"sqlite+aiosqlite:///{file}",
        "http://in-process/nomisapi",
        1025,
        {
            **SLOW,
            "ADAPTER__NOMIS__FIND_BY_REF": variant.find_by_ref,
            "ADAPTER__DECISION__HANDOVER_AFTER": variant.handover_after,
        },
    )
    rng = Random(seed)
    agenda = Agenda(file, clock, Random(seed + 2), settings.worker.poll)
    return World(engine, clock, settings, ModelMail(Random(seed + 1)), rng, variant.breaks, agenda)


async def run_model(seed: int, steps: int, folder: Path, template: Path, variant: Variant) -> World:
    """`steps` random steps, then everything healed and drained; returns the world for its books to be compared."""
    return await run_story(make_world(seed, folder, template, variant), lambda world: _random_steps(world, steps))


async def run_story(world: World, story: Callable[[World], Awaitable[None]]) -> World:
    """`story` in a world with two processes, then everything healed and drained."""
    keeping = asyncio.ensure_future(world.agenda.keep())
    try:
        for _ in range(2):
            await world.start_process()
        await story(world)
        await drain(world)
    finally:
        for process in world.processes:
            await process.kill()
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        world.agenda.close()
    return world


async def _random_steps(world: World, steps: int) -> None:
    for _ in range(steps):
        await world.step()


async def drain(world: World) -> None:
    """Heal everything and let hours pass, so that whatever can end has ended."""
    await world.heal()
    world.mail.trouble = 0.0
    world._dies_in = -1
    for process in world.processes:
        process.store.lose_answers = 0
    for person in world.prisoners():
        by_hand(world.engine.state.world, Unlock(action="unlock", noms_id=person.noms_id), world.engine.time.now())
    await world.bury()
    await world.processes.pop().kill()
    await asyncio.sleep(2400.0)


__all__ = ["Asked", "Variant", "World", "make_world", "run_model", "run_story"]
