"""A process is killed before and after each commit of a booking, over each transport: the booking is made once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from nomis_client.fake.entities import Prisoner
from nomis_client.fake.faults import Fault, FaultKind
from tests.support.databases import SqliteDatabases
from tests.support.model_books import faults_of, visits_in
from tests.support.model_world import Variant, World, make_world, run_story
from tests.support.virtual_time import run_virtually

_POINTS = 10
"""Twice the commits from a request's arrival to its message: arrived, judged, posted, booked, sent."""
_SETTLED = 200.0
"""Seconds after which everything has been looked up and found, or proven absent and posted again."""


class _Crash:
    """Says at the `point`th moment, before or after a commit, that the process dies there; once."""

    def __init__(self, point: int) -> None:
        self._left = point
        self.moment = ""

    def __call__(self, moment: str) -> bool:
        self._left -= 1
        if self._left == 0:
            self.moment = moment
        return self._left == 0


def _families(world: World) -> list[Prisoner]:
    return [item for item in world.prisoners() if item.prison == "LEI"]


@pytest.mark.parametrize("transport", ["rest", "soap"])
@pytest.mark.parametrize("answers_are_lost", [False, True], ids=["answered", "answers lost"])
def test_killed_at_each_commit_of_a_booking(
    sqlite_databases: SqliteDatabases, tmp_path: Path, transport: str, answers_are_lost: bool
) -> None:
    """The request comes again, as families' browsers do, and another process carries on."""
    template = Path(sqlite_databases.fresh(tmp_path).removeprefix("sqlite+aiosqlite:///"))
    moments: list[str] = []

    async def story(world: World) -> None:
        families = _families(world)
        for number in range(_POINTS):
            if answers_are_lost:
                world.engine.arm(Fault(kind=FaultKind.DROP, operation="book", when="after", count=1))
            crash = _Crash(number + 1)
            for process in world.processes:
                process.store.dies = crash
            slot = world.slots()[number // len(families)]
            item = world.request_for(families[number % len(families)], [slot])
            world.send(item)
            await asyncio.sleep(5.0)
            await world.bury()
            world.send(item)
            await asyncio.sleep(_SETTLED)
            moments.append(crash.moment)

    async def main() -> World:
        world = make_world(0, tmp_path, template, Variant())
        nomis = world.settings.nomis.model_copy(update={"transport": transport})
        world.settings = world.settings.model_copy(update={"nomis": nomis})
        return await run_story(world, story)

    world = run_virtually(main())
    database = tmp_path / "model-0.db"
    assert faults_of(world, database) == []
    assert moments == ["before_commit", "after_commit"] * (_POINTS // 2)
    visits: list[dict[str, Any]] = visits_in(database)
    assert [visit["step"] for visit in visits] == ["booked"] * _POINTS
    spoken = {entry.method for entry in world.engine.log.entries()}
    assert spoken == ({"POST"} if transport == "soap" else {"GET", "POST"})
