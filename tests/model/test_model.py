"""The saga against random faults on a virtual clock: the promise of docs/reliability.md, whatever happens.

`make model SEEDS=100 STEPS=300 FROM=1000` runs more of it.
"""

from __future__ import annotations

import os
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from adapter.booking.desk import Breaks
from tests.support.databases import SqliteDatabases
from tests.support.model_books import faults_of
from tests.support.model_world import Variant, World, run_model
from tests.support.virtual_time import run_virtually

STEPS = int(os.environ.get("STEPS", "100"))
FIRST = int(os.environ.get("FROM", "0"))
SEEDS = range(FIRST, FIRST + int(os.environ.get("SEEDS", "4")))

VARIANTS = {
    "by reference": Variant(),
    "no reference": Variant(find_by_ref="false"),
    "no waiting": Variant(handover_after="0"),
}
_MOST_SEEDS = 40
"""A break that this many runs don't notice isn't noticed."""


def _run(seed: int, variant: Variant, databases: SqliteDatabases, folder: Path) -> tuple[World, list[str]]:
    template = Path(databases.fresh(folder).removeprefix("sqlite+aiosqlite:///"))
    world: World = run_virtually(run_model(seed, STEPS, folder, template, variant))
    return world, faults_of(world, folder / f"model-{seed}.db")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_promise_holds(seed: int, variant: str, sqlite_databases: SqliteDatabases, tmp_path: Path) -> None:
    world, faults = _run(seed, VARIANTS[variant], sqlite_databases, tmp_path)
    assert not faults, (faults, world.log[-200:])


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("broken", [item.name for item in fields(Breaks)])
def test_a_broken_promise_is_noticed(broken: str, sqlite_databases: SqliteDatabases, tmp_path: Path) -> None:
    """Each deliberate break turns the model red; says after how many steps."""
    for number in range(_MOST_SEEDS):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, variant in VARIANTS.items():
            seed = FIRST + number
            breaking = replace(variant, breaks=replace(Breaks(), **{broken: True}))
            _, faults = _run(seed, breaking, sqlite_databases, folder)
            if faults:
                at = f"seed {seed}, {name}, within {(number + 1) * STEPS} steps of this kind: {faults[0]}"
                sys.stderr.write(f"\n{broken}: noticed with {at}\n")
                return
    pytest.fail(f"{broken} was not noticed in {_MOST_SEEDS} seeds")
