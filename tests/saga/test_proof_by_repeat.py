"""Without find-by-reference a repeat that is a duplicate, and a single new visit, prove a booking: whoever looks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nomis_client.fake.faults import Fault
from tests.support.databases import SqliteDatabases
from tests.support.model_callers import Asked
from tests.support.model_run import play
from tests.support.model_world import Variant, World

_IN_DOUBT_HANDOVER = 600.0


@pytest.fixture
def tell(sqlite_databases: SqliteDatabases, tmp_path: Path) -> Callable[..., tuple[World, dict[str, Any]]]:
    """Runs a story to its end; returns the world and the visit as stored, after the books were compared."""

    def run(story: Any) -> tuple[World, dict[str, Any]]:
        ran = play(story, Variant(find_by_ref="false"), sqlite_databases, tmp_path)
        assert ran.faults == []
        (visit,) = ran.visits
        return ran.world, visit

    return run


async def _duplicate_and_then_silence(world: World) -> Asked:
    """The answer to the booking is lost, its repeat is a duplicate, and from then on nothing can be read."""
    world.engine.arm(Fault(kind="drop", operation="book", when="after", count=1))
    item = world.ask()
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
        world.callers.depart(item)
        await asyncio.sleep(1.0)
        assert item.told[-1].view.processing_state == "withdrawn"
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
        world.ask()
        await asyncio.sleep(_IN_DOUBT_HANDOVER + 60.0)

    world, visit = tell(story)
    assert visit["step"] == "with_staff"
    assert world.mail.of(visit["id"], "visitor") == ["visitor_requested"]
    assert world.mail.of(visit["id"], "mailbox") == ["staff_request", "staff_drift"]


def test_told_overlapping_it_is_staff_s_and_watched(tell: Any) -> None:
    """The answer is lost, and its repeat says that something else is there: staff hear of what is found later."""

    async def story(world: World) -> None:
        world.engine.arm(Fault(kind="drop", operation="book", when="after", count=1))
        world.engine.arm(Fault(kind="repeat_answer", operation="book", text="Overlapping visit"))
        world.ask()
        await asyncio.sleep(60.0)
        (attempt,) = world.rows.table("attempts")
        assert (attempt["state"], attempt["look_at"] is not None) == ("open", True)

    world, visit = tell(story)
    assert visit["step"] == "with_staff"
    assert world.mail.of(visit["id"], "mailbox") == ["staff_request", "staff_drift"]
