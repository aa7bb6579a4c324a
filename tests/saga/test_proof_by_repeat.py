"""Without find-by-reference a repeat that is a duplicate, and a single new visit, prove a booking: whoever looks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nomis_client.fake.faults import Fault
from tests.support.databases import SqliteDatabases
from tests.support.model_books import faults_of, visits_in
from tests.support.model_world import Asked, Variant, World, make_world, run_story
from tests.support.virtual_time import run_virtually

_IN_DOUBT_HANDOVER = 600.0


@pytest.fixture
def tell(sqlite_databases: SqliteDatabases, tmp_path: Path) -> Callable[..., tuple[World, dict[str, Any]]]:
    """Runs a story to its end; returns the world and the visit as stored, after the books were compared."""

    def run(story: Any) -> tuple[World, dict[str, Any]]:
        template = Path(sqlite_databases.fresh(tmp_path).removeprefix("sqlite+aiosqlite:///"))

        async def main() -> World:
            return await run_story(make_world(0, tmp_path, template, Variant(find_by_ref="false")), story)

        world = run_virtually(main())
        database = tmp_path / "model-0.db"
        assert faults_of(world, database) == []
        (visit,) = visits_in(database)
        return world, visit

    return run


async def _duplicate_and_then_silence(world: World) -> Asked:
    """The answer to the booking is lost, its repeat is a duplicate, and from then on nothing can be read."""
    world.engine.arm(Fault(kind="drop", operation="book", when="after", count=1))
    person = next(item for item in world.prisoners() if item.prison == "LEI")
    item = world.request_for(person, world.slots()[:2])
    world.send(item)
    async with asyncio.timeout(300):
        while "duplicate" not in {entry.outcome for entry in world.engine.log.entries()}:
            await asyncio.sleep(0.01)
    world.engine.arm(Fault(kind="outage", operation="reads"))
    return item


def test_the_watch_books_it_though_staff_have_it(tell: Any) -> None:
    async def story(world: World) -> None:
        await _duplicate_and_then_silence(world)
        await asyncio.sleep(_IN_DOUBT_HANDOVER + 60.0)

    world, visit = tell(story)
    assert visit["step"] == "booked"
    assert world.mail.of(visit["id"], "visitor") == ["visitor_requested", "visitor_booked"]
    assert world.mail.of(visit["id"], "mailbox") == ["staff_request", "staff_settled"]


def test_a_withdrawal_takes_it_out_and_staff_need_not(tell: Any) -> None:
    async def story(world: World) -> None:
        item = await _duplicate_and_then_silence(world)
        await asyncio.sleep(60.0)
        bookings = world.processes[0].service.bookings
        answer = await bookings.withdraw_or_cancel(item.told[0].id, world.clock.monotonic() + 2, "")
        assert answer is not None
        assert answer.processing_state == "withdrawn"
        await asyncio.sleep(60.0)

    world, visit = tell(story)
    assert visit["step"] == "withdrawn"
    assert [item.status for item in world.engine.state.world.visits.values()] == ["CANC"]
    assert world.mail.of(visit["id"], "visitor") == ["visitor_withdrawn"]
    assert world.mail.of(visit["id"], "mailbox") == []


def test_what_the_saga_saw_and_could_not_prove_is_told_to_staff_once(tell: Any) -> None:
    """The repeat that would prove it can't be sent until staff have the request; then they hear of the new visit."""

    async def story(world: World) -> None:
        world.engine.arm(Fault(kind="drop", operation="book", when="after", count=1))
        world.engine.arm(Fault(kind="outage", operation="book", repeats=True))
        person = next(item for item in world.prisoners() if item.prison == "LEI")
        world.send(world.request_for(person, world.slots()[:2]))
        await asyncio.sleep(_IN_DOUBT_HANDOVER + 60.0)

    world, visit = tell(story)
    assert visit["step"] == "with_staff"
    assert world.mail.of(visit["id"], "visitor") == ["visitor_requested"]
    assert world.mail.of(visit["id"], "mailbox") == ["staff_request", "staff_drift"]
