"""Each deliberate break of the promise, and a story that is told well without it and goes wrong with it.

The stories are ordinary days of the faults that the promise is about; docs/reliability.md has the table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import pytest

from adapter.booking.desk import Breaks
from nomis_client.fake.actions import CancelByHand, Fill
from nomis_client.fake.faults import Fault
from nomis_client.fake.hand import by_hand
from tests.support.model_callers import Asked
from tests.support.model_world import Story, Variant, World

BY_REFERENCE, NO_REFERENCE = Variant(), Variant(find_by_ref="false")
SURELY_BY_REFERENCE, PATIENT = Variant(find_by_ref="true"), Variant(handover_after="900")


@dataclass(frozen=True)
class Case:
    """`notices`: how the fault that is seen with the break begins. `ends`: the step in which the first visit ends."""

    story: Story
    notices: str
    ends: str
    variant: Variant = BY_REFERENCE
    nothing_left: bool = False


def _arm(world: World, kind: str, **how: Any) -> None:
    world.engine.arm(Fault(kind=kind, **how))


async def _told(item: Asked, state: str) -> None:
    async with asyncio.timeout(60):
        while not item.told or item.told[-1].view.processing_state != state:
            await asyncio.sleep(0.01)


async def _a_post_that_never_arrived(world: World) -> None:
    """Found absent after a while, and made again under the same reference."""
    _arm(world, "hang", operation="book", count=1)
    world.ask()
    await asyncio.sleep(300.0)


async def _withdrawn_while_the_booking_is_under_way(world: World) -> None:
    _arm(world, "delay", operation="book", when="after", seconds=6.0, count=1)
    item = world.ask()
    await _told(item, "requested")
    world.callers.depart(item)
    await asyncio.sleep(60.0)
    world.callers.look(item)
    await asyncio.sleep(1.0)


async def _full_says_the_repeat(world: World) -> None:
    """The first POST was carried out; its repeat is told that the slot is full, which then it is."""
    _arm(world, "drop", operation="book", when="after", count=1)
    _arm(world, "repeat_answer", operation="book", text="Visit slot is at or over capacity")
    world.ask()
    await asyncio.sleep(700.0)


async def _a_late_second_post(world: World) -> None:
    """The first POST is lost, the second carried out late. A third one meanwhile would meet a slot that is full."""
    _arm(world, "hang", operation="book", count=1)
    _arm(world, "late_commit", operation="book", nth=2, seconds=50.0)
    world.ask()
    await asyncio.sleep(30.0)
    fake, slot = world.engine.state.world, str(world.slots()[0])
    by_hand(fake, Fill(action="fill", prison="LEI", slot=slot, groups=0), world.engine.time.now())
    async with asyncio.timeout(300):
        while world.points.count("before write") < 2:
            await asyncio.sleep(0.01)
    await asyncio.sleep(40.0)
    by_hand(fake, Fill(action="fill", prison="LEI", slot=slot, groups=3), world.engine.time.now())
    await asyncio.sleep(300.0)


async def _cancelled_there_before_it_was_found(world: World) -> None:
    _arm(world, "hang", operation="book", when="after", count=1)
    world.ask()
    await asyncio.sleep(10.0)
    (made,) = [visit for visit in world.engine.state.world.visits.values() if visit.reference]
    by_hand(world.engine.state.world, CancelByHand(action="cancel", visit_id=made.id), world.engine.time.now())
    await asyncio.sleep(900.0)


async def _withdrawn_while_nobody_finds(world: World) -> None:
    """The look-up by reference is out of order for ten minutes."""
    _arm(world, "drop", operation="book", when="after", count=1)
    _arm(world, "find_404", lasts=600.0)
    item = world.ask()
    await _told(item, "requested")
    world.callers.depart(item)
    await asyncio.sleep(900.0)


async def _withdrawn_in_doubt(world: World) -> None:
    _arm(world, "drop", operation="book", when="after", count=1)
    _arm(world, "find_in_transit", lasts=30.0)
    item = world.ask()
    await _told(item, "requested")
    world.callers.depart(item)
    await asyncio.sleep(300.0)


async def _asked_again_after_the_confirmation(world: World) -> None:
    item = world.ask()
    await _told(item, "booked")
    world.callers.ask_again(item)
    await asyncio.sleep(60.0)


async def _withdrawn_before_staff_could_be_told(world: World) -> None:
    """The mail server takes the request and says nothing, for a while."""
    _arm(world, "outage", lasts=200.0)
    world.mail.lost.add("staff_request")
    item = world.ask()
    await asyncio.sleep(130.0)
    world.callers.depart(item)
    await asyncio.sleep(4.0)
    world.mail.lost.clear()
    await asyncio.sleep(300.0)


async def _found_after_the_hand_over(world: World) -> None:
    _arm(world, "drop", operation="book", when="after", count=1)
    _arm(world, "find_in_transit", lasts=700.0)
    world.ask()
    await asyncio.sleep(800.0)


CASES = {
    "new_reference_on_repeat": Case(_a_post_that_never_arrived, "I7", "booked"),
    "guard_without_version": Case(_withdrawn_while_the_booking_is_under_way, "I5", "withdrawn", nothing_left=True),
    "drop_late_found": Case(
        _withdrawn_while_the_booking_is_under_way, "left", "withdrawn", NO_REFERENCE, nothing_left=True
    ),
    "believe_repeat_refusal": Case(_full_says_the_repeat, "I1", "with_staff", NO_REFERENCE),
    "settle_from_commit": Case(_a_late_second_post, "I1", "booked", PATIENT),
    "cancelled_counts_as_found": Case(_cancelled_there_before_it_was_found, "I2", "with_staff"),
    "not_found_counts_as_absent": Case(
        _withdrawn_while_nobody_finds, "I2", "withdrawn", SURELY_BY_REFERENCE, nothing_left=True
    ),
    "withdraw_without_withdrawing": Case(_withdrawn_in_doubt, "I2", "withdrawn", nothing_left=True),
    "forget_identical_once_booked": Case(_asked_again_after_the_confirmation, "I11", "booked"),
    "unordered_outbox": Case(_withdrawn_before_staff_could_be_told, "I4", "withdrawn"),
    "no_watch": Case(_found_after_the_hand_over, "I9", "booked"),
}


@dataclass(frozen=True)
class Outcome:
    """How a case ended: in words what went wrong, and the step of its first visit."""

    faults: list[str]
    step: str


@pytest.fixture
def play(run: Any) -> Callable[[Case, Breaks], Outcome]:
    """Plays a case, and says what its story says beyond the invariants, too."""

    def played(case: Case, breaks: Breaks) -> Outcome:
        ran = run(case.story, replace(case.variant, breaks=breaks))
        faults = [fault.partition(": ")[2] if fault.startswith("step ") else fault for fault in ran.faults]
        held = [visit for visit in ran.world.engine.state.world.visits.values() if visit.scheduled and visit.reference]
        if case.nothing_left and held:
            faults.append(f"left: {len(held)} visits that nobody wants")
        return Outcome(faults, ran.visits[0]["step"])

    return played


def test_every_break_has_its_case() -> None:
    assert set(CASES) == {item.name for item in fields(Breaks)}


@pytest.mark.parametrize("name", CASES)
def test_the_promise_is_kept(name: str, play: Callable[[Case, Breaks], Outcome]) -> None:
    assert play(CASES[name], Breaks()) == Outcome([], CASES[name].ends)


@pytest.mark.parametrize("name", CASES)
def test_the_break_is_noticed(name: str, play: Callable[[Case, Breaks], Outcome]) -> None:
    outcome = play(CASES[name], replace(Breaks(), **{name: True}))
    assert any(fault.startswith(CASES[name].notices) for fault in outcome.faults), outcome
