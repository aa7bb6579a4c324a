"""Reads over REST: what is asked, what it becomes, and what is remembered of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest

from nomis_client import (
    Call,
    CannotAsk,
    Contact,
    DayAvailability,
    ExistingVisit,
    FoundVisit,
    FoundVisitor,
    Location,
    NotUnderstood,
    PrisonSystem,
    Refused,
    Restriction,
    SlotTime,
    Version,
    VisitSlot,
)
from tests.support.raw_server import raw_server, replies
from tests.support.rest_clients import BORN, NUMBER, OFFENDER, Ear, rest_client, soon

DAY = date(2026, 12, 14)
SLOT = "2026-12-14T14:00/15:00"
Ask = Callable[[PrisonSystem, Call], Awaitable[object]]

FIND: Ask = lambda client, call: client.find_offender(NUMBER, BORN, call)  # noqa: E731
LOCATE: Ask = lambda client, call: client.location(NUMBER, call)  # noqa: E731
CONTACTS: Ask = lambda client, call: client.contacts(OFFENDER, call)  # noqa: E731
DATES: Ask = lambda client, call: client.available_dates(OFFENDER, DAY, DAY, call)  # noqa: E731
DAYS: Ask = lambda client, call: client.unavailability(OFFENDER, [DAY, date(2026, 12, 15)], call)  # noqa: E731
RESTRICTIONS: Ask = lambda client, call: client.restrictions(OFFENDER, call)  # noqa: E731
SLOTS: Ask = lambda client, call: client.slots("LEI", DAY, date(2026, 12, 20), call)  # noqa: E731
FOUND: Ask = lambda client, call: client.find_by_reference(OFFENDER, "7f3c-0", call)  # noqa: E731
VERSION: Ask = lambda client, call: client.version(call)  # noqa: E731

CONTACT = {
    "id": 99000000001,
    "given_name": " ADA",
    "surname": "O'LOVELACE-KING ",
    "gender": {},
    "date_of_birth": "1985-12-10",
    "relationship_type": {"code": "SIS", "desc": "Sister"},
    "contact_type": {"code": "S", "desc": "Social"},
    "approved_visitor": True,
    "active": False,
    "restrictions": [{"type": {"code": "BAN"}, "effective_date": "2026-01-02", "comment_text": "x"}],
    "something_new": [1],
}
OFFERED = {
    "time": "2026-12-14T13:59/15:00",
    "capacity": 10,
    "max_groups": 5,
    "max_adults": 8,
    "groups_booked": 1,
    "visitors_booked": 2,
    "adults_booked": 2,
}

ANSWERS = [
    pytest.param(
        FIND,
        "/lookup/active_offender?noms_id=A1234BC&date_of_birth=1971-12-26",
        {"found": True, "offender": {"id": 1057307}},
        1057307,
        id="found",
    ),
    pytest.param(
        FIND, "/lookup/active_offender?noms_id=A1234BC&date_of_birth=1971-12-26", {"found": False}, None, id="not found"
    ),
    pytest.param(
        LOCATE,
        "/offenders/A1234BC/location",
        {
            "establishment": {"code": "lei", "desc": "LEEDS (HMP)"},
            "housing_location": {"description": "LEI-A-1", "levels": []},
        },
        Location("LEI", "LEI-A-1"),
        id="location",
    ),
    pytest.param(
        LOCATE,
        "/offenders/A1234BC/location",
        {"establishment": {"code": "LEI"}},
        Location("LEI"),
        id="location without housing",
    ),
    pytest.param(
        CONTACTS,
        "/offenders/1057307/visits/contact_list",
        {"contacts": [CONTACT]},
        (
            Contact(
                id=99000000001,
                given_name=" ADA",
                middle_names="",
                surname="O'LOVELACE-KING ",
                date_of_birth=date(1985, 12, 10),
                contact_type="S",
                relationship="SIS",
                approved=True,
                active=False,
                restrictions=(Restriction("BAN", date(2026, 1, 2)),),
            ),
        ),
        id="contacts",
    ),
    pytest.param(
        DATES,
        "/offenders/1057307/visits/available_dates?start_date=2026-12-14&end_date=2026-12-14",
        {"dates": ["2026-12-14"]},
        frozenset({DAY}),
        id="available dates",
    ),
    pytest.param(
        DAYS,
        "/offenders/1057307/visits/unavailability?dates=2026-12-14,2026-12-15",
        {
            "2026-12-14": {
                "external_movement": False,
                "existing_visits": [{"id": 5915, "slot": r"2026-12-14T14:00/15:01"}],
                "out_of_vo": True,
                "banned": False,
            }
        },
        {DAY: DayAvailability(False, True, False, (ExistingVisit(5915, SlotTime("2026-12-14T14:00/15:01", SLOT)),))},
        id="unavailability",
    ),
    pytest.param(
        RESTRICTIONS,
        "/offenders/1057307/visits/restrictions",
        {"restrictions": [{"type": {"code": "CLOSED"}, "effective_date": "2026-01-02", "expiry_date": "2026-02-03"}]},
        (Restriction("CLOSED", date(2026, 1, 2), date(2026, 2, 3)),),
        id="restrictions",
    ),
    pytest.param(
        SLOTS,
        "/prison/LEI/slots?start_date=2026-12-14&end_date=2026-12-20",
        {"slots": [OFFERED]},
        (VisitSlot(SlotTime("2026-12-14T13:59/15:00", SLOT), 10, 5, 8, 1, 2, 2),),
        id="slots",
    ),
    pytest.param(
        FOUND,
        "/offenders/1057307/visits?client_unique_ref=7f3c-0",
        {
            "visits": [
                {
                    "visit_id": 5984,
                    "client_unique_ref": "7f3c-0",
                    "slot": SLOT,
                    "visit_status": {"code": "SCH"},
                    "visitors": [{"id": 13428, "lead": True}],
                }
            ]
        },
        (FoundVisit(5984, "7f3c-0", SlotTime(SLOT, SLOT), "SCH", (FoundVisitor(13428, True),)),),
        id="found by reference",
    ),
    pytest.param(FOUND, "/offenders/1057307/visits?client_unique_ref=7f3c-0", {"visits": []}, (), id="none found"),
    pytest.param(VERSION, "/version", {"version": "1.2"}, Version("1.2"), id="version"),
]


@pytest.mark.parametrize(("ask", "path", "body", "value"), ANSWERS)
async def test_a_good_reply_becomes_a_value_in_our_words(ask: Ask, path: str, body: object, value: object) -> None:
    async with raw_server(replies(200, body)) as server, rest_client(server) as client:
        assert await ask(client, soon(request_id="request-1")) == value
    (request,) = server.requests
    assert (request.method, request.target) == ("GET", "/nomisapi" + path)
    assert request.headers["accept"] == "application/json"
    assert request.headers["x-request-id"] == "request-1"
    assert "authorization" not in request.headers


async def test_a_slash_may_come_escaped() -> None:
    spelled = '{"slots": [{"time": "2026-12-14T14:00\\/15:00", "capacity": 1, "max_groups": 1, "max_adults": 1, '
    spelled += '"groups_booked": 0, "visitors_booked": 0, "adults_booked": 0}]}'
    async with raw_server(replies(200, spelled)) as server, rest_client(server) as client:
        (slot,) = await client.slots("LEI", DAY, DAY, soon())
    assert slot.time == SlotTime(SLOT, SLOT)


@pytest.mark.parametrize("base", ["/nomisapi", "/api/v1", "/api/v1/"])
async def test_the_base_path_is_whatever_is_configured(base: str) -> None:
    async with (
        raw_server(replies(200, {"version": "1"})) as server,
        rest_client(server, base_url=server.url + base) as client,
    ):
        await client.version(soon())
    assert server.requests[0].target == base.rstrip("/") + "/version"


async def test_restrictions_that_are_configured_away_are_not_asked() -> None:
    async with raw_server(replies(200, {})) as server, rest_client(server, restrictions=False) as client:
        with pytest.raises(CannotAsk):
            await RESTRICTIONS(client, soon())
    assert server.requests == []


async def test_a_404_to_restrictions_is_unknown_not_none() -> None:
    ear = Ear()
    async with raw_server(replies(404, b"")) as server, rest_client(server, ear) as client:
        with pytest.raises(NotUnderstood):
            await RESTRICTIONS(client, soon())
    assert ear.defects == [("restrictions", "restrictions_not_found")]


async def test_no_dates_need_no_call() -> None:
    async with raw_server(replies(200, {})) as server, rest_client(server) as client:
        assert await client.unavailability(OFFENDER, [], soon()) == {}
    assert server.requests == []


class TestFindByReference:
    """404 and 405 on this call mean "can't be asked", never "there is none"."""

    @pytest.mark.parametrize("status", [404, 405])
    async def test_auto_learns_that_it_cannot(self, status: int) -> None:
        async with raw_server(replies(status, b"")) as server, rest_client(server) as client:
            assert client.finds_by_reference
            for _ in range(2):
                with pytest.raises(CannotAsk):
                    await FOUND(client, soon())
            assert not client.finds_by_reference
        assert len(server.requests) == 1

    async def test_auto_that_was_answered_once_does_not_unlearn_it(self) -> None:
        """Then a 404 is about this prisoner, and would take the evidence from all the others."""
        answers = (replies(200, {"visits": []}), replies(404, b""), replies(200, {"visits": []}))
        async with raw_server(*answers) as server, rest_client(server) as client:
            await FOUND(client, soon())
            with pytest.raises(CannotAsk):
                await FOUND(client, soon())
            assert client.finds_by_reference
            assert await FOUND(client, soon()) == ()

    async def test_true_keeps_asking(self) -> None:
        async with raw_server(replies(404, b"")) as server, rest_client(server, find_by_ref=True) as client:
            with pytest.raises(CannotAsk):
                await FOUND(client, soon())
            assert client.finds_by_reference

    async def test_false_never_asks(self) -> None:
        async with raw_server(replies(404, b"")) as server, rest_client(server, find_by_ref=False) as client:
            assert not client.finds_by_reference
            with pytest.raises(CannotAsk):
                await FOUND(client, soon())
        assert server.requests == []

    async def test_in_transit_proves_nothing(self) -> None:
        answer = replies(400, {"error": {"message": "Offender is out or in transit"}})
        async with raw_server(answer) as server, rest_client(server) as client:
            with pytest.raises(Refused, match="in_transit"):
                await FOUND(client, soon())
            assert client.finds_by_reference


class TestMemory:
    async def test_an_offender_id_is_recalled_with_its_birth_date_only(self) -> None:
        answer = replies(200, {"found": True, "offender": {"id": 7}})
        async with raw_server(answer) as server, rest_client(server) as client:
            assert client.recall_offender(NUMBER, BORN) is None
            await FIND(client, soon())
            assert client.recall_offender(NUMBER, BORN) == 7
            assert client.recall_offender(NUMBER, date(1990, 1, 1)) is None

    async def test_not_found_forgets(self) -> None:
        answers = (replies(200, {"found": True, "offender": {"id": 7}}), replies(200, {"found": False}))
        async with raw_server(*answers) as server, rest_client(server) as client:
            await FIND(client, soon())
            await FIND(client, soon())
            assert client.recall_offender(NUMBER, BORN) is None

    async def test_slots_for_display_are_fetched_once_for_many(self) -> None:
        async with raw_server(replies(200, {"slots": []})) as server, rest_client(server) as client:
            answers = await asyncio.gather(*(client.recent_slots("LEI", DAY, DAY, soon()) for _ in range(20)))
            assert answers == [()] * 20
            assert len(server.requests) == 1
            await client.slots("LEI", DAY, DAY, soon())
        assert len(server.requests) == 2

    async def test_slots_for_display_are_not_kept_where_that_is_switched_off(self) -> None:
        settings: dict[str, Any] = {"slots_cache_seconds": 0}
        async with raw_server(replies(200, {"slots": []})) as server, rest_client(server, **settings) as client:
            await client.recent_slots("LEI", DAY, DAY, soon())
            await client.recent_slots("LEI", DAY, DAY, soon())
        assert len(server.requests) == 2
