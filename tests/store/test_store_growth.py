"""What the worker and every booking look for is found by indexes of what is open or their own, never of the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from adapter.clock import SystemClock
from adapter.config.store import StoreSettings
from adapter.store import rivals
from adapter.store.backlog import count_backlog
from adapter.store.claims import claim_unchecked
from adapter.store.due import look_is_due, message_is_due, visit_is_due
from adapter.store.engine import open_store
from adapter.store.figures import something_uncounted
from adapter.store.tables import metadata, visits
from adapter.store.unit_of_work import Store
from adapter.store.visits import load
from tests.support.old_visits import an_old_visit

GROWING = ("visits", "attempts", "visit_events", "outbox")
BACKLOG = (
    "ix_visits_due",
    "ix_visits_checked_at",
    "ix_visits_drift",
    "ix_visits_uncounted",
    "ix_attempts_look",
    "ix_attempts_unsettled",
    "ix_outbox_queued",
    "ix_outbox_dead",
    "sqlite_autoindex_visits_1 (id=?)",
)
"""Indexes of unfinished things."""


async def stored(store: Store, *rows: dict[str, list[dict[str, Any]]]) -> None:
    async with store.write() as tx:
        for visit in rows:
            for name in ("visits", "attempts", "visit_events"):
                for row in visit.get(name, ()):
                    await tx.execute(insert(metadata.tables[name]).values(row))
        await tx.commit()


def slot_on(days: int) -> str:
    return f"{(datetime.now(UTC) + timedelta(days=days)).date()}T14:00/16:00"


async def test_visits_whose_slot_has_passed_are_not_gone_through_again(store: Store) -> None:
    now = datetime.now(UTC)
    long_ago = int((now - timedelta(days=2)).timestamp() * 1e6)
    passed, ahead, fresh = (
        an_old_visit(number, now - timedelta(days=20), slot_granted=slot_on(days), checked_at=checked_at)
        for number, days, checked_at in ((1, -3, long_ago), (2, 3, long_ago), (3, 3, int(now.timestamp() * 1e6)))
    )
    await stored(store, passed, ahead, fresh)
    async with store.write() as tx:
        claimed = await claim_unchecked(tx, slot_on(0)[:10] + "U", 3600.0, 10)
        await tx.commit()
    assert [visit.id for visit in claimed] == [ahead["visits"][0]["id"]]
    async with store.read() as tx:
        left = (await tx.execute(select(visits.c.id, visits.c.checked_at))).all()
    kept = {row.id for row in left if row.checked_at is not None}
    assert kept == {ahead["visits"][0]["id"], fresh["visits"][0]["id"]}


async def test_an_idle_worker_goes_by_the_backlogs_indexes(sqlite_database: str) -> None:
    """The plan is SQLite's own, which keeps no statistics and so can't change its mind as the store grows."""
    store = open_store(StoreSettings(url=sqlite_database), SystemClock())
    asked: list[str] = []
    async with store.write() as tx:
        driver: Any = tx._lane.driver  # type: ignore[attr-defined]
        driver.set_trace_callback(asked.append)
        await claim_unchecked(tx, "2026-01-01U", 3600.0, 4)
        await count_backlog(tx, "2026-01-01")
        for look in (visit_is_due, look_is_due, message_is_due, something_uncounted):
            await look(tx)
        driver.set_trace_callback(None)
        plans = {one: _plan(driver, one) for one in asked if one.lstrip().startswith(("SELECT", "UPDATE", "WITH"))}
    await store.close()
    assert len(plans) == 7
    for statement, plan in plans.items():
        by_step = ("ix_visits_step (step=?",) if "'with_staff'" in statement else ()  # it counts steps of open visits
        for step in plan:
            if any(f" {table}" in step for table in GROWING):
                assert any(index in step for index in (*BACKLOG, *by_step)), f"{step}\n{statement[:200]}"


async def test_a_booking_goes_by_indexes_of_its_prisoner_its_slot_and_what_is_open(sqlite_database: str) -> None:
    store = open_store(StoreSettings(url=sqlite_database), SystemClock())
    await stored(store, an_old_visit(1, datetime.now(UTC)))
    asked: list[str] = []
    async with store.write() as tx:
        visit = await load(tx, (await tx.execute(select(visits.c.id))).scalar_one())
        assert visit is not None
        driver: Any = tx._lane.driver  # type: ignore[attr-defined]
        driver.set_trace_callback(asked.append)
        await rivals.has_older_rival(tx, visit)
        await rivals.somebody_waits(tx, "A1234BC")
        await rivals.turn_is_free(tx, 1)
        await rivals.own_visits(tx, 1, visit.id)
        await rivals.claims_at(tx, visit, slot_on(1), 0)
        driver.set_trace_callback(None)
        plans = {one: _plan(driver, one) for one in asked if one.lstrip().startswith("SELECT")}
    await store.close()
    assert len(plans) == 5
    narrow = ("(noms_id=?", "(offender_id=?", "(visit_id=?", "(prison=? AND slot=?", "ix_visits_step (step=?")
    for statement, plan in plans.items():
        for step in plan:
            if any(f" {table}" in step for table in GROWING):
                assert any(index in step for index in narrow), f"{step}\n{statement[:200]}"


def _plan(driver: Any, statement: str) -> Sequence[str]:
    return [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}")]
