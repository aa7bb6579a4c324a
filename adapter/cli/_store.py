"""For commands that ask the database something and end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from adapter.config import Settings
from adapter.store.unit_of_work import Store

T = TypeVar("T")


def with_store(settings: Settings, work: Callable[[Store], Awaitable[T]]) -> T:
    """Opens the store, does `work`, and closes it. What is wrong with the store ends the command with one sentence."""
    from adapter.cli._run import run
    from adapter.clock import SystemClock
    from adapter.store.engine import open_store
    from adapter.store.schema import require_schema

    result: list[T] = []

    async def main() -> None:
        store = open_store(settings.store, SystemClock())
        try:
            await require_schema(store)
            result.append(await work(store))
        finally:
            await store.close()

    run(main())
    return result[0]
