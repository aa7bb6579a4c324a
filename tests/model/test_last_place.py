"""A booking that is on its way out takes its place until it is out."""

from __future__ import annotations

import asyncio
from typing import Any

from nomis_client.fake.actions import Fill
from nomis_client.fake.faults import Fault
from nomis_client.fake.hand import by_hand
from tests.support.model_world import World


def test_the_last_place_of_a_visit_being_cancelled_is_still_taken(tell: Any) -> None:
    """The prison system's word on the room is a moment old, and the cancellation isn't carried out yet."""

    async def story(world: World) -> None:
        slot = world.slots()[0]
        one_left = Fill(action="fill", prison="LEI", slot=str(slot), groups=1)
        by_hand(world.engine.state.world, one_left, world.engine.time.now())
        await asyncio.sleep(60.0)
        world.engine.arm(Fault(kind="stale", operation="slots", seconds=25.0))
        world.engine.arm(Fault(kind="answer", status=500, body="", operation="cancel", lasts=120.0))
        first, second = world.people.visited()[:2]
        asked = world.ask(first, [slot])
        await asyncio.sleep(3.0)
        world.callers.depart(asked)
        await asyncio.sleep(3.0)
        world.ask(second, [slot])
        await asyncio.sleep(200.0)

    tell(story)
