"""How the REST face says no: statuses and shapes, by installation."""

from __future__ import annotations

from typing import Any

import pytest

from nomis_client.fake.installation import Installation
from tests.support.fake_nomis import (
    LEAD,
    NUMBER,
    OFFENDER,
    SLOT,
    TODAY,
    a_contact,
    a_prisoner,
    a_site,
    a_world,
    an_order,
)

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
