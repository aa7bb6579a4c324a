"""A process is killed at each of its crash points, one after the other, over each transport; the promise holds.

A *crash point* lies before and after every COMMIT, every call of the prison system and every message that leaves. After
each death another process starts, and the family looks or asks again as people do.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from typing import Any

import pytest

from nomis_client.fake.faults import Fault
from tests.support.model_world import Story, Variant, World

_NAMES = {f"{when} {what}" for when in ("before", "after") for what in ("commit", "read", "write", "mail")}
_AT_LEISURE = "EVERY_POINT" in os.environ
"""`make model` dies at every point of every story; each test run at all of a booking, and some of the rest."""
_EVERY = {"booked and cancelled": 1, "answer lost": 3, "withdrawn in doubt": 8, "handed over": 16}
_OVER = {"rest": 1, "soap": 5}
"""Over SOAP the same points lie in the same code, but for the transport's."""


async def _booked_and_cancelled(world: World) -> None:
    item = await _ask_and_ask_again(world)
    await _leave(world, item)
    await asyncio.sleep(60.0)


async def _answer_lost(world: World) -> None:
    world.engine.arm(Fault(kind="drop", operation="book", when="after", count=1))
    await _ask_and_ask_again(world)


async def _withdrawn_in_doubt(world: World) -> None:
    world.engine.arm(Fault(kind="drop", operation="book", when="after", count=1))
    world.engine.arm(Fault(kind="find_in_transit", lasts=20.0))
    item = await _ask_and_ask_again(world)
    await _leave(world, item)
    await asyncio.sleep(60.0)


async def _handed_over(world: World) -> None:
    world.engine.arm(Fault(kind="outage", lasts=150.0))
    await _ask_and_ask_again(world)
    await asyncio.sleep(200.0)


async def _ask_and_ask_again(world: World) -> Any:
    """Until there is an answer: a family whose browser says that it failed tries again."""
    item = world.ask()
    async with asyncio.timeout(300):
        while True:
            await asyncio.sleep(5.0)
            if item.told:
                return item
            world.callers.repeat(item)


async def _leave(world: World, item: Any) -> None:
    """Until it is told that it has left, just so."""
    async with asyncio.timeout(300):
        while item.told[-1].view.processing_state not in ("withdrawn", "cancelled"):
            world.callers.depart(item)
            await asyncio.sleep(5.0)


# Whoever leaves before the answer was found withdraws a request, afterwards cancels a visit.
STORIES: dict[str, tuple[Story, set[str]]] = {
    "booked and cancelled": (_booked_and_cancelled, {"cancelled", "withdrawn"}),
    "answer lost": (_answer_lost, {"booked"}),
    "withdrawn in doubt": (_withdrawn_in_doubt, {"withdrawn", "cancelled"}),
    "handed over": (_handed_over, {"with_staff"}),
}


@pytest.mark.parametrize("transport", ["rest", "soap"])
@pytest.mark.parametrize("name", STORIES)
def test_killed_at_every_point(name: str, transport: str, run: Any) -> None:
    story, ends = STORIES[name]
    variant = Variant(transport=transport)
    untroubled = run(_counted(story, None), variant)
    assert untroubled.faults == []
    passed: list[str] = []
    points = untroubled.world.points[: untroubled.world.points_in_story]
    every = 1 if _AT_LEISURE else _EVERY[name] * _OVER[transport]
    for point in range(1, len(points) + 1, every):
        ran = run(_counted(story, point), variant, seed=point)
        at = f"{name}, killed at point {point}, {ran.world.points[point - 1]}"
        assert ran.faults == [], at
        assert {visit["step"] for visit in ran.visits} <= ends, at
        passed.append(ran.world.points[point - 1])
    assert every > 1 or set(passed) == _NAMES, Counter(passed)


def _counted(story: Story, point: int | None) -> Story:
    async def told(world: World) -> None:
        world.dies_in = -1 if point is None else point
        await story(world)

    return told
