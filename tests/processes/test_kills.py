"""A process is killed, or stands still, at the worst moments: every visit ends all the same, and once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.databases import PostgresDatabases
from tests.support.nursery import Nursery
from tests.support.plant import Plant, a_plant, a_request, open_slots
from tests.support.processes import HANG_GUARD
from tests.support.proxy import Address, Proxy, proxy_running


@pytest.fixture
async def plant(nursery: Nursery, postgres_database: str, tmp_path: Path) -> AsyncIterator[Plant]:
    async with a_plant(nursery, postgres_database, tmp_path) as plant:
        yield plant


@pytest.fixture(params=["rest", "soap"])
async def over_both(request: pytest.FixtureRequest, plant: Plant) -> AsyncIterator[Plant]:
    """The same installation, spoken to in both ways."""
    plant.environ["ADAPTER__NOMIS__TRANSPORT"] = request.param
    yield plant
    methods = {asked["method"] for asked in await plant.control.requests(operation="find_offender")}
    assert methods == ({"POST"} if request.param == "soap" else {"GET"})


@pytest.fixture
async def proxy(postgres_databases: PostgresDatabases) -> AsyncIterator[Proxy]:
    async with proxy_running(Address(socket=postgres_databases.server.socket)) as proxy:
        yield proxy


async def mails_of(plant: Plant, visit_id: str) -> list[str]:
    """Kinds of the mails of a visit, once none is left to be sent."""
    async with asyncio.timeout(HANG_GUARD):
        while await plant.rows("SELECT id FROM outbox WHERE visit_id = :id AND state = 'queued'", id=visit_id):
            await asyncio.sleep(0.05)
    rows = await plant.rows("SELECT kind FROM outbox WHERE visit_id = :id AND state = 'sent' ORDER BY id", id=visit_id)
    return [str(row["kind"]) for row in rows]


async def held(plant: Plant, visit_id: str) -> list[dict[str, Any]]:
    """What the prison system holds for a visit, cancelled or not, at any time."""
    history = await plant.control.history()
    versions = [visit["intervals"][-1]["visit"] for visit in history["visits"]]
    return [visit for visit in versions if (visit["reference"] or "").startswith(visit_id)]


async def test_killed_at_every_point_of_a_booking(over_both: Plant, proxy: Proxy) -> None:
    """Stored but not answered; while asking; reference stored but not posted; while posted; booked but not stored."""
    plant = over_both
    victim = await plant.service("victim", ("serve", "--no-worker"), through=proxy)
    people = await plant.control.prisoners("LEI", 6)
    points = ("stored", "asking", "referenced", "posting", "posted", "answered")
    bodies = {
        point: a_request(person, f"{point}@example.com", [slot])
        for point, person, slot in zip(points, people, open_slots("LEI"), strict=False)
    }
    number = {point: person["noms_id"] for point, person in zip(points, people, strict=True)}
    lead = str(people[points.index("referenced")]["contacts"][0]["id"])
    at = [
        proxy.hold_commit_answer(b"stored@example.com"),
        proxy.hold_commit_answer(lead.encode()),
    ]
    await plant.control.arm("hang", operation="reads", noms_id=number["asking"])
    await plant.control.arm("delay", operation="book", noms_id=number["posting"], seconds=1.5, count=1)
    await plant.control.arm("delay", operation="book", noms_id=number["posted"], when="after", seconds=60, count=1)

    asked = {point: asyncio.create_task(plant.post(victim.url, bodies[point], point)) for point in points}
    ids = {point: await plant.visit_of(f"{point}@example.com") for point in points}
    for event in at:
        await asyncio.wait_for(event.wait(), HANG_GUARD)
    await plant.until_asked("find_offender", noms_id=number["asking"])
    for point in ("posting", "posted"):
        await plant.until_asked("book", noms_id=number[point])
    status, answer = await asked["answered"]
    assert (status, answer["visit"]["processing_state"]) == (200, "booked")
    await victim.kill()
    await asyncio.gather(*asked.values(), return_exceptions=True)

    await plant.control.heal()
    await plant.leases_run_out()
    survivor = await plant.service("survivor")
    for point in points:
        assert await plant.until(ids[point]) == "booked", point
        (booked,) = await held(plant, ids[point])
        assert (booked["status"], booked["reference"]) == ("SCH", f"{ids[point]}-1")
        assert await mails_of(plant, ids[point]) == ["visitor_booked"]
        status, again = await plant.post(survivor.url, bodies[point], point)
        assert (status, again["visit"]["id"]) == (200, ids[point])
    assert len(await plant.rows("SELECT id FROM visits")) == len(points)


async def test_stopped_for_longer_than_its_lease_before_the_post(plant: Plant, proxy: Proxy) -> None:
    """Whoever took over has booked; the one who wakes up must not post, and answers what it last read, if at all."""
    timing = {"ADAPTER__STORE__LEASE": "11", "ADAPTER__NOMIS__BOOK_TIMEOUT": "1"}
    plant.environ.update(timing)
    sleeper = await plant.service("sleeper", ("serve", "--no-worker"), through=proxy)
    (person,) = await plant.control.prisoners("LEI", 1)
    at = proxy.hold_commit_answer(str(person["contacts"][0]["id"]).encode())
    body = a_request(person, "sleeper@example.com", open_slots("LEI")[:1])
    asked = asyncio.create_task(plant.post(sleeper.url, body))
    await asyncio.wait_for(at.wait(), HANG_GUARD)
    sleeper.freeze()
    proxy.heal()

    await plant.service("other", ("worker",))
    visit_id = await plant.visit_of("sleeper@example.com")
    assert await plant.until(visit_id, "booked") == "booked"
    sleeper.thaw()
    status, answer = await asked
    assert status == 503 or answer["visit"]["id"] == visit_id
    status, answer = await plant.get(sleeper.url, visit_id)
    assert (status, answer["visit"]["processing_state"]) == (200, "booked")
    assert await sleeper.terminate() == 0
    assert len(await plant.control.requests(operation="book")) == 1
    assert [visit["status"] for visit in await held(plant, visit_id)] == ["SCH"]
    assert await mails_of(plant, visit_id) == ["visitor_booked"]


async def test_the_prison_system_is_killed_in_the_middle_of_a_booking(over_both: Plant) -> None:
    """Once before it has written the visit down for good, once after."""
    plant = over_both
    plant.environ["ADAPTER__NOMIS__POST_LIFETIME"] = "0.5"  # nothing is on its way any more when the fake is dead
    serve = await plant.service("serve")
    early, late = await plant.control.prisoners("LEI", 2)
    await plant.control.arm("hang", operation="book", noms_id=early["noms_id"])
    await plant.control.arm("delay", operation="book", noms_id=late["noms_id"], when="after", seconds=60, count=1)
    slot = open_slots("LEI")[0]
    asked = [
        asyncio.create_task(plant.post(serve.url, a_request(person, email, [slot])))
        for person, email in ((early, "early@example.com"), (late, "late@example.com"))
    ]
    await plant.until_asked("book", 2)
    await plant.fake.kill()
    answers = await asyncio.gather(*asked)
    await plant.fake.start()
    await plant.control.heal()
    for status, answer in answers:
        assert status == 200
        visit_id = answer["visit"]["id"]
        assert await plant.until(visit_id) == "booked"
        assert [visit["status"] for visit in await held(plant, visit_id)] == ["SCH"]
        assert await mails_of(plant, visit_id) == ["visitor_booked"]


async def test_killed_right_after_its_answer(plant: Plant) -> None:
    """What it said in the prison system's outage, and the mail of what it booked, others do."""
    hasty = await plant.service("hasty", ("serve", "--no-worker"))
    booked, waiting = await plant.control.prisoners("CFI", 2)
    slots = open_slots("CFI")
    _, one = await plant.post(hasty.url, a_request(booked, "booked@example.com", slots[:1]))
    await plant.control.arm("outage")
    _, other = await plant.post(hasty.url, a_request(waiting, "waiting@example.com", slots[1:2]))
    await hasty.kill()
    assert [answer["visit"]["processing_state"] for answer in (one, other)] == ["booked", "requested"]
    await plant.control.heal()
    await plant.leases_run_out()
    await plant.service("worker", ("worker",))
    for answer in (one, other):
        visit_id = answer["visit"]["id"]
        assert await plant.until(visit_id) == "booked"
        assert [visit["status"] for visit in await held(plant, visit_id)] == ["SCH"]
        assert await mails_of(plant, visit_id) == ["visitor_booked"]
