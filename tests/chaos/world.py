"""The prison world of a run: families, slots with plenty of room, and slots that are scarce."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.chaos.plan import Plan
from tests.support.plant import FakeControl, open_slots

PRISONS = ("LEI", "CFI", "LCI")
_ROOM = 10
"""Groups in a room of Leeds or Cardiff as it is."""
_ROOMY = 5000
"""Groups in the room that is added to the slots that are not scarce."""


@dataclass(frozen=True, slots=True)
class Family:
    """A prisoner as the fake was seeded with, and the slots that his family may ask for."""

    prisoner: dict[str, Any]
    slots: list[str]


@dataclass(frozen=True, slots=True)
class World:
    families: tuple[Family, ...]
    roomy: frozenset[tuple[str, str]]
    """(prison, slot) where members of staff also book by hand."""
    rooms: Mapping[tuple[str, str], int]
    """(prison, slot) where only we book, and how many groups there is room for."""


async def a_world(control: FakeControl, plan: Plan, rng: random.Random) -> World:
    """Half of the slots of Leeds and Cardiff have room for all; in the others fewer find room than come."""
    families, scarce = max(4, plan.requests // 8), max(1, min(_ROOM, plan.requests // 75))
    made: list[Family] = []
    roomy: set[tuple[str, str]] = set()
    rooms: dict[tuple[str, str], int] = {}
    for prison in PRISONS:
        slots = open_slots(prison)
        if prison != "LCI":  # where one slot has several spellings and rooms as it is
            for slot in slots[::2]:
                size = {"capacity": _ROOMY, "max_groups": _ROOMY, "max_adults": _ROOMY}
                await control.hand("add_slot", prison=prison, slot=slot, **size)
                roomy.add((prison, slot))
            for slot in slots[1::2]:
                await control.hand("fill", prison=prison, slot=slot, groups=scarce)
                rooms[prison, slot] = scarce
        people = await control.prisoners(prison, families)
        made += [Family(one, sorted(rng.sample(slots, k=min(len(slots), 8)))) for one in people]
    rng.shuffle(made)
    return World(tuple(made), frozenset(roomy), rooms)
