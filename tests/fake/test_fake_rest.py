"""The REST face on a real socket: paths, statuses, and JSON letter by letter."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from nomis_client.fake.entities import Allowance, Contact, Restriction
from tests.support.fake_nomis import (
    BORN,
    DAY,
    LEAD,
    NUMBER,
    OFFENDER,
    OTHER,
    SLOT,
    TODAY,
    a_prisoner,
    a_session,
    a_site,
    an_order,
)

BASES = ("/nomisapi", "/api/v1")
LOOK_UP = f"/lookup/active_offender?noms_id={NUMBER}&date_of_birth={BORN}"
SLOTS = f"/prison/LEI/slots?start_date={TODAY}&end_date={DAY}"


@pytest.mark.parametrize("base", BASES)
async def test_both_base_paths_serve_one_state(base: str) -> None:
    async with a_site() as site:
        assert await site.get(LOOK_UP, base) == (200, {"found": True, "offender": {"id": OFFENDER}})
        status, booked = await site.book(base=base)
        assert (status, booked["visit_id"]) == (200, 5984)
        found = await site.get(f"/offenders/{OFFENDER}/visits?client_unique_ref=ref-1", "/nomisapi")
        assert found[1]["visits"][0]["visit_id"] == 5984
        assert await site.get("/health", base) == (200, {"status": "UP"})
        assert (await site.get("/version", base))[0] == 200


async def test_nobody_is_found_without_a_word_about_an_offender() -> None:
    async with a_site() as site:
        assert await site.get(LOOK_UP.replace("1971", "1972")) == (200, {"found": False})


async def test_the_location_leaves_out_what_is_null() -> None:
    async with a_site(a_prisoner(housing="LEI-A-2-003")) as site:
        status, body = await site.get(f"/offenders/{NUMBER}/location")
        assert (status, body) == (
            200,
            {
                "establishment": {"code": "LEI", "desc": "LEEDS (HMP)"},
                "housing_location": {"description": "LEI-A-2-003", "levels": ["A", "2", "003"]},
            },
        )
        site.prisons.hand("transfer", noms_id=NUMBER, prison="CFI")
        assert await site.get(f"/offenders/{NUMBER}/location") == (
            200,
            {"establishment": {"code": "CFI", "desc": "CARDIFF (HMP)"}},
        )


CONTACTS: list[tuple[Contact, dict[str, Any]]] = [
    (
        Contact(id=5_000_000_001, given_name=" SIÂN", surname="O'NEILL "),
        {
            "id": 5_000_000_001,
            "given_name": " SIÂN",
            "surname": "O'NEILL ",
            "gender": {},
            "relationship_type": {"code": "FRI", "desc": "Friend"},
            "contact_type": {"code": "S", "desc": "Social/Family"},
            "approved_visitor": True,
            "active": True,
            "restrictions": [],
        },
    ),
    (
        Contact(
            id=2,
            given_name="A",
            middle_names="B C",
            surname="D",
            date_of_birth=BORN,
            gender="F",
            relationship="SOL",
            contact_type="O",
            approved=False,
            active=False,
            restrictions=(
                Restriction(type="BAN", effective_date=TODAY, expiry_date=DAY, comment_text="was loud"),
                Restriction(type="CCTV", effective_date=TODAY),
            ),
        ),
        {
            "id": 2,
            "given_name": "A",
            "middle_names": "B C",
            "surname": "D",
            "date_of_birth": "1971-12-26",
            "gender": {"code": "F", "desc": "Female"},
            "relationship_type": {"code": "SOL", "desc": "Solicitor"},
            "contact_type": {"code": "O", "desc": "Official"},
            "approved_visitor": False,
            "active": False,
            "restrictions": [
                {
                    "type": {"code": "BAN", "desc": "Banned"},
                    "effective_date": "2026-11-30",
                    "expiry_date": "2026-12-14",
                    "comment_text": "was loud",
                },
                {"type": {"code": "CCTV", "desc": "CCTV"}, "effective_date": "2026-11-30"},
            ],
        },
    ),
]


@pytest.mark.parametrize(("contact", "spelled"), CONTACTS, ids=["as little as possible", "everything"])
async def test_a_contact_is_spelled_as_the_contract_has_it(contact: Contact, spelled: dict[str, Any]) -> None:
    async with a_site(a_prisoner(contacts=(contact,))) as site:
        assert await site.get(f"/offenders/{OFFENDER}/visits/contact_list") == (200, {"contacts": [spelled]})


async def test_days_slots_dates_and_restrictions_are_spelled_as_the_contract_has_them() -> None:
    closed = Restriction(type="CLOSED", effective_date=date(2020, 1, 1), expiry_date=date(2020, 2, 1))
    async with a_site(a_prisoner(restrictions=(closed,)), a_session()) as site:
        await site.book()
        visits = f"/offenders/{OFFENDER}/visits"
        assert await site.get(f"{visits}/unavailability?dates=2026-12-01,{DAY}") == (
            200,
            {
                "2026-12-01": {"external_movement": False, "existing_visits": [], "out_of_vo": False, "banned": False},
                "2026-12-14": {
                    "external_movement": False,
                    "existing_visits": [{"id": 5984, "slot": SLOT}],
                    "out_of_vo": False,
                    "banned": False,
                },
            },
        )
        assert await site.get(SLOTS) == (
            200,
            {
                "slots": [
                    {
                        "time": SLOT,
                        "capacity": 60,
                        "max_groups": 10,
                        "max_adults": 30,
                        "groups_booked": 1,
                        "visitors_booked": 2,
                        "adults_booked": 2,
                    }
                ]
            },
        )
        assert await site.get(f"{visits}/available_dates?start_date={TODAY}&end_date={DAY}") == (
            200,
            {"dates": ["2026-12-14"]},
        )
        assert await site.get(f"{visits}/restrictions") == (
            200,
            {
                "restrictions": [
                    {
                        "type": {"code": "CLOSED", "desc": "Closed"},
                        "effective_date": "2020-01-01",
                        "expiry_date": "2020-02-01",
                    }
                ]
            },
        )


async def test_a_booking_a_look_up_and_a_cancellation() -> None:
    async with a_site() as site:
        assert await site.book(an_order(other_contacts=(OTHER,))) == (
            200,
            {
                "visit_id": 5984,
                "visit_order": {"number": 2026000000001, "type": {"code": "VO", "desc": "Visiting Order"}},
            },
        )
        assert await site.get(f"/offenders/{OFFENDER}/visits?client_unique_ref=ref-1") == (
            200,
            {
                "visits": [
                    {
                        "visit_id": 5984,
                        "client_unique_ref": "ref-1",
                        "slot": SLOT,
                        "visit_status": {"code": "SCH"},
                        "visitors": [{"id": LEAD, "lead": True}, {"id": OTHER, "lead": False}],
                    }
                ]
            },
        )
        assert await site.cancel(5984) == (200, {"message": "Visit Cancelled"})
        assert await site.cancel(5984) == (400, {"error": {"message": "Visit already cancelled"}})
        assert await site.cancel(1) == (404, {"error": {"message": "Visit not found"}})
        assert await site.cancel(5984, "X") == (400, {"error": {"message": "Invalid cancellation code"}})


async def test_a_prisoner_without_orders_gets_no_visit_order() -> None:
    async with a_site(a_prisoner(allowance=Allowance.NONE_NEEDED)) as site:
        assert await site.book() == (200, {"visit_id": 5984})


@pytest.mark.parametrize(("escape", "spelled"), [(True, b"14:00\\/15:00"), (False, b"14:00/15:00")])
async def test_slashes_may_arrive_escaped(escape: bool, spelled: bytes) -> None:
    async with a_site(a_session()) as site:
        site.prisons.install(escape_slashes=escape)
        async with site.http.get(site.server.base_url + SLOTS) as response:
            assert spelled in await response.read()
