"""The prison system is away for a minute while families keep coming: whole processes on a virtual clock."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from booking_rules.slots import Slot
from nomis_client.fake.actions import AddSlot, Fill
from nomis_client.fake.entities import Prisoner
from nomis_client.fake.faults import Fault, FaultKind
from nomis_client.fake.generate import generated
from nomis_client.fake.hand import by_hand
from nomis_client.fake.requestlog import LogEntry
from nomis_client.fake.requests import Operation
from tests.support.databases import SqliteDatabases
from tests.support.model_callers import Asked
from tests.support.model_run import play
from tests.support.model_world import Variant, World
from tests.support.site import TODAY

_BEFORE, _OUTAGE, _AFTER = 5.2, 60.0, 15.0
_PACE = 0.8
"""Seconds from one family to the next: 75 of them come in the outage."""
_BOOKING = 0.2
"""Seconds that the prison system takes for a booking, where that matters."""
_NOTICED = 7.0
"""Seconds after which a probe has found that the prison system is back."""
_WANT_THE_LAST = 5
"""Every so many families ask for the slot with the last place first."""

Story = Callable[[World], Awaitable[None]]
Visits = list[dict[str, Any]]
Tell = Callable[[Story, Variant], tuple[World, Visits]]


@pytest.fixture
def tell(sqlite_databases: SqliteDatabases, tmp_path: Path) -> Tell:
    """Runs a story to its end; returns the world and the visits as stored, after the books were compared."""

    def run(story: Story, variant: Variant) -> tuple[World, Visits]:
        ran = play(story, variant, sqlite_databases, tmp_path)
        assert ran.faults == []
        return ran.world, ran.visits

    return run


def _families(world: World) -> Sequence[Prisoner]:
    count = int((_BEFORE + _OUTAGE + _AFTER) / _PACE)
    people = generated(count, "LEI", 1000, TODAY, 1, orders=26)
    prison = world.engine.state.world
    prison.commit(world.engine.time.now(), *((prison.prisoners, one.noms_id, one) for one in people))
    return people


def _last_place_and_room(world: World) -> tuple[Slot, Slot]:
    """A slot with one place left, and one with room for everybody."""
    last, room = world.slots()[:2]
    now, prison = world.engine.time.now(), world.engine.state.world
    size = {"capacity": 5000, "max_groups": 5000, "max_adults": 5000}
    by_hand(prison, AddSlot(action="add_slot", prison="LEI", slot=str(room), **size), now)
    by_hand(prison, Fill(action="fill", prison="LEI", slot=str(last), groups=1), now)
    return last, room


class _Load:
    """Families come at an even pace; the prison system falls silent after ten seconds, for a minute."""

    def __init__(self, kind: str, booking_takes: float = 0.0) -> None:
        self._kind = kind
        self._booking_takes = booking_takes
        self.asked: list[tuple[float, Asked]] = []
        self.answered_after: dict[int, float] = {}
        self.down_at = self.up_at = 0.0

    async def __call__(self, world: World) -> None:
        last, room = _last_place_and_room(world)
        if self._booking_takes:
            world.engine.arm(Fault(kind=FaultKind.DELAY, operation=Operation.BOOK, seconds=self._booking_takes))
        began = world.clock.monotonic()
        self._epoch = world.engine.time.now() - timedelta(seconds=began)
        self.down_at, self.up_at = began + _BEFORE, began + _BEFORE + _OUTAGE
        asyncio.get_running_loop().call_at(self.down_at, self._fall, world)
        async with asyncio.TaskGroup() as group:
            for number, person in enumerate(_families(world)):
                in_outage = _BEFORE <= number * _PACE < _BEFORE + _OUTAGE
                wants_last = in_outage and number % _WANT_THE_LAST == 0
                item = world.ask(person, [last, room] if wants_last else [room])
                self.asked.append((world.clock.monotonic(), item))
                group.create_task(self._answer(world, number, item))
                await asyncio.sleep(_PACE)
        await asyncio.sleep(120.0)

    def _fall(self, world: World) -> None:
        world.engine.arm(Fault(kind=self._kind, lasts=_OUTAGE))

    async def _answer(self, world: World, number: int, item: Asked) -> None:
        asked_at = world.clock.monotonic()
        while not item.told:
            await asyncio.sleep(0.01)
        self.answered_after[number] = world.clock.monotonic() - asked_at

    def in_outage(self, visit: dict[str, Any]) -> bool:
        """Whether the visit was asked for while the prison system was away."""
        return self.down_at <= self._asked_at(visit) < self.up_at

    def long_after(self, visit: dict[str, Any]) -> bool:
        """Whether it was known by then that the prison system is back."""
        return self._asked_at(visit) > self.up_at + _NOTICED

    def _asked_at(self, visit: dict[str, Any]) -> float:
        return next(at for at, item in self.asked if item.visit_id == visit["id"])

    def calls(self, world: World, since: float, until: float) -> list[LogEntry]:
        """What was asked of the prison system between two moments of the loop's clock."""
        return [entry for entry in world.engine.log.entries() if since <= self.at(entry) < until]

    def at(self, entry: LogEntry) -> float:
        """When it arrived, by the loop's clock."""
        return (entry.at - self._epoch).total_seconds()


@pytest.mark.parametrize(("kind", "find_by_ref"), [("outage", "false"), ("hang", '"auto"')])
def test_all_are_booked_afterwards_and_the_last_place_is_the_first_ones(
    tell: Tell, kind: str, find_by_ref: str
) -> None:
    load = _Load(kind)
    world, visits = tell(load, Variant(find_by_ref=find_by_ref))
    assert len(visits) == len(load.asked)
    assert {visit["step"] for visit in visits} == {"booked"}
    assert [mail.kind for mail in world.mail.delivered] == ["visitor_booked"] * len(visits)
    last = str(world.slots()[0])
    who_wanted_it = [visit for visit in visits if visit["slot1"] == last]
    assert len(who_wanted_it) == 15
    assert [visit["slot_granted"] == last for visit in who_wanted_it] == [True] + [False] * 14


def test_without_waiting_who_came_in_the_outage_is_with_staff_and_not_booked_by_us(tell: Tell) -> None:
    load = _Load("outage")
    world, visits = tell(load, Variant(handover_after="0"))
    assert {visit["step"] for visit in visits if load.in_outage(visit)} == {"with_staff"}
    assert {visit["step"] for visit in visits[:6]} == {"booked"}
    assert {visit["step"] for visit in visits if load.long_after(visit)} == {"booked"}
    held = {item.reference for item in world.engine.state.world.visits.values()}
    assert held == {f"{visit['id']}-1" for visit in visits if visit["step"] == "booked"}


def test_the_outage_costs_a_handful_of_calls_answers_are_at_once_and_the_way_back_is_a_ramp(tell: Tell) -> None:
    """With two processes of the service; each booking takes the prison system a while."""
    load = _Load("hang", booking_takes=_BOOKING)
    world, _ = tell(load, Variant())
    assert max(load.answered_after.values()) <= 2.0
    noticed = load.down_at + 10.0
    later = [number for number, (at, _) in enumerate(load.asked) if noticed < at < load.up_at]
    assert [number for number in later if load.answered_after[number] > 0.1] == []
    while_away = load.calls(world, noticed, load.up_at)
    assert {entry.operation for entry in while_away} == {Operation.SLOTS}, "probes, and nothing else"
    assert len(while_away) <= 2 * (_OUTAGE - 10.0) / 4.0, "by each process one, every five seconds or so"
    booked = [load.at(entry) for entry in load.calls(world, load.up_at, math.inf) if entry.operation is Operation.BOOK]
    so_far = [sum(at < booked[0] + (number + 1) * _BOOKING for at in booked) for number in range(4)]
    # Each answer doubles how many may be under way: by each process 1, 2, 8 at a time, then as many as ever.
    assert all(count <= most for count, most in zip(so_far, (2, 6, 22, 22 + 2 * 32), strict=True)), so_far
    assert booked[75] - booked[0] < 10.0, "and not a trickle"
