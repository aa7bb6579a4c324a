"""Bookings that turn up long after they were given up: taken out in the end, whatever their visit does meanwhile."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

from sqlalchemy import text

from adapter.booking.ledger import attempts, reload
from adapter.booking.saga.found import Proof, settle_found
from adapter.booking.staffing_views import BookedByHand, Done, Member, NotDone, Order, Why
from adapter.store import attempts as attempt_rows
from nomis_client.fake.actions import BookByHand, Fill
from nomis_client.fake.entities import Prisoner
from nomis_client.fake.faults import Fault
from nomis_client.fake.hand import by_hand
from tests.support.model_world import Variant, World

_LONG = Variant(handover_after="900")


async def _first_choice_given_up(world: World) -> dict[str, Any]:
    """The first POST never arrived, and the repeat was told that the slot is full."""
    world.engine.arm(Fault(kind="drop", operation="book", nth=1))
    world.ask()
    await asyncio.sleep(60.0)
    slot = str(world.slots()[0])
    by_hand(world.engine.state.world, Fill(action="fill", prison="LEI", slot=slot), world.engine.time.now())
    return await _until(world, "refused")


async def _until(world: World, state: str) -> dict[str, Any]:
    async with asyncio.timeout(3600):
        while not (found := [item for item in world.rows.table("attempts") if item["state"] == state]):
            await asyncio.sleep(0.5)
    return found[0]


def _turns_up(world: World, attempt: dict[str, Any], person: Prisoner | None = None) -> int:
    """As if the prison system had carried the POST out only now."""
    made = BookByHand(
        action="book",
        noms_id=(person or world.people.visited()[0]).noms_id,
        slot=attempt["slot"],
        contacts=(json.loads(attempt["body"])["lead_contact"], *json.loads(attempt["body"])["other_contacts"]),
        reference=attempt["reference"],
    )
    return int(by_hand(world.engine.state.world, made, world.engine.time.now())["visit_id"])


def test_while_the_next_choice_is_in_doubt(tell: Any) -> None:
    """The first cancellation of the stray gets no answer."""

    async def story(world: World) -> None:
        world.engine.arm(Fault(kind="drop", operation="book", nth=3))
        world.engine.arm(Fault(kind="answer", status=500, body="", operation="cancel", count=1))
        attempt = await _first_choice_given_up(world)
        _turns_up(world, attempt)
        await _until(world, "removing")
        steps.append(world.rows.step(attempt["visit_id"]))
        await asyncio.sleep(600.0)

    steps: list[str] = []
    world, (visit,) = tell(story, _LONG)
    assert steps == ["in_doubt"]
    assert visit["step"] == "booked"
    (held,) = [item for item in world.engine.state.world.visits.values() if item.scheduled]
    assert held.id == visit["nomis_visit_id"]


def test_while_the_visit_is_being_cancelled(run: Any) -> None:
    """The cancellation of the stray gets no answer, nor does that of the visit itself."""

    async def story(world: World) -> None:
        attempt = await _first_choice_given_up(world)
        await asyncio.sleep(60.0)
        steps.append(world.rows.step(attempt["visit_id"]))
        world.engine.arm(Fault(kind="answer", status=500, body="", operation="cancel", lasts=90.0))
        _turns_up(world, attempt)
        await _until(world, "removing")
        world.callers.depart(world.callers.asked[0])
        await asyncio.sleep(60.0)
        steps.append(world.rows.step(attempt["visit_id"]))

    steps: list[str] = []
    ran = run(story, _LONG)
    (visit,) = ran.visits
    assert steps == ["booked", "cancelling"]
    assert [fault for fault in ran.faults if not fault.endswith("at once")] == [], "for a moment there may be two"
    assert visit["step"] == "cancelled"
    assert [item for item in ran.world.engine.state.world.visits.values() if item.scheduled] == []


def test_seen_by_two_at_once(run: Any) -> None:
    """A process that stood still hears its 200 while another one finds the booking."""

    async def story(world: World) -> None:
        given_up = await _first_choice_given_up(world)
        await asyncio.sleep(60.0)
        proof = Proof(_turns_up(world, given_up), "reference")
        desks = [process.service.desk for process in world.processes]
        visit, (attempt, _) = (
            await reload(desks[0], given_up["visit_id"]),
            await attempts(desks[0], given_up["visit_id"]),
        )
        await asyncio.gather(*(settle_found(desk, visit, attempt, None, proof) for desk in desks))
        await asyncio.sleep(60.0)

    ran = run(story, _LONG)
    assert [fault for fault in ran.faults if not fault.endswith("at once")] == [], "for a moment there may be two"
    assert [visit["step"] for visit in ran.visits] == ["booked"]
    assert len([item for item in ran.world.engine.state.world.visits.values() if item.scheduled]) == 1


def test_one_that_cannot_be_read_keeps_no_other_from_being_found(run: Any) -> None:
    """Two requests are with staff, and their bookings turn up; what is stored of the first one is damaged."""

    async def story(world: World) -> None:
        world.engine.arm(Fault(kind="drop", operation="book"))
        for person in world.people.visited()[:2]:
            world.ask(person)
            await asyncio.sleep(1.0)
        await asyncio.sleep(700.0)
        world.engine.heal()
        damaged, other = world.rows.table("attempts")
        for attempt, person in zip((damaged, other), world.people.visited(), strict=False):
            _turns_up(world, attempt, person)
        async with world.processes[0].service.desk.store.write() as tx:
            await tx.execute(text("UPDATE attempts SET body = '{' WHERE id = :id"), {"id": damaged["id"]})
            await tx.execute(text("UPDATE attempts SET look_at = id"))
            await tx.commit()
        await asyncio.sleep(600.0)
        steps.extend(world.rows.step(one["visit_id"]) for one in (damaged, other))

    steps: list[str] = []
    run(story)
    assert steps == ["with_staff", "booked"]


def test_staff_are_told_before_another_is_booked_for_them(tell: Any) -> None:
    """Looked for and absent when staff first asked for a booking, which failed; it turns up before they ask again."""

    async def story(world: World) -> None:
        world.engine.arm(Fault(kind="drop", operation="book", count=1))
        world.engine.arm(Fault(kind="outage", operation="find_by_reference"))
        world.ask()
        await asyncio.sleep(900.0)
        world.engine.heal()
        await asyncio.sleep(20.0)
        (attempt,) = world.rows.table("attempts")
        staffing, by = world.processes[0].service.staffing, Member("Pat", "one")

        def order() -> Order:
            return Order(attempt["visit_id"], world.rows.version(attempt["visit_id"]), by)

        await staffing.start(order())
        full, free = str(world.slots()[1]), str(world.slots()[2])
        now = world.engine.time.now()
        by_hand(world.engine.state.world, Fill(action="fill", prison="LEI", slot=full), now)
        answers.append(await staffing.book(order(), full, ""))
        number = _turns_up(world, attempt)
        answers.append(await staffing.book(order(), free, ""))
        booked = BookedByHand(slot=attempt["slot"], nomis_visit_id=number)
        if isinstance(told := await staffing.booked_by_hand(order(), booked), NotDone):
            told = await staffing.booked_by_hand(order(), replace(booked, looked=told.looked))
        answers.append(told)

    answers: list[object] = []
    _, (visit,) = tell(story)
    assert [answer.why if isinstance(answer, NotDone) else Done for answer in answers] == [
        Why.RULES,
        Why.IN_DOUBT,
        Done,
    ]
    assert visit["step"] == "booked"


def test_a_look_that_saw_nothing_puts_off_no_stray(run: Any) -> None:
    """The watch looked a moment too early, and says so a moment too late: next look in a day."""

    async def story(world: World) -> None:
        given_up = await _first_choice_given_up(world)
        await asyncio.sleep(60.0)
        desk = world.processes[0].service.desk
        visit, (before, _) = await reload(desk, given_up["visit_id"]), await attempts(desk, given_up["visit_id"])
        world.engine.arm(Fault(kind="answer", status=500, body="", operation="cancel", count=1))
        await settle_found(desk, visit, before, None, Proof(_turns_up(world, given_up), "answer"))
        await _until(world, "removing")
        await asyncio.sleep(1.0)
        async with desk.store.write() as tx:
            await attempt_rows.schedule_look(tx, before, 86_400.0, 5)
            await tx.commit()
        await asyncio.sleep(60.0)

    ran = run(story, _LONG)
    assert [fault for fault in ran.faults if not fault.endswith("at once")] == []
