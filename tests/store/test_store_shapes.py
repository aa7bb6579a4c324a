"""Statements that are put together once: the same as SQLAlchemy's own, whatever the values."""

from __future__ import annotations

import pytest
from sqlalchemy import String, insert, select
from sqlalchemy.dialects import sqlite

from adapter.clock import SystemClock
from adapter.config.store import StoreSettings
from adapter.store.engine import open_store
from adapter.store.errors import Conflict, StoreFault
from adapter.store.shapes import NOW, Later, More, Row, Shape, change, insertion, parameter, returned
from adapter.store.tables import outbox, service_facts
from adapter.store.unit_of_work import Store

ONE_FACT = Shape(
    select(*returned(service_facts)).where(
        service_facts.c.name == parameter("name", String()),
        service_facts.c.value.in_(("1", "2")),
    ),
    returned(service_facts),
)
A_MESSAGE: dict[str, object] = {
    "kind": "feedback",
    "sequence": 1,
    "audience": "feedback",
    "channel": "smtp",
    "recipient": "someone@example.com",
    "message_id": "<1@example.org>",
    "payload": b"\x00bytes",
    "state": "queued",
}


async def added(store: Store, **values: object) -> Row:
    async with store.write() as tx:
        (row,) = await tx.run(*insertion(outbox, {**A_MESSAGE, "not_before": NOW, "created_at": NOW, **values}))
        await tx.commit()
    return row


async def test_a_new_row_comes_back_whole_as_it_is_stored(store: Store) -> None:
    row = await added(store, not_before=Later(5_000_000))
    async with store.read() as tx:
        stored = (await tx.execute(select(outbox))).mappings().one()
    assert {name: row[name] for name in stored} == dict(stored)
    assert {name: type(value) for name, value in row.items()} == {
        **{name: type(value) for name, value in stored.items()},
        "now": int,
    }
    assert row["payload"] == b"\x00bytes"
    assert row["asked"] is False  # the table's default, of the right type on both databases
    assert row["visit_id"] is None
    assert 4_000_000 < row["not_before"] - row["created_at"] <= 5_000_000


async def test_the_database_computes_what_it_is_to_compute(database: str) -> None:
    store = open_store(StoreSettings(url=database), SystemClock(), db_now=lambda: 1_000)
    row = await added(store)
    values = {"tries": More(2), "lease_until": Later(500), "asked": True, "lease_holder": None, "sent_at": NOW}
    async with store.write() as tx:
        (changed,) = await tx.run(*change(outbox, {"id": row["id"], "state": "queued"}, values))
        assert (changed["tries"], changed["lease_until"], changed["asked"]) == (2, 1_500, True)
        assert (changed["sent_at"], changed["now"]) == (1_000, 1_000)
        (again,) = await tx.run(*change(outbox, {"id": row["id"]}, values))
        assert again["tries"] == 4
        await tx.commit()
    await store.close()


async def test_only_what_is_wanted_comes_back_and_what_the_database_computed(store: Store) -> None:
    row = await added(store)
    values = {"sent_at": NOW, "tries": More(2), "asked": True, "last_error": "late"}
    async with store.write() as tx:
        (given,) = await tx.run(*change(outbox, {"id": row["id"]}, values, ("asked", "now")))
        assert list(given) == ["asked", "now", "sent_at", "tries"]
        assert (given["asked"], given["tries"], given["sent_at"] <= given["now"]) == (True, 2, True)
        assert await tx.run(*change(outbox, {"id": row["id"]}, {"asked": False}, ())) == []
        values = {**A_MESSAGE, "message_id": "<2@example.org>", "not_before": 1, "created_at": 1}
        assert await tx.run(*insertion(outbox, values, ())) == []
        stored = (await tx.execute(select(outbox).order_by(outbox.c.id))).mappings().all()
    assert [(row["asked"], row["last_error"], row["tries"]) for row in stored] == [(False, "late", 2), (False, None, 0)]


def test_a_value_that_is_missing_is_not_taken_for_null() -> None:
    for shape in (ONE_FACT, change(outbox, {"id": 1}, {"tries": 9})[0]):
        with pytest.raises(KeyError):
            shape.on(sqlite.dialect()).arguments({})


async def test_a_guard_that_doesnt_hold_changes_no_row(store: Store) -> None:
    row = await added(store)
    async with store.write() as tx:
        assert await tx.run(*change(outbox, {"id": row["id"], "state": "sent"}, {"tries": 9})) == []


async def test_what_is_written_by_hand_gets_its_values_when_it_runs(store: Store) -> None:
    async with store.write() as tx:
        await tx.execute(insert(service_facts), [{"name": "a", "value": "1"}, {"name": "b", "value": "3"}])
        assert [row["value"] for row in await tx.run(ONE_FACT, {"name": "a"})] == ["1"]
        assert await tx.run(ONE_FACT, {"name": "b"}) == []


async def test_a_conflict_is_named_and_a_fault_tells_no_value(store: Store) -> None:
    await added(store)
    with pytest.raises(Conflict) as conflict:
        await added(store)
    assert conflict.value.constraint == "uq_outbox_message_id"
    with pytest.raises(StoreFault) as fault:
        await added(store, message_id="<2@example.org>", recipient=None, payload=b"Oleander")
    assert "Oleander" not in str(fault.value)


@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
async def test_reading_by_shape_is_fine_and_changing_while_reading_is_a_bug(store: Store, long: bool) -> None:
    async with store.read(long=long) as tx:
        assert await tx.run(ONE_FACT, {"name": "a"}) == []
        with pytest.raises(AssertionError):
            await tx.run(*change(outbox, {"id": 1}, {"tries": 9}))


def test_the_same_columns_make_the_same_shape() -> None:
    one, _ = change(outbox, {"id": 1}, {"tries": 9, "lease_until": Later(1)})
    other, _ = change(outbox, {"id": 2}, {"tries": 7, "lease_until": Later(2)})
    different, _ = change(outbox, {"id": 2}, {"tries": 7, "lease_until": 2})
    assert one is other
    assert one is not different


async def test_both_kinds_of_statement_share_a_transaction(store: Store) -> None:
    async with store.write() as tx:
        await tx.execute(insert(service_facts), {"name": "a", "value": "1"})
        (row,) = await tx.run(ONE_FACT, {"name": "a"})
        assert row["now"] <= await tx.now_micros()
    async with store.read() as tx:
        assert await tx.run(ONE_FACT, {"name": "a"}) == []
