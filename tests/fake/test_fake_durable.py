"""With a state file, what was answered outlives the process, however it ends."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from nomis_client.fake.durable import SqliteJournal
from nomis_client.fake.engine import Engine
from nomis_client.fake.faults import Fault, FaultKind
from nomis_client.fake.history import history
from nomis_client.fake.outcome import Arrival
from nomis_client.fake.requests import GetContacts
from nomis_client.fake.seed import seeded
from nomis_client.fake.state import PrisonState
from nomis_client.fake.world import World
from tests.support.fake_nomis import NUMBER, OFFENDER, SLOT, TODAY, Prisons, a_world, an_order
from tests.support.fake_process import FakeProcess, fake_process


def opened(path: Path) -> PrisonState:
    return PrisonState(World(SqliteJournal(path)))


def reopened(prisons: Prisons, path: Path) -> Prisons:
    prisons.state.close()
    return Prisons(opened(path), prisons.time)


def test_everything_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state.db"
    prisons = a_world(state=opened(path))
    visit = prisons.booked()
    prisons.hand("retime", prison="LEI", slot=SLOT, to="2026-12-14T10:00/11:00")
    prisons.cancel(visit.id)
    prisons.hand("ban", noms_id=NUMBER)
    prisons.install(locked_status=423)
    prisons.state.put_off(an_order(reference="late"), prisons.now + timedelta(hours=1), prisons.now)
    before = prisons.state.world
    after = reopened(prisons, path).state
    for table in ("prisons", "prisoners", "sessions", "visits", "ledger", "pending", "installations"):
        assert list(getattr(after.world, table).values()) == list(getattr(before, table).values()), table
    assert history(after.world) == history(before)
    assert after.installation.locked_status == 423
    after.close()


def test_references_and_numbers_arent_given_twice_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    prisons = a_world(state=opened(path))
    first = prisons.booked()
    prisons.hand("delete_slot", prison="LEI", slot="2026-12-14T17:00/18:00")
    prisons = reopened(prisons, path)
    assert prisons.refused() == ("Duplicate post",)
    prisons.cancel(first.id)
    assert prisons.booked(reference="ref-2").id == first.id + 1
    assert prisons.hand("add_slot", prison="LEI", slot="2026-12-14T09:00/10:00") == {"session_id": 4}
    prisons.state.close()


async def test_faults_and_the_log_of_requests_live_on(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    prisons = a_world(state=opened(path))
    engine = Engine(prisons.state, prisons.time)
    engine.arm(Fault(kind=FaultKind.DROP, operation="contacts", count=2))
    await engine.perform(Arrival(GetContacts(OFFENDER)))
    prisons = reopened(prisons, path)
    engine = Engine(prisons.state, prisons.time)
    assert [armed.fired for armed in engine.faults] == [1]
    outcomes = [(await engine.perform(Arrival(GetContacts(OFFENDER)))).delivery.value for _ in range(2)]
    assert outcomes == ["drop", "answer"]
    assert [entry.number for entry in engine.log.entries()] == [1, 2, 3]
    prisons.state.close()


def test_a_reset_is_a_reset_of_the_file_too(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    prisons = a_world(state=opened(path))
    prisons.booked()
    prisons.state.world.clear()
    after = reopened(prisons, path).state
    assert not list(after.world.prisoners.values()) and not history(after.world).visits
    after.close()


def test_two_processes_cant_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    state = seeded(TODAY, path=path)
    with pytest.raises(BlockingIOError):
        seeded(TODAY, path=path)
    state.close()
    seeded(TODAY, path=path).close()


def test_another_kind_of_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear all, this is no state file at all, however long one looks at it. " * 20)
    before = path.read_bytes()
    with pytest.raises(OSError, match="not a state file"):
        seeded(TODAY, path=path)
    assert path.read_bytes() == before


def test_a_file_that_has_been_seeded_isnt_seeded_again(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    state = seeded(TODAY, 1, path)
    people = list(state.world.prisoners.values())
    state.close()
    again = seeded(TODAY + timedelta(days=1), 2, path)
    assert list(again.world.prisoners.values()) == people
    again.close()


# -- as a process ---------------------------------------------------------------------------------------------------


async def ask(http: aiohttp.ClientSession, method: str, url: str, body: object = None) -> Any:
    async with http.request(method, url, json=body) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def families(http: aiohttp.ClientSession, fake: FakeProcess, count: int) -> list[dict[str, Any]]:
    made = await ask(http, "POST", fake.control_url + "/seed", {"generate": {"CFI": count}})
    return list(made["prisoners"])


async def some_slot(http: aiohttp.ClientSession, fake: FakeProcess) -> str:
    """A session at Cardiff some days ahead, made large."""
    clock = await ask(http, "GET", fake.control_url + "/clock")
    day: date = datetime.fromisoformat(clock["now"]).astimezone(UTC).date() + timedelta(days=10)
    slot = f"{day}T18:00/19:00"
    await ask(
        http,
        "POST",
        fake.control_url + "/hand",
        {"action": "add_slot", "prison": "CFI", "slot": slot, "max_groups": 500, "capacity": 2000, "max_adults": 2000},
    )
    return slot


async def post(
    http: aiohttp.ClientSession, fake: FakeProcess, family: dict[str, Any], slot: str, ref: str
) -> int | None:
    """The visit id that was answered; None without an answer."""
    body = {
        "lead_contact": family["contacts"][0]["id"],
        "other_contacts": [],
        "slot": slot,
        "client_unique_ref": ref,
    }
    url = f"{fake.base_url}/offenders/{family['offender_id']}/visits/booking"
    try:
        async with http.post(url, json=body) as response:
            assert response.status == 200, await response.text()
            return int((await response.json())["visit_id"])
    except aiohttp.ClientError:
        return None


@pytest.mark.parametrize("answers", [1, 7, 20])
async def test_a_booking_that_was_answered_survives_a_kill_in_the_middle_of_others(
    tmp_path: Path, answers: int
) -> None:
    path = tmp_path / "state.db"
    answered: dict[str, int] = {}
    enough = asyncio.Event()
    async with aiohttp.ClientSession() as http:
        async with fake_process(path) as fake:
            people, slot = await families(http, fake, 40), await some_slot(http, fake)

            async def book(number: int) -> None:
                visit_id = await post(http, fake, people[number], slot, f"ref-{number}")
                if visit_id is not None:
                    answered[f"ref-{number}"] = visit_id
                    if len(answered) >= answers:
                        enough.set()

            async with asyncio.TaskGroup() as tasks:
                for number in range(len(people)):
                    tasks.create_task(book(number))
                await enough.wait()
                await fake.kill()
        async with fake_process(path) as fake:
            visits = (await ask(http, "GET", fake.control_url + "/visits"))["visits"]
            held = {visit["reference"]: visit["id"] for visit in visits if visit["scheduled"]}
            assert answered.items() <= held.items()
            assert len({visit["id"] for visit in visits}) == len(visits)
            logged = (await ask(http, "GET", fake.control_url + "/requests?operation=book"))["requests"]
            assert set(held) <= {entry["reference"] for entry in logged}
            spent = (await ask(http, "GET", fake.control_url + "/history"))["ledger"]
            assert sorted(entry["visit_id"] for entry in spent) == sorted(held.values())


async def test_a_write_under_way_is_carried_out_by_the_process_that_comes_after(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with aiohttp.ClientSession() as http:
        async with fake_process(path) as fake:
            (family,), slot = await families(http, fake, 1), await some_slot(http, fake)
            await ask(http, "POST", fake.control_url + "/faults", {"kind": "delay", "operation": "book", "seconds": 60})
            waiting = asyncio.create_task(post(http, fake, family, slot, "ref-1"))
            while not (await ask(http, "GET", fake.control_url + "/requests?operation=book"))["requests"]:
                await asyncio.sleep(0.005)
            await fake.kill()
            assert await waiting is None
        async with fake_process(path) as fake:
            assert (await ask(http, "GET", fake.control_url + "/visits"))["visits"] == []
            await ask(http, "POST", fake.control_url + "/clock", {"advance": 61})
            assert len((await ask(http, "GET", fake.control_url + "/visits"))["visits"]) == 1


async def test_the_command_says_when_it_is_ready_and_stops_when_told() -> None:
    async with fake_process(None, "--seed", "3") as fake, aiohttp.ClientSession() as http:
        assert await ask(http, "GET", fake.base_url + "/health") == {"status": "UP"}
        assert await fake.stop() == 0
