"""The demo's console without a browser: forms, pages, events, and whom it turns away."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from adapter.demo.console_switch import Position
from nomis_client.fake.faults import Fault
from tests.support.console_site import HANG_GUARD, LATER, SOON, AtConsole, console_running, form_of


@pytest.fixture
async def soon(tmp_path: Path) -> AsyncIterator[AtConsole]:
    async with console_running(tmp_path, SOON) as console:
        yield console


@pytest.fixture
async def later(tmp_path: Path) -> AsyncIterator[AtConsole]:
    async with console_running(tmp_path, LATER) as console:
        yield console


async def test_a_visit_is_booked_and_its_steps_and_mails_are_shown(soon: AtConsole) -> None:
    status, page = await soon.ask()
    assert status == 200
    assert re.findall(r'<li class="(\w+)"><span class="at">', page) == ["received", "checking", "booking", "booked"]
    page = await soon.until("to visitor@example.com")
    (path,) = re.findall(r'<a href="(http://127\.0\.0\.1:\d+/mails/\d+)">', page)[:1]
    async with soon.http.get(path) as mail:
        assert mail.status == 200


async def test_what_cant_be_decided_ends_in_the_mailbox_with_a_staff_page(soon: AtConsole) -> None:
    page = await soon.switch("off")
    assert '<strong class="tag off">Off</strong>' in page
    assert (await soon.ask())[0] == 200
    page = await soon.until("Open its staff page")
    assert "With the prison’s staff" in page
    (path,) = re.findall(r'<a href="(/staff/v/[^"]+)"', page)
    async with soon.http.get(path) as staff:
        assert staff.status == 200
        assert "Visit request" in await staff.text()


async def test_what_waits_is_booked_once_the_prison_system_is_on_again(later: AtConsole) -> None:
    await later.switch("off")
    assert "Waiting for the prison system" in (await later.ask("A2502CF"))[1]
    await later.switch("on")
    page = await later.until('<strong class="tag booked">')
    assert re.findall(r'<li class="(\w+)"><span class="at">', page)[-1] == "booked"


async def test_an_answer_that_is_lost_is_looked_up_and_booked_once(later: AtConsole) -> None:
    await later.switch("doubt")
    await later.ask("A3603LC")
    page = await later.until('<strong class="tag booked">')
    assert '<li class="in_doubt">' in page
    assert len(later.demo.fake.engine.state.world.visits_of("A3603LC")) == 1


async def test_slow_is_slow_and_on_takes_every_fault_away(later: AtConsole) -> None:
    engine = later.demo.fake.engine
    assert '<strong class="tag slow">' in await later.switch("slow")
    assert [armed.fault.kind for armed in engine.faults] == ["delay"]
    engine.heal()
    engine.arm(Fault(kind="html"))
    assert '<strong class="tag other">' in await later.page()
    assert '<strong class="tag on">' in await later.switch("on")
    assert (engine.faults, engine.power) == ([], True)


async def test_the_form_is_filled_in_for_each_person_and_says_what_is_wrong(later: AtConsole) -> None:
    page = await later.page()
    numbers = re.findall(r'<option value="([A-Z]\d{4}[A-Z]{2})"', page)
    assert len(numbers) > 10
    for number in numbers:
        form = form_of(await later.page(number))
        assert form["number"] == number
        assert all(form[name] for name in ("prisoner_born", "visitor1_first", "visitor1_born", "slot1", "email"))
    status, page = await later.ask("A1410AE", email="nobody", visitor1_first="<b>")
    assert status == 422
    assert "<b>" not in page
    assert form_of(page)["visitor1_first"] == "<b>"
    assert page.count("contact_email_address") == 1


async def test_events_tell_what_changes(later: AtConsole) -> None:
    async with later.http.get("/demo/events") as events, asyncio.timeout(HANG_GUARD):
        assert events.content_type == "text/event-stream"
        assert "None yet" in (await _next(events))["visits"]
        await later.switch("off")
        assert "Switch on" in (await _next(events))["prison"]
        await later.ask()
        while not (news := await _next(events))["said"].endswith(": waiting for the prison system."):
            pass
        assert "Waiting for the prison system" in news["visits"]


async def test_streams_end_with_the_demo(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as http:
        async with console_running(tmp_path, SOON) as console:
            events = await http.get(f"{console.demo.at.api}/demo/events")
            await events.content.readline()
        async with asyncio.timeout(HANG_GUARD):
            assert (await events.read()).startswith(b"\n")


async def _next(events: aiohttp.ClientResponse) -> dict[str, str]:
    while not (line := await events.content.readline()).startswith(b"data: "):
        pass
    news: dict[str, str] = json.loads(line[6:])
    return news


async def test_pages_load_nothing_from_elsewhere_and_run_no_other_script(later: AtConsole) -> None:
    async with later.http.get("/demo") as reply:
        page, policy = await reply.text(), reply.headers["Content-Security-Policy"]
        assert reply.headers["X-Frame-Options"] == "DENY"
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "style=" not in page
    assert not re.search(r"\son\w+=", page)
    loaded = re.findall(r'(?:<script src|<link rel="stylesheet" href)="([^"]+)"', page)
    assert sorted(loaded) == ["/demo/console.css", "/demo/console.js"]
    for path in loaded:
        async with later.http.get(path) as reply:
            assert reply.status == 200
            assert reply.content_type in ("text/css", "text/javascript")


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("GET", "/demo", {"Host": "elsewhere.example"}, "", 403),
        ("POST", "/demo/prison-system", {"Sec-Fetch-Site": "cross-site"}, "position=off", 403),
        ("POST", "/demo/prison-system", {"Origin": "https://elsewhere.example"}, "position=off", 403),
        ("POST", "/demo/prison-system", {"Origin": "null"}, "position=off", 403),
        ("POST", "/demo/prison-system", {}, "position=sideways", 400),
        ("POST", "/demo/prison-system", {}, "position=other", 400),
        ("POST", "/demo/prison-system", {"Content-Type": "application/json"}, "{}", 415),
        ("POST", "/demo/visits", {}, "a=1&" * 100, 400),
        ("GET", "/demo/console.py", {}, "", 404),
        ("GET", "/demo/elsewhere", {}, "", 404),
        ("GET", "/demo/visits", {}, "", 405),
    ],
)
async def test_turns_away(
    later: AtConsole, method: str, path: str, headers: dict[str, str], body: str, status: int
) -> None:
    sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    async with later.http.request(method, path, headers=sent, data=body) as reply:
        assert reply.status == status
        assert reply.content_type == "text/html"
    assert later.demo.fake.engine.power


def test_every_position_but_other_has_a_button() -> None:
    from adapter.demo.console_switch import SETTINGS

    assert {one.position for one in SETTINGS} == set(Position) - {Position.OTHER}
