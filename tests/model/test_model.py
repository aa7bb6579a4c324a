"""The saga against random faults on a virtual clock: the promise of docs/reliability.md, whatever happens.

A *step* is one thing that somebody does: a family asks, repeats, asks again, looks or leaves; staff answer; a process
is killed now or at one of its next crash points; a COMMIT's answer is lost; mail or the prison system fails, is
switched off or healed; something is done in the prison system by hand; or, one step in five, time passes. What any of
it sets going (requests, commits, mails, polls of the worker) counts nothing.

`make model SEEDS=100 STEPS=300 FROM=1000` runs more of it.
"""

from __future__ import annotations

import os
import sys
from dataclasses import fields, replace
from typing import Any

import pytest

from adapter.booking.desk import Breaks
from tests.support.model_actions import random_steps
from tests.support.model_world import Variant, World

STEPS = int(os.environ.get("STEPS") or 280)
FIRST = int(os.environ.get("FROM") or 0)
SEEDS = range(FIRST, FIRST + int(os.environ.get("SEEDS") or 24))

VARIANTS = {
    "by reference": Variant(),
    "no reference": Variant(find_by_ref="false"),
    "no waiting": Variant(handover_after="0"),
}
_LEAST = 20_000
"""Steps in a run of the tests."""
_MOST_SEEDS = 40
"""A break that this many runs of each kind don't notice isn't noticed."""


async def _steps(world: World) -> None:
    await random_steps(world, STEPS)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_promise_holds(seed: int, variant: str, run: Any, record_property: Any) -> None:
    ran = run(_steps, VARIANTS[variant], seed)
    assert not ran.faults, (ran.faults, ran.world.log[-200:])
    assert ran.world.steps == STEPS
    record_property("model steps", ran.world.steps)


def test_enough_steps_are_taken() -> None:
    """Each run above takes its steps or fails, so this is how many a run of the tests takes, unless told otherwise."""
    told_otherwise = os.environ.get("SEEDS") or os.environ.get("STEPS")
    assert told_otherwise or len(VARIANTS) * len(SEEDS) * STEPS >= _LEAST


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("broken", [item.name for item in fields(Breaks)])
def test_a_broken_promise_is_noticed(broken: str, run: Any) -> None:
    """Random steps alone turn red with each deliberate break; says after how many."""
    taken = 0
    for seed in range(FIRST, FIRST + _MOST_SEEDS):
        for name, variant in VARIANTS.items():
            breaking = replace(variant, breaks=replace(Breaks(), **{broken: True}))
            ran = run(_steps, breaking, seed)
            taken += ran.world.steps
            if ran.faults:
                sys.stderr.write(f"\n{broken}: seed {seed}, {name}, {taken} steps in all: {ran.faults[0]}\n")
                return
    pytest.fail(f"{broken} was not noticed in {taken} steps")
