"""A booked visit that is changed in the prison system behind our back is told to staff, once, within one period."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from nomis_client.fake.actions import CancelByHand, Release, Retime, Transfer
from nomis_client.fake.entities import Visit
from nomis_client.fake.hand import by_hand
from tests.support.model_world import Variant, World

_LOOKED = 5.0
"""Seconds between two looks at what staff have got."""


def _cancelled(world: World, visit: Visit) -> None:
    by_hand(world.engine.state.world, CancelByHand(action="cancel", visit_id=visit.id), world.engine.time.now())


def _moved(world: World, visit: Visit) -> None:
    later = Retime(
        action="retime", prison="LEI", slot=visit.slot, to=visit.slot.replace("T14:00/16:00", "T15:00/17:00")
    )
    by_hand(world.engine.state.world, later, world.engine.time.now())


def _missing(world: World, visit: Visit) -> None:
    fake = world.engine.state.world
    fake.commit(world.engine.time.now(), (fake.visits, visit.id, None))


def _prisoner_moved(world: World, visit: Visit) -> None:
    away = Transfer(action="transfer", noms_id=visit.noms_id, prison="CFI")
    by_hand(world.engine.state.world, away, world.engine.time.now())


def _prisoner_released(world: World, visit: Visit) -> None:
    by_hand(world.engine.state.world, Release(action="release", noms_id=visit.noms_id), world.engine.time.now())


@pytest.mark.parametrize("find_by_ref", ["true", "false"])
@pytest.mark.parametrize(
    ("change", "drift"),
    [
        (_cancelled, "cancelled"),
        (_moved, "moved"),
        (_missing, "missing"),
        (_prisoner_moved, "prisoner_moved"),
        (_prisoner_released, "prisoner_released"),
    ],
)
def test_staff_are_told_once_within_a_period(
    run: Any, change: Callable[[World, Visit], None], drift: str, find_by_ref: str
) -> None:
    told_after: list[float] = []

    async def story(world: World) -> None:
        period = world.around.settings.worker.reconcile_period
        world.ask()
        await asyncio.sleep(60.0)
        (held,) = [visit for visit in world.engine.state.world.visits.values() if visit.reference]
        change(world, held)
        began = world.clock.monotonic()
        async with asyncio.timeout(period + _LOOKED):
            while not world.mail.of(world.rows.ids("booked")[0], "mailbox"):
                await asyncio.sleep(_LOOKED)
        told_after.append(world.clock.monotonic() - began)
        await asyncio.sleep(3 * period)

    ran = run(story, Variant(find_by_ref=find_by_ref))
    (visit,) = ran.visits
    assert ran.world.mail.of(visit["id"], "mailbox") == ["staff_drift"]
    # Without find-by-reference a cancelled visit is only seen to be gone.
    assert visit["drift"] in (drift, "missing") if find_by_ref == "false" else visit["drift"] == drift
    assert told_after
    assert visit["step"] == "booked"
