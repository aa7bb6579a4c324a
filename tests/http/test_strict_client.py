"""The site's client walks its path against the real service, in both languages: prison system up, slow, and down."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from booking_rules.calendar import bookable_slots
from tests.support.site import FULL_AT_LEEDS, LEEDS, TODAY, Site, a_body, running_site
from tests.support.strict_client import StrictClient, losing_answers

IMPATIENT = {"ADAPTER__DECISION__BUDGET": "0.5", "ADAPTER__NOMIS__READ_TIMEOUT": "1"}
LONG = 20.0
"""Seconds that the client waits here: a test may share its machine with many others."""
DAYS = {"start_date": str(TODAY + timedelta(days=1)), "end_date": str(TODAY + timedelta(days=28))}


def strict(site: Site, language: str = "en", url: str = "") -> StrictClient:
    return StrictClient(site.http, url or site.url, language, LONG)


def worsen(site: Site, how: str) -> None:
    if how == "slow":
        site.arm("delay", operation="reads", seconds=1.5)
    elif how == "down":
        site.fake.engine.power = False


async def free_slots(client: StrictClient, body: dict[str, Any]) -> list[str]:
    prisoner = body["prisoner"]
    slots = await client.slots(
        prison_id=LEEDS, prisoner_number=prisoner["number"], prisoner_dob=prisoner["date_of_birth"], **DAYS
    )
    return [slot for slot, problems in slots.items() if not problems]


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize(("how", "state", "end"), [
    ("up", "booked", "cancelled"),
    ("slow", "requested", "withdrawn"),
    ("down", "requested", "withdrawn"),
])  # fmt: skip
async def test_from_the_list_of_prisons_to_the_end(
    sqlite_database: str, how: str, state: str, end: str, language: str
) -> None:
    async with running_site(sqlite_database, config=IMPATIENT if how == "slow" else None) as site:
        client, body = strict(site, language), a_body()
        worsen(site, how)
        (leeds,) = [prison for prison in await client.prisons() if prison["id"] == LEEDS]
        assert (await client.prison(leeds["id"]))["enabled"]
        assert await client.is_prisoner(body["prisoner"]["number"], body["prisoner"]["date_of_birth"])
        assert await client.may_come(LEEDS, [visitor["date_of_birth"] for visitor in body["visitors"]])
        free = await free_slots(client, body)
        made = await client.book({**body, "slot_options": [free[0], free[1], ""]})
        assert made["processing_state"] == state
        assert made["slot_granted"] == (free[0] if state == "booked" else None)
        assert (await client.visit(made["id"]))["processing_state"] == state
        left = await client.cancel(made["id"])
        assert left["processing_state"] == end
        assert await client.cancel(made["id"]) == left, "twice is once"
        assert len(client.tried) == len({request_id for _, _, request_id in client.tried}), "nothing had to be repeated"
        site.heal()
        site.fake.engine.power = True
        await site.until(made["id"], end)
        told = await site.mailed(made["id"], 1 + (end == "cancelled"))
        assert {mail["Content-Language"] for mail in told} <= {language, None}
        assert site.in_nomis(made["id"]) == []


async def test_an_answer_that_is_lost_costs_no_second_visit(sqlite_database: str) -> None:
    async with running_site(sqlite_database) as site, losing_answers(site.url) as between:
        client = strict(site, url=between.url)
        between.lose = 1
        made = await client.book(a_body())
        assert made["processing_state"] == "booked"
        first, second = client.tried
        assert first == second, "the same request, again"
        assert len(site.in_nomis(made["id"])) == len(list(site.fake.state.world.visits.values())) == 1
        between.lose = 2
        assert (await client.cancel(made["id"]))["processing_state"] == "cancelled"
        await site.until(made["id"], "cancelled")
        await site.mailed(made["id"], 2)


async def test_slots_of_an_outage_are_the_timetable_and_each_can_be_asked_for(sqlite_database: str) -> None:
    async with running_site(sqlite_database, worker=False) as site:
        client, desk = strict(site), site.service.desk
        assert FULL_AT_LEEDS not in await free_slots(client, a_body())
        site.fake.engine.power = False
        shown = await free_slots(client, a_body())
        leeds = desk.registry.current.by_id(LEEDS)
        assert leeds is not None
        assert shown == [str(slot) for slot in bookable_slots(leeds, TODAY, desk.holidays(TODAY))]
        assert FULL_AT_LEEDS in shown
        for number, slot in enumerate(shown):
            prisoner = {**a_body()["prisoner"], "number": f"A{number:04}AA"}  # of one, each would wait for the others
            made = await client.book(a_body([slot], prisoner=prisoner))
            assert made["processing_state"] == "requested"


async def test_a_cancellation_in_an_outage_is_carried_out_once_when_it_is_over(database: str) -> None:
    async with running_site(database) as site:
        client = strict(site)
        made = await client.book(a_body())
        (held,) = site.in_nomis(made["id"])
        site.fake.engine.power = False
        first = await client.cancel(made["id"])
        assert (first["processing_state"], first["cancellation_reasons"]) == ("cancelled", ["visitor_cancelled"])
        assert await client.cancel(made["human_id"]) == first
        assert [visit.id for visit in site.in_nomis(made["id"])] == [held.id], "it is still there"
        site.fake.engine.power = True
        await site.until(made["id"], "cancelled")
        assert site.in_nomis(made["id"]) == []
        assert [visit.id for visit in site.in_nomis(made["id"], "CANC")] == [held.id]
        kinds = [mail["X-Message-Kind"] for mail in await site.mailed(made["id"], 2)]
        assert kinds == ["visitor_booked", "visitor_cancelled"]


AGES = [("0001-01-01", "9999-12-31"), ("9999-12-31", "9999-12-31"), ("9999-12-20", "9999-12-31"), ("0001-01-01",) * 2]


async def test_slots_of_other_ages_are_none(sqlite_database: str) -> None:
    async with running_site(sqlite_database, worker=False) as site:
        asked = {"prisoner_number": "A1410AE", "prisoner_dob": a_body()["prisoner"]["date_of_birth"]}
        for start, end in AGES:
            assert await strict(site).slots(prison_id=LEEDS, start_date=start, end_date=end, **asked) == {}
