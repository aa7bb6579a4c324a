"""Runs stories and random steps in a model, and prints how many steps a run of the tests took."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.support.databases import SqliteDatabases
from tests.support.model_books import faults_of
from tests.support.model_world import Story, Variant, World, make_world, run_story
from tests.support.virtual_time import run_virtually

STEPS = "model steps"
_MEMORY = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Ran:
    """A run that is over: the world, the visits as stored, and every broken invariant in words."""

    world: World
    visits: list[dict[str, Any]]
    attempts: list[dict[str, Any]]
    faults: list[str]


Run: TypeAlias = Callable[..., Ran]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where that can be had: what a disk is worth is not asked here, and commits are many."""
    if not _MEMORY.is_dir():
        yield tmp_path
        return
    made = Path(tempfile.mkdtemp(prefix="visits-model-", dir=_MEMORY))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def run(sqlite_databases: SqliteDatabases, folder: Path) -> Run:
    """Runs a story to its end and compares the books."""
    template = Path(sqlite_databases.fresh(folder).removeprefix("sqlite+aiosqlite:///"))

    def once(story: Story, variant: Variant | None = None, seed: int = 0) -> Ran:
        async def main() -> World:
            return await run_story(make_world(seed, folder, template, variant or Variant()), story)

        world = run_virtually(main())
        ran = Ran(world, world.rows.table("visits"), world.rows.table("attempts"), faults_of(world))
        world.rows.close()
        return ran

    return once


@pytest.fixture
def tell(run: Run) -> Callable[..., tuple[World, list[dict[str, Any]]]]:
    """Runs a story in which the promise must hold; the world and the visits as stored."""

    def told(story: Story, variant: Variant | None = None) -> tuple[World, list[dict[str, Any]]]:
        ran = run(story, variant)
        assert ran.faults == []
        return ran.world, ran.visits

    return told


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says how many steps the model took in this run, over all its processes."""
    passed = terminalreporter.stats.get("passed", [])
    steps = sum(value for report in passed for name, value in report.user_properties if name == STEPS)
    if steps:
        terminalreporter.write_line(f"model: {steps} steps")
