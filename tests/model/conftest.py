"""Runs stories and random steps in a model, and prints how many steps a run of the tests took."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.support.databases import SqliteDatabases
from tests.support.model_run import Ran, play
from tests.support.model_world import Story, Variant, World

STEPS = "model steps"
_MEMORY = Path("/dev/shm")


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

    def once(story: Story, variant: Variant | None = None, seed: int = 0) -> Ran:
        return play(story, variant or Variant(), sqlite_databases, folder, seed)

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
