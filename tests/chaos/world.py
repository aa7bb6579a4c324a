"""The prison world of a run: families, slots with plenty of room, and slots that are scarce."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from tests.support.plant import FakeControl, open_slots

PRISONS = ("LEI", "CFI", "LCI")
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


async def a_world(control: FakeControl, families: int, rng: random.Random) -> World:
    """So many families at each prison. Half of the slots of Leeds and Cardiff have room for all."""
    made: list[Family] = []
    roomy: set[tuple[str, str]] = set()
    for prison in PRISONS:
        slots = open_slots(prison)
        if prison != "LCI":  # where one slot has several spellings and rooms as it is
            for slot in slots[::2]:
                size = {"capacity": _ROOMY, "max_groups": _ROOMY, "max_adults": _ROOMY}
                await control.hand("add_slot", prison=prison, slot=slot, **size)
                roomy.add((prison, slot))
        people = await control.prisoners(prison, families)
        made += [Family(one, sorted(rng.sample(slots, k=min(len(slots), 8)))) for one in people]
    rng.shuffle(made)
    return World(tuple(made), frozenset(roomy))
