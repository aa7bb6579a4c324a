"""Keys of equal requests: whoever is first has all of them, and those that don't count any more are free."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select, update

from adapter.store.idempotency import Earlier, Sameness, claim, find
from adapter.store.tables import idempotency, visits
from adapter.store.unit_of_work import Store
from tests.support.stored_visits import added

KEY, RID, SAME = (
    Sameness(kind * 16, kind, "hash of " + kind, seconds)
    for kind, seconds in (("key", 86_400.0), ("rid", 86_400.0), ("same", 600.0))
)
ALL = (KEY, RID, SAME)
FIRST, SECOND = "visit-1", "visit-2"


@pytest.fixture(autouse=True)
async def two_visits(store: Store) -> None:
    await added(store, id=FIRST, human_id="HUMAN1")
    await added(store, id=SECOND, human_id="HUMAN2")


async def claimed(store: Store, visit_id: str, *keys: Sameness) -> bool:
    async with store.write() as tx:
        if done := await claim(tx, visit_id, keys):
            await tx.commit()
    return done


async def found(store: Store, *keys: Sameness) -> Earlier | None:
    async with store.read() as tx:
        return await find(tx, keys)


async def aged(store: Store, *keys: Sameness) -> None:
    async with store.write() as tx:
        expired = tx.now - 1
        for key in keys:
            await tx.execute(update(idempotency).where(idempotency.c.key == key.key).values(expires_at=expired))
        await tx.commit()


async def owners(store: Store) -> dict[str, tuple[str, str]]:
    async with store.read() as tx:
        found = (await tx.execute(select(idempotency))).mappings().all()
    return {row["kind"]: (row["visit_id"], row["body_hash"]) for row in found}


async def test_the_first_has_them_all_and_is_found_by_each(store: Store) -> None:
    assert await claimed(store, FIRST, *ALL)
    for key in ALL:
        assert await found(store, key) == Earlier(FIRST, key.kind, key.body_hash)
    assert await found(store, *ALL) == Earlier(FIRST, "key", KEY.body_hash)
    assert await claimed(store, FIRST)


@pytest.mark.parametrize("taken", ALL, ids=lambda key: key.kind)
async def test_one_that_counts_refuses_all(store: Store, taken: Sameness) -> None:
    assert await claimed(store, FIRST, taken)
    assert not await claimed(store, SECOND, *ALL)
    assert await owners(store) == {taken.kind: (FIRST, taken.body_hash)}


@pytest.mark.parametrize("expired", ALL, ids=lambda key: key.kind)
async def test_what_has_expired_is_free_and_the_rest_is_not(store: Store, expired: Sameness) -> None:
    assert await claimed(store, FIRST, *ALL)
    await aged(store, expired)
    assert not await claimed(store, SECOND, *ALL)
    other = Sameness(expired.key, expired.kind, "another", 60.0)
    assert await claimed(store, SECOND, other)
    assert (await owners(store))[expired.kind] == (SECOND, "another")
    assert await found(store, other) == Earlier(SECOND, expired.kind, "another")
    assert not await claimed(store, FIRST, expired)


@pytest.mark.parametrize("step", ["rejected", "withdrawn", "cancelled", "booked", "received"])
async def test_only_the_same_again_is_free_once_its_visit_has_ended(store: Store, step: str) -> None:
    assert await claimed(store, FIRST, *ALL)
    async with store.write() as tx:
        await tx.execute(update(visits).where(visits.c.id == FIRST).values(step=step))
        await tx.commit()
    ended = step not in ("booked", "received")
    assert await claimed(store, SECOND, SAME) is ended
    assert not await claimed(store, SECOND, KEY)
    assert not await claimed(store, SECOND, RID)


async def test_that_another_visit_has_ended_frees_nothing(store: Store) -> None:
    assert await claimed(store, FIRST, SAME)
    assert await claimed(store, SECOND, RID)
    async with store.write() as tx:
        await tx.execute(update(visits).where(visits.c.id == SECOND).values(step="rejected"))
        await tx.commit()
    assert not await claimed(store, SECOND, SAME)


async def test_of_many_at_once_one_is_first(store: Store) -> None:
    """In whichever order they name their keys, none waits for another that waits for it."""
    orders = [(KEY, RID, SAME), (SAME, RID, KEY), (RID, SAME, KEY)] * 4
    answers = await asyncio.gather(*(claimed(store, (FIRST, SECOND)[n % 2], *keys) for n, keys in enumerate(orders)))
    assert sum(answers) == 1
    assert len({visit_id for visit_id, _ in (await owners(store)).values()}) == 1
