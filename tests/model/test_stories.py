"""What must never go wrong, one story at a time, on a virtual clock with the shipped waits."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapter.booking.codec import load_outcome
from nomis_client.fake.actions import Ban, Fill, Release
from nomis_client.fake.faults import Fault
from nomis_client.fake.hand import by_hand
from tests.support.model_world import Variant, World

BY_REFERENCE, NO_REFERENCE = Variant(), Variant(find_by_ref="false")


def _arm(world: World, kind: str, **how: Any) -> None:
    world.engine.arm(Fault(kind=kind, **how))


async def _all_families_ask(world: World) -> None:
    for person in world.people.visited():
        world.ask(person)
        await asyncio.sleep(3.0)


def test_every_answer_lost_and_found_by_reference(tell: Any) -> None:
    async def story(world: World) -> None:
        _arm(world, "drop", operation="book", when="after")
        await _all_families_ask(world)

    world, visits = tell(story)
    assert {visit["step"] for visit in visits} == {"booked"}
    assert not [mail for mail in world.mail.delivered if mail.audience == "mailbox"]


def test_every_answer_lost_without_find_by_reference(tell: Any) -> None:
    async def story(world: World) -> None:
        _arm(world, "drop", operation="book", when="after", count=1)
        world.ask()
        await asyncio.sleep(200.0)

    _, (visit,) = tell(story, NO_REFERENCE)
    assert visit["step"] == "booked"


def test_told_overlapping_without_find_by_reference_goes_to_staff(tell: Any) -> None:
    async def story(world: World) -> None:
        _arm(world, "drop", operation="book", when="after", count=1)
        _arm(world, "repeat_answer", operation="book", text="Overlapping visit")
        world.ask()
        await asyncio.sleep(200.0)

    world, (visit,) = tell(story, NO_REFERENCE)
    assert visit["step"] == "with_staff"
    assert world.mail.of(visit["id"], "mailbox")[:1] == ["staff_request"]


@pytest.mark.parametrize("variant", [BY_REFERENCE, NO_REFERENCE], ids=["by reference", "no reference"])
def test_a_late_commit_and_stale_reads_are_one_visit(tell: Any, variant: Variant) -> None:
    async def story(world: World) -> None:
        _arm(world, "late_commit", operation="book", seconds=48.0, count=1)
        _arm(world, "stale", operation="reads", seconds=25.0, lasts=120.0)
        world.ask()
        await asyncio.sleep(600.0)

    world, (visit,) = tell(story, variant)
    held = [item for item in world.engine.state.world.visits.values() if item.scheduled]
    assert len(held) == 1
    assert visit["step"] in ("booked", "with_staff")


@pytest.mark.parametrize("point", range(1, 9))
def test_withdrawn_at_every_commit_of_a_booking(tell: Any, point: int) -> None:
    async def story(world: World) -> None:
        left, seen = asyncio.Event(), 0

        def at(name: str) -> bool:
            nonlocal seen
            seen += name.endswith("commit")
            if seen == point:
                left.set()
            return False

        for process in world.processes:
            process.store.life.told = at
        world.ask()
        async with asyncio.timeout(60):
            await left.wait()
            while not (visits := world.rows.table("visits")):
                await asyncio.sleep(0.01)
        bookings = world.processes[0].service.bookings
        answer = await bookings.withdraw_or_cancel(visits[0]["id"], world.clock.monotonic() + 2, "")
        assert answer is not None
        assert answer.processing_state in ("withdrawn", "cancelled")

    world, (visit,) = tell(story)
    assert visit["step"] in ("withdrawn", "cancelled")
    kinds = world.mail.of(visit["id"], "visitor")
    assert kinds in (["visitor_withdrawn"], ["visitor_booked", "visitor_cancelled"], ["visitor_cancelled"])
    assert [item for item in world.engine.state.world.visits.values() if item.scheduled] == []


def test_after_an_outage_the_last_place_is_the_first_family_s(tell: Any) -> None:
    async def story(world: World) -> None:
        last = world.slots()[0]
        now = world.engine.time.now()
        by_hand(world.engine.state.world, Fill(action="fill", prison="LEI", slot=str(last), groups=1), now)
        _arm(world, "outage", lasts=60.0)
        for person in world.people.visited():
            world.ask(person, [last, world.slots()[1]])
            await asyncio.sleep(2.0)
        await asyncio.sleep(110.0)

    world, visits = tell(story)
    assert {visit["step"] for visit in visits} == {"booked"}
    assert not [mail for mail in world.mail.delivered if mail.audience == "mailbox"]
    in_order = sorted(visits, key=lambda visit: visit["arrived_at"])
    last = str(world.slots()[0])
    assert [visit["slot_granted"] == last for visit in in_order] == [True] + [False] * (len(in_order) - 1)


def test_without_waiting_what_arrives_in_an_outage_is_staff_s(tell: Any) -> None:
    async def story(world: World) -> None:
        _arm(world, "outage", lasts=60.0)
        await _all_families_ask(world)

    world, visits = tell(story, Variant(handover_after="0"))
    assert {visit["step"] for visit in visits} == {"with_staff"}
    assert [item for item in world.engine.state.world.visits.values() if item.scheduled] == []


_CALLS = (
    "find_offender",
    "location",
    "contacts",
    "unavailability",
    "restrictions",
    "slots",
    "book",
    "find_by_reference",
)
_WRONG: dict[str, dict[str, Any]] = {
    "hangs": {"kind": "hang"},
    "hangs after it was carried out": {"kind": "hang", "when": "after"},
    "answers 500": {"kind": "answer", "status": 500, "body": "internal server error", "when": "after"},
}


@pytest.mark.parametrize("wrong", _WRONG)
@pytest.mark.parametrize("call", _CALLS)
def test_one_call_that_never_works_costs_no_more_than_the_budget(tell: Any, call: str, wrong: str) -> None:
    took: list[float] = []

    async def story(world: World) -> None:
        _arm(world, operation=call, **_WRONG[wrong])
        asked_at = world.clock.monotonic()
        item = world.ask()
        async with asyncio.timeout(60):
            while not item.told:
                await asyncio.sleep(0.01)
        took.append(world.clock.monotonic() - asked_at)
        await asyncio.sleep(900.0)

    _, (visit,) = tell(story)
    assert took[0] <= 2.2
    assert visit["step"] in ("booked", "with_staff")


def test_back_in_time_all_are_booked_in_order_of_arrival(tell: Any) -> None:
    """Ten seconds away, thirty to wait: one confirmation each, and staff hear nothing."""

    async def story(world: World) -> None:
        _arm(world, "outage", lasts=10.0)
        for person in world.people.visited():
            world.ask(person, world.slots()[:1])
            await asyncio.sleep(1.5)
        await asyncio.sleep(60.0)

    world, visits = tell(story, Variant(handover_after="30"))
    assert {visit["step"] for visit in visits} == {"booked"}
    in_order = sorted(visits, key=lambda visit: visit["arrived_at"])
    assert [visit["nomis_visit_id"] for visit in in_order] == sorted(visit["nomis_visit_id"] for visit in visits)
    kinds = [(mail.visit_id, mail.kind) for mail in world.mail.delivered]
    assert sorted(kinds) == sorted((visit["id"], "visitor_booked") for visit in visits)


def test_cancellations_go_on_where_nobody_asks_anything(tell: Any) -> None:
    """Nothing is carried out for a while, and afterwards there is only this one visit to cancel."""

    async def story(world: World) -> None:
        item = world.ask()
        await asyncio.sleep(20.0)
        _arm(world, "answer", status=500, body="", operation="cancel", lasts=120.0)
        world.callers.depart(item)
        await asyncio.sleep(300.0)

    world, (visit,) = tell(story)
    assert visit["step"] == "cancelled"
    assert [item for item in world.engine.state.world.visits.values() if item.scheduled] == []
    assert not [mail for mail in world.mail.delivered if mail.audience == "mailbox"]


def _fill(world: World) -> Fill:
    return Fill(action="fill", prison="LEI", slot=str(world.slots()[0]))


def _ban(world: World) -> Ban:
    return Ban(action="ban", noms_id=world.people.visited()[0].noms_id)


@pytest.mark.parametrize(
    ("meanwhile", "step", "choices"),
    [(_fill, "booked", ("full", "booked")), (_ban, "with_staff", ("refused", "not_tried"))],
)
def test_a_refusal_of_the_repeat_counts_once_nothing_is_there(
    tell: Any, meanwhile: Any, step: str, choices: tuple[str, ...]
) -> None:
    """The first POST never arrived. Before the second something is done by hand."""

    async def story(world: World) -> None:
        _arm(world, "drop", operation="book", count=1)
        world.ask()
        await asyncio.sleep(60.0)
        by_hand(world.engine.state.world, meanwhile(world), world.engine.time.now())
        await asyncio.sleep(400.0)

    _, (visit,) = tell(story, Variant(handover_after="900"))
    assert (visit["step"], load_outcome(visit["outcome"]).choices) == (step, choices)


def test_no_such_prisoner_is_not_said_on_the_word_of_a_memory(tell: Any) -> None:
    """The prisoner was found for an earlier request, and has left since."""

    async def story(world: World) -> None:
        person, slots = world.people.visited()[0], world.slots()
        world.ask(person, slots[:1])
        await asyncio.sleep(20.0)
        by_hand(world.engine.state.world, Release(action="release", noms_id=person.noms_id), world.engine.time.now())
        world.ask(person, slots[1:2])
        await asyncio.sleep(20.0)

    world, (_, later) = tell(story)
    assert (later["step"], load_outcome(later["outcome"]).reasons) == ("rejected", ("prisoner_details_incorrect",))
    assert world.mail.of(later["id"], "mailbox") == []
