"""What everyone who writes a query relies on, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from adapter.store.tables import service_facts
from adapter.store.unit_of_work import Store

FACT = insert(service_facts)


async def remembered(store: Store) -> dict[str, str]:
    async with store.read() as tx:
        return {row.name: row.value for row in await tx.execute(select(service_facts))}


async def test_leaving_rolls_back(store: Store) -> None:
    async with store.write() as tx:
        await tx.execute(FACT, {"name": "a", "value": "1"})
    assert await remembered(store) == {}


async def test_an_error_inside_rolls_back(store: Store) -> None:
    with pytest.raises(KeyError):
        async with store.write() as tx:
            await tx.execute(FACT, {"name": "a", "value": "1"})
            raise KeyError
    assert await remembered(store) == {}


async def test_commit_is_a_word_you_say(store: Store) -> None:
    async with store.write() as tx:
        await tx.execute(FACT, {"name": "a", "value": "1"})
        await tx.commit()
    assert await remembered(store) == {"a": "1"}
