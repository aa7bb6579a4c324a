"""What everyone who writes a query relies on, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from sqlalchemy import bindparam, delete, insert, select, text, update

from adapter.store.errors import Conflict, Gone, StoreFault, StoreUnavailable
from adapter.store.tables import service_facts
from adapter.store.unit_of_work import Store, Tx

FACT = insert(service_facts)
A_SECRET = "Oleander Quincunx"


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


async def test_nothing_can_be_added_after_commit(store: Store) -> None:
    async with store.write() as tx:
        await tx.commit()
        with pytest.raises(AssertionError):
            await tx.execute(FACT, {"name": "a", "value": "1"})


async def test_uncommitted_rows_are_seen_by_nobody_else(store: Store) -> None:
    async with store.write() as tx:
        await tx.execute(FACT, {"name": "a", "value": "1"})
        assert await remembered(store) == {}
        await tx.commit()


async def test_rows_changed_are_counted(store: Store) -> None:
    async with store.write() as tx:
        await tx.execute(FACT, [{"name": name, "value": "1"} for name in "abc"])
        changed = await tx.execute(update(service_facts).values(value="2").where(service_facts.c.name != "c"))
        assert changed.rowcount == 2
        none = await tx.execute(delete(service_facts).where(service_facts.c.name == "z"))
        assert none.rowcount == 0


async def test_returning_gives_rows_and_need_not_be_read_to_the_end(store: Store) -> None:
    async with store.write() as tx:
        await tx.execute(FACT, [{"name": name, "value": "1"} for name in "abc"])
        changed = await tx.execute(update(service_facts).values(value="2").returning(service_facts.c.name))
        assert changed.first() is not None
        await tx.commit()
    assert set((await remembered(store)).values()) == {"2"}


@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
async def test_reading_changes_nothing(store: Store, long: bool) -> None:
    async with store.write() as tx:
        await tx.execute(FACT, {"name": "a", "value": "1"})
        await tx.commit()
    async with store.read(long=long) as tx:
        rows = (await tx.execute(select(service_facts).where(service_facts.c.name == bindparam("n")), {"n": "a"})).all()
    assert [tuple(row) for row in rows] == [("a", "1")]


@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
async def test_a_change_while_reading_is_a_bug(store: Store, long: bool) -> None:
    with pytest.raises(AssertionError):
        async with store.read(long=long) as tx:
            await tx.execute(FACT, {"name": "a", "value": "1"})
    assert await remembered(store) == {}


async def test_a_long_read_sees_one_moment(store: Store) -> None:
    async with store.read(long=True) as reading:
        assert (await reading.execute(select(service_facts))).all() == []
        async with store.write() as tx:
            await tx.execute(FACT, {"name": "a", "value": "1"})
            await tx.commit()
        assert (await reading.execute(select(service_facts))).all() == []
    assert await remembered(store) == {"a": "1"}


async def test_a_unique_violation_names_its_constraint_and_ends_the_transaction(store: Store) -> None:
    async with store.write() as tx:
        await tx.execute(FACT, {"name": "a", "value": "1"})
        with pytest.raises(Conflict) as conflict:
            await tx.execute(FACT, {"name": "a", "value": "2"})
        assert conflict.value.constraint == "pk_service_facts"
        with pytest.raises(AssertionError):
            await tx.commit()
    assert await remembered(store) == {}


async def not_null(tx: Tx) -> None:
    await tx.execute(FACT, {"name": A_SECRET, "value": None})


async def foreign_key(tx: Tx) -> None:
    await tx.execute(text("INSERT INTO idempotency VALUES (:s, 'key', :s, :s, 1)"), {"s": A_SECRET})
    await tx.commit()


async def no_such_table(tx: Tx) -> None:
    await tx.execute(text("SELECT :s FROM nowhere"), {"s": A_SECRET})


async def no_such_parameter(tx: Tx) -> None:
    await tx.execute(text("SELECT :s, :t"), {"s": A_SECRET})


@pytest.mark.parametrize("mistake", [not_null, no_such_table, no_such_parameter], ids=lambda f: f.__name__)
async def test_a_mistake_of_ours_is_a_fault_that_tells_no_value(
    store: Store, mistake: Callable[[Tx], Coroutine[Any, Any, None]]
) -> None:
    with pytest.raises(StoreFault) as fault:
        async with store.write() as tx:
            await mistake(tx)
    assert A_SECRET not in str(fault.value)
    assert fault.value.__cause__ is None
    assert fault.value.__suppress_context__


async def test_what_belongs_to_a_row_that_is_gone_is_refused_as_such(store: Store) -> None:
    with pytest.raises(Gone) as gone:
        async with store.write() as tx:
            await foreign_key(tx)
    assert A_SECRET not in str(gone.value)


async def test_a_value_that_the_driver_cant_send_is_a_fault(store: Store) -> None:
    with pytest.raises(StoreFault) as fault:
        async with store.write() as tx:
            await tx.execute(FACT, {"name": [A_SECRET], "value": "1"})
    assert A_SECRET not in str(fault.value)


async def test_nothing_is_asked_after_the_deadline(store: Store) -> None:
    over = asyncio.get_running_loop().time()
    with pytest.raises(StoreUnavailable):
        async with store.write(over) as tx:
            await tx.execute(select(service_facts))
    async with store.write() as tx:
        await tx.commit()


async def test_many_writers_at_once_all_get_their_turn(store: Store) -> None:
    async def write(number: int) -> None:
        async with store.write() as tx:
            await tx.execute(FACT, {"name": f"fact {number}", "value": "1"})
            await tx.commit()

    async with asyncio.TaskGroup() as group:
        for number in range(40):
            group.create_task(write(number))
    assert len(await remembered(store)) == 40


async def test_one_who_is_cancelled_blocks_nobody(store: Store) -> None:
    entered = asyncio.Event()

    async def hang() -> None:
        async with store.write() as tx:
            await tx.execute(FACT, {"name": "a", "value": "1"})
            entered.set()
            await asyncio.Event().wait()

    hanging = asyncio.create_task(hang())
    await entered.wait()
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    async with store.write() as tx:
        await tx.execute(FACT, {"name": "a", "value": "2"})
        await tx.commit()
    assert await remembered(store) == {"a": "2"}


async def test_cancelling_anywhere_leaves_the_store_usable(store: Store) -> None:
    """Cancelled after any number of turns of the event loop: all is stored or nothing, and the next one can write."""

    async def write() -> None:
        async with store.write() as tx:
            await tx.execute(FACT, {"name": "a", "value": "1"})
            await tx.execute(FACT, {"name": "b", "value": "1"})
            await tx.commit()

    for turns in range(40):
        task = asyncio.create_task(write())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with store.write() as tx:
            rows = await tx.execute(select(service_facts.c.name))
            assert set(rows.scalars()) in (set(), {"a", "b"})
            await tx.execute(delete(service_facts))
            await tx.commit()
