"""The saga against random faults on a virtual clock: the promise of docs/reliability.md, whatever happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.databases import SqliteDatabases
from tests.support.model_books import faults_of
from tests.support.model_world import Variant, World, run_model
from tests.support.virtual_time import run_virtually

STEPS = 120

VARIANTS = {
    "by reference": Variant(),
    "no reference": Variant(find_by_ref="false"),
    "no waiting": Variant(handover_after="0"),
}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_promise_holds(seed: int, variant: str, sqlite_databases: SqliteDatabases, tmp_path: Path) -> None:
    template = Path(sqlite_databases.fresh(tmp_path).removeprefix("sqlite+aiosqlite:///"))
    world: World = run_virtually(run_model(seed, STEPS, tmp_path, template, VARIANTS[variant]))
    faults = faults_of(world, tmp_path / f"model-{seed}.db")
    assert not faults, (faults, world.log[-200:])
