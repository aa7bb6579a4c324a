"""What a late answer proves is kept, whoever holds the visit by then."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from adapter.booking.desk import Run
from adapter.booking.ledger import attempts, reload
from adapter.booking.saga import answers
from nomis_client import BookingRefused
from nomis_client.fake.faults import Fault
from nomis_client.types import RefusalText
from tests.support.databases import SqliteDatabases
from tests.support.model_run import play
from tests.support.model_world import Variant, World

_TAKEN_OVER = {
    "just claimed": ("UPDATE visits SET lease_holder = 'another'",),
    "and posted again": (
        "UPDATE visits SET lease_holder = 'another', version = version + 1",
        "UPDATE attempts SET posts = 2, doubted = true",
    ),
}

_WITHDRAWN = "UPDATE visits SET step = 'withdrawn', version = version + 1, mark = 'another', lease_holder = NULL"


@pytest.fixture
def tell(sqlite_databases: SqliteDatabases, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Runs a story to its end; returns the visit as stored, after the books were compared."""

    def run(story: Any) -> dict[str, Any]:
        ran = play(story, Variant(), sqlite_databases, tmp_path)
        assert ran.faults == []
        (visit,) = ran.visits
        return visit

    return run


@pytest.mark.parametrize("how", _TAKEN_OVER)
def test_a_duplicate_shows_that_it_exists_though_another_has_the_visit(tell: Any, how: str) -> None:
    async def story(world: World) -> None:
        world.engine.arm(Fault(kind="hang", operation="book", count=1))
        item = world.ask()
        await asyncio.sleep(5.0)
        assert item.visit_id is not None
        desk = world.processes[0].service.desk
        visit = await reload(desk, item.visit_id)
        (attempt,) = await attempts(desk, visit.id)
        async with desk.store.write() as tx:
            for statement in _TAKEN_OVER[how]:
                await tx.execute(text(statement))
            await tx.commit()
        run = Run(visit.lease_holder or "", 0.0, world.clock.monotonic(), foreground=False)
        await answers.store(desk, visit, attempt, run, BookingRefused((RefusalText.DUPLICATE_POST,)))
        (after,) = await attempts(desk, visit.id)
        assert after.exists_shown
        assert (await reload(desk, visit.id)).lease_holder == "another", "who has it goes on"

    assert tell(story)["step"] == "with_staff", "never absent, though nothing is found"


def test_withdrawn_before_a_lost_commit_is_read_back(sqlite_databases: SqliteDatabases, tmp_path: Path) -> None:
    """The turn is taken, the answer to COMMIT is lost, and what is read then is withdrawn: nothing goes on."""

    async def story(world: World) -> None:
        database = world.around.settings.store.url.removeprefix("sqlite+aiosqlite:///")

        def at(point: str) -> bool:
            if point == "after commit" and world.rows.ids("checking"):
                for process in world.processes:
                    process.store.lose_answers = 1
                with closing(sqlite3.connect(database, isolation_level=None)) as another:
                    another.execute(_WITHDRAWN)
            return False

        for process in world.processes:
            process.store.life.told = at
        world.ask()
        await asyncio.sleep(10.0)

    ran = play(story, Variant(), sqlite_databases, tmp_path)
    assert ran.world.unforeseen == []
    assert [visit["step"] for visit in ran.visits] == ["withdrawn"]
