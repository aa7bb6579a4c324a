"""The REST face on a real socket: paths, statuses, and JSON letter by letter."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from nomis_client.fake.entities import Allowance, Contact, Restriction
from nomis_client.fake.installation import Installation
from tests.support.fake_nomis import (
    BORN,
    DAY,
    LEAD,
    NUMBER,
    OFFENDER,
    OTHER,
    SLOT,
    TODAY,
    a_contact,
    a_prisoner,
    a_session,
    a_site,
    a_world,
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


SEVERAL = {"lead_contact": 1, "other_contacts": (2,)}
LEAD_TEXT, OTHER_TEXT = "Lead visitor is not an approved contact", "Visitor 2 is not an approved contact"
SHAPES = [
    ({}, SEVERAL, 400, {"errors": [{"message": LEAD_TEXT}, {"message": OTHER_TEXT}]}),
    ({"error_shape": "error"}, SEVERAL, 400, {"error": {"message": LEAD_TEXT}}),
    ({}, {"offender_id": 5}, 404, {"errors": [{"message": "Offender Not Found"}]}),
    ({"error_shape": "error"}, {"offender_id": 5}, 404, {"error": {"message": "Offender Not Found"}}),
]


@pytest.mark.parametrize(("installation", "order", "status", "body"), SHAPES)
async def test_a_refused_booking_comes_in_the_installations_shape(
    installation: dict[str, Any], order: dict[str, Any], status: int, body: dict[str, Any]
) -> None:
    async with a_site() as site:
        site.prisons.install(**installation)
        assert await site.book(an_order(**order)) == (status, body)


@pytest.mark.parametrize(
    ("installation", "status", "body"),
    [
        ({}, 409, {"error": {"message": "Duplicate post"}}),
        ({"duplicate_status": 400}, 400, {"errors": [{"message": "Duplicate post"}]}),
    ],
)
async def test_a_duplicate_comes_in_two_shapes(installation: dict[str, Any], status: int, body: dict[str, Any]) -> None:
    async with a_site() as site:
        site.prisons.install(**installation)
        await site.book()
        assert await site.book() == (status, body)


@pytest.mark.parametrize("status", [400, 423])
async def test_locked_comes_with_two_statuses_for_both_writes(status: int) -> None:
    async with a_site() as site:
        site.prisons.install(locked_status=status)
        await site.book()
        site.prisons.hand("lock", noms_id=NUMBER)
        locked = {"message": "Resource is locked"}
        assert await site.book(an_order(reference="ref-2")) == (status, {"errors": [locked]})
        assert await site.cancel(5984) == (status, {"error": locked})


async def test_no_such_offender_is_a_404_without_a_word() -> None:
    async with a_site() as site:
        for path in ("contact_list", "unavailability?dates=2026-12-14", "restrictions"):
            assert await site.get(f"/offenders/5/visits/{path}") == (404, "")


@pytest.mark.parametrize(
    "path",
    [
        "/lookup/active_offender?noms_id=nonsense&date_of_birth=1971-12-26",
        f"/lookup/active_offender?noms_id={NUMBER}&date_of_birth=26-12-1971",
        f"/lookup/active_offender?noms_id={NUMBER}",
        "/offenders/abc/visits/contact_list",
        f"/offenders/{OFFENDER}/visits/unavailability?dates={TODAY}",
        f"/offenders/{OFFENDER}/visits/unavailability?dates=",
        f"/offenders/{OFFENDER}/visits",
        "/prison/LEI/slots?start_date=2026-11-29&end_date=2026-12-14",
        "/prison/LEI/slots?start_date=2026-12-01&end_date=2027-03-01",
    ],
)
@pytest.mark.parametrize("shape", ["error", "problem"])
async def test_a_question_that_isnt_one_is_answered_400_in_the_installations_shape(path: str, shape: str) -> None:
    async with a_site() as site:
        site.prisons.install(failure_shape=shape)
        status, body = await site.get(path)
        assert status == 400
        if shape == "error":
            assert set(body) == {"error"} and body["error"]["message"]
        else:
            assert body["status"] == 400 and body["userMessage"] and body["developerMessage"].startswith("ORA-")


@pytest.mark.parametrize(
    "change",
    [
        {"lead_contact": "13428"},
        {"lead_contact": True},
        {"other_contacts": ["1"]},
        {"slot": None},
        {"client_unique_ref": None},
        {"override_vo_balance": "yes"},
        {"slot": "2026-12-14 14:00"},
    ],
)
async def test_an_ill_formed_booking_is_refused_and_books_nothing(change: dict[str, Any]) -> None:
    async with a_site() as site:
        url = f"{site.server.base_url}/offenders/{OFFENDER}/visits/booking"
        body = {"lead_contact": LEAD, "other_contacts": [], "slot": SLOT, "client_unique_ref": "ref-1"}
        async with site.http.post(url, json=body | change) as response:
            assert response.status == 400
        async with site.http.post(url, data=b"{not json") as response:
            assert response.status == 400
        assert not list(site.prisons.state.world.visits.values())
        async with site.http.post(url, json=body) as response:
            assert response.status == 200


@pytest.mark.parametrize(("find_by_ref", "status"), [("404", 404), ("405", 405)])
async def test_an_installation_that_cant_find_by_reference_says_so_without_a_body(
    find_by_ref: str, status: int
) -> None:
    async with a_site() as site:
        site.prisons.install(find_by_ref=find_by_ref)
        assert await site.get(f"/offenders/{OFFENDER}/visits?client_unique_ref=ref-1") == (status, "")


async def test_in_transit_finding_is_answered_400() -> None:
    async with a_site(a_prisoner(in_transit=True)) as site:
        assert await site.get(f"/offenders/{OFFENDER}/visits?client_unique_ref=ref-1") == (
            400,
            {"error": {"message": "Offender is out or in transit"}},
        )


async def test_unknown_paths_are_404() -> None:
    async with a_site() as site:
        assert (await site.get("/nothing/here"))[0] == 404


def test_the_defaults_are_the_newest_installation() -> None:
    assert a_world().state.installation == Installation()


async def test_names_arrive_as_they_are_stored() -> None:
    async with a_site(a_prisoner(contacts=(a_contact(1, given_name=" MARY-JANE "),))) as site:
        _, body = await site.get(f"/offenders/{OFFENDER}/visits/contact_list")
        assert body["contacts"][0]["given_name"] == " MARY-JANE "
