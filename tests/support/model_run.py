"""Runs a story in a model on a virtual clock, and compares the books when everything has come to rest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.databases import SqliteDatabases
from tests.support.model_books import faults_of
from tests.support.model_world import Story, Variant, World, make_world, run_story
from tests.support.virtual_time import run_virtually


@dataclass(frozen=True, slots=True)
class Ran:
    """A run that is over: the world, its visits as stored in order of arrival, and every broken invariant in words."""

    world: World
    visits: list[dict[str, Any]]
    faults: list[str]


def play(story: Story, variant: Variant, databases: SqliteDatabases, folder: Path, seed: int = 0) -> Ran:
    """The whole story and what follows from it. Its database is made in `folder`."""
    template = Path(databases.fresh(folder).removeprefix("sqlite+aiosqlite:///"))

    async def main() -> World:
        return await run_story(make_world(seed, folder, template, variant), story)

    world = run_virtually(main())
    ran = Ran(world, sorted(world.rows.table("visits"), key=lambda visit: visit["arrived_at"]), faults_of(world))
    world.rows.close()
    return ran
