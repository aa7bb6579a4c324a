"""A write of a visit gives it back as it is stored then, though next to nothing of it is read again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from adapter.store import claims
from adapter.store import visits as visit_rows
from adapter.store.errors import Conflict
from adapter.store.records import Visit
from adapter.store.shapes import NOW
from adapter.store.tables import visits
from adapter.store.unit_of_work import Store, Tx
from adapter.store.visits import FREE, KEEP, Happened, later
from booking_rules.lifecycle import Event, Step
from tests.support.stored_visits import HOLDER, added

Write = Callable[[Tx, Visit], Awaitable[Visit | None]]


async def stored(store: Store, visit: Visit) -> Visit:
    async with store.read() as tx:
        found = await visit_rows.load(tx, visit.id)
    assert found is not None
    return found


def assert_same(written: Visit, found: Visit) -> None:
    """In every column and type, `now` apart: it was another moment."""
    assert written.now <= found.now
    assert written._replace(now=found.now) == found
    assert [type(value) for value in written] == [type(value) for value in found]


async def lines(store: Store, visit: Visit) -> list[tuple[Any, ...]]:
    async with store.read() as tx:
        history = await visit_rows.history(tx, visit.id)
    assert all(line.visit_id == visit.id for line in history)
    return [
        (line.version, line.at, line.event, line.from_step, line.to_step, line.who, line.detail) for line in history
    ]


async def test_a_new_visit_is_as_it_is_stored_and_so_is_its_history(store: Store) -> None:
    visit = await added(store)
    assert_same(visit, await stored(store, visit))
    assert await lines(store, visit) == [(1, visit.updated_at, "arrive", None, "received", "visitor", None)]
    assert 59_000_000 < visit.handover_at - visit.arrived_at <= 60_000_000
    assert visit.handover_at - 60_000_000 <= visit.now


async def test_what_happens_to_it_at_once_is_in_its_history(store: Store) -> None:
    visit = await added(store, Event.START, offender_id=7)
    assert_same(visit, await stored(store, visit))
    assert (visit.step, visit.version, visit.offender_id) == (Step.CHECKING, 2, 7)
    assert await lines(store, visit) == [
        (1, visit.updated_at, "arrive", None, "received", "visitor", None),
        (2, visit.updated_at, "start", "received", "checking", "machine", '{"so": 1}'),
    ]


async def test_a_visit_that_can_not_be_stored_has_no_history(store: Store) -> None:
    first = await added(store)
    with pytest.raises(Conflict) as conflict:
        await added(store, id="0b8f5b1e-4d2a-4c66-9d52-d0a2a4b1c002")
    assert conflict.value.constraint == "uq_visits_human_id"
    assert len(await lines(store, first)) == 1


async def moved_far(tx: Tx, visit: Visit) -> Visit | None:
    """Every kind of value at once."""
    values: dict[str, object] = {
        "offender_id": 7,
        "trace": "{}",
        "ever_waited": True,
        "doubt_since": NOW,
        "cancelled_at": later(5.0),
        "overlaps_at_arrival": None,
        "claimed_until": visit.now,
        "acting_for": "staff",
    }
    return await visit_rows.move(
        tx,
        visit,
        [Happened(Event.START), Happened(Event.POST, "{}")],
        who="staff:Anna",
        lease=FREE,
        values=values,
        held_by="someone",
    )


async def noted(tx: Tx, visit: Visit) -> Visit | None:
    return await visit_rows.note(tx, visit, name="noted", who="machine", values={"drift": "gone"}, detail="[]")


async def held_on(tx: Tx, visit: Visit) -> Visit | None:
    return await visit_rows.move(tx, visit, [Happened(Event.AWAY)], who="machine", lease=HOLDER)


@pytest.mark.parametrize("write", [moved_far, noted, held_on])
async def test_a_written_visit_is_as_it_is_stored(store: Store, write: Write) -> None:
    visit = await added(store)
    async with store.write() as tx:
        written = await write(tx, visit)
        await tx.commit()
    assert written is not None
    assert_same(written, await stored(store, written))
    assert [line[:2] for line in await lines(store, visit)] == [
        (1, visit.updated_at),
        *((version, written.updated_at) for version in range(2, written.version + 1)),
    ]


@pytest.mark.parametrize("write", [moved_far, noted])
@pytest.mark.parametrize("changed", ["version", "step", "id"])
async def test_whoever_was_slower_writes_nothing(store: Store, write: Write, changed: str) -> None:
    visit = await added(store)
    stale = {
        "version": visit._replace(version=0),
        "step": visit._replace(step=Step.WAITING),
        "id": visit._replace(id="another"),
    }[changed]
    async with store.write() as tx:
        assert await write(tx, stale) is None
        await tx.commit()
    assert_same(visit, await stored(store, visit))
    assert len(await lines(store, visit)) == 1


async def test_whoever_lost_the_lease_writes_nothing(store: Store) -> None:
    visit = await added(store, lease=FREE)
    async with store.write() as tx:
        assert await claims.claim(tx, visit.id, "somebody else", 40.0)
        assert await moved_far(tx, visit) is None
        await tx.commit()
    assert (await stored(store, visit)).version == 1
    assert len(await lines(store, visit)) == 1


async def test_what_others_write_without_a_new_version_is_seen(store: Store) -> None:
    """A claim, a visit that is let go, and the comparison of booked visits."""
    visit = await added(store, Event.START, lease=FREE)
    async with store.write() as tx:
        claimed = await claims.claim(tx, visit.id, "a worker", 40.0)
        await tx.execute(visits.update().values(checked_at=5))
        kept = await visit_rows.note(tx, visit, name="noted", who="machine", lease=KEEP)
        await tx.commit()
    assert claimed is not None
    assert kept is not None
    assert (kept.lease_holder, kept.claims, kept.checked_at) == ("a worker", 0, 5)
    assert (kept.lease_until, kept.due_at) == (claimed.lease_until, claimed.due_at)
    assert_same(kept, await stored(store, kept))


async def test_a_visit_without_its_history_can_not_be(store: Store) -> None:
    """A line that is there already undoes the change, on either database."""
    visit = await added(store)
    async with store.write() as tx:
        await tx.execute(visits.update().values(version=0))
        await tx.commit()
    with pytest.raises(Conflict) as conflict:
        async with store.write() as tx:
            await noted(tx, visit._replace(version=0))
    assert conflict.value.constraint == "uq_visit_events_visit_id_version"
    assert (await stored(store, visit)).drift is None
