"""Where staff and the machine meet over one visit, one story at a time, on a virtual clock with the shipped waits."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from adapter.booking.staffing_views import BookedByHand, Done, Member, NotDone, Order, Why
from nomis_client.fake.actions import BookByHand, Fill
from nomis_client.fake.faults import Fault
from nomis_client.fake.hand import by_hand
from tests.support.model_world import Variant, World

BY_REFERENCE, NO_REFERENCE = Variant(), Variant(find_by_ref="false")


def _arm(world: World, kind: str, **how: Any) -> None:
    world.engine.arm(Fault(kind=kind, **how))


@pytest.mark.parametrize("with_number", [False, True])
def test_what_staff_say_they_booked_is_not_taken_out_as_ours(tell: Any, with_number: bool) -> None:
    """A booking in doubt is proven absent, staff book the visit by hand, and it turns up under our reference."""

    async def story(world: World) -> None:
        person, slot, fake = world.people.visited()[0], str(world.slots()[0]), world.engine.state.world
        _arm(world, "drop", operation="book", count=1)
        _arm(world, "outage", operation="find_by_reference", lasts=900.0)
        world.ask()
        await asyncio.sleep(1000.0)
        (visit,), (attempt,) = world.rows.table("visits"), world.rows.table("attempts")
        by_hand(fake, Fill(action="fill", prison="LEI", slot=slot), world.engine.time.now())
        staffing, by = world.processes[0].service.staffing, Member("Pat", "one")

        def order() -> Order:
            return Order(visit["id"], world.rows.version(visit["id"]), by)

        await staffing.start(order())
        refused = await staffing.book(order(), slot, "")
        assert isinstance(refused, NotDone)
        assert refused.why is Why.RULES
        lead = json.loads(attempt["body"])["lead_contact"]
        made = BookByHand(
            action="book", noms_id=person.noms_id, slot=slot, contacts=(lead,), reference=attempt["reference"]
        )
        number = by_hand(fake, made, world.engine.time.now())["visit_id"] if with_number else None
        booked = BookedByHand(slot=slot, nomis_visit_id=number)
        if isinstance(told := await staffing.booked_by_hand(order(), booked), NotDone):
            told = await staffing.booked_by_hand(order(), replace(booked, looked=told.looked))
        assert isinstance(told, Done)
        if not with_number:
            by_hand(fake, made, world.engine.time.now())
        await asyncio.sleep(3600.0)
        states.extend((item["state"], item["nomis_visit_id"]) for item in world.rows.table("attempts"))

    states: list[tuple[str, int]] = []
    world, (visit,) = tell(story)
    (held,) = [item for item in world.engine.state.world.visits.values() if item.scheduled and item.reference]
    assert (visit["step"], visit["nomis_visit_id"]) == ("booked", held.id)
    assert states == [("held", held.id)]


def test_staff_may_take_out_what_nothing_proves_to_be_ours(tell: Any) -> None:
    """Withdrawn in doubt, and given up to staff. They find it, and name it on their page."""

    async def story(world: World) -> None:
        _arm(world, "drop", operation="book", when="after")
        item = world.ask()
        await asyncio.sleep(5.0)
        world.callers.depart(item)
        await asyncio.sleep(1500.0)
        (visit,) = world.rows.table("visits")
        (held,) = [one for one in world.engine.state.world.visits.values() if one.scheduled and one.reference]
        steps.append(visit["step"])
        order = Order(visit["id"], visit["version"], Member("Pat", "one"))
        staffing = world.processes[0].service.staffing
        assert isinstance(await staffing.take_out(order, str(world.slots()[0]), held.id), Done)
        await asyncio.sleep(60.0)
        steps.append(world.rows.step(visit["id"]))
        there.extend(one for one in world.engine.state.world.visits.values() if one.scheduled)

    steps: list[str] = []
    there: list[object] = []
    tell(story, NO_REFERENCE)
    assert there == []
    assert steps == ["withdrawn", "withdrawn"]


@pytest.mark.parametrize("repeats", [False, True])
def test_an_overlap_that_came_while_the_family_waited_is_staff_s(tell: Any, repeats: bool) -> None:
    """They were told "requested", for another request of the same prisoner had the turn. Whether they send it again
    makes no difference."""

    async def story(world: World) -> None:
        person, slots = world.people.visited()[0], world.slots()
        _arm(world, "hang", operation="cancel", lasts=30.0)
        first = world.ask(person, slots[2:3])
        await asyncio.sleep(10.0)
        world.callers.depart(first)
        await asyncio.sleep(1.0)
        second = world.ask(person, slots[:2])
        await asyncio.sleep(10.0)
        assert [told.view.processing_state for told in second.told] == ["requested"]
        made = BookByHand(action="book", noms_id=person.noms_id, slot=str(slots[0]))
        world.by_hand.add(by_hand(world.engine.state.world, made, world.engine.time.now())["visit_id"])
        for _ in range(30 if repeats else 0):
            world.callers.repeat(second)
            await asyncio.sleep(1.0)

    _, (_, visit) = tell(story)
    assert visit["step"] == "with_staff"
