"""Slots, modes, validations and feedback: what is answered, and what is refused with which words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api_client import ApiClient
from tests.support.api_site import BORN, CARDIFF, LEEDS, OFF, SHUT, Site

SLOTS = {
    "prison_id": LEEDS.id,
    "prisoner_number": "A1234BC",
    "prisoner_dob": BORN.isoformat(),
    "start_date": "2026-12-07",
    "end_date": "2026-12-08",
}


def _slots(**changes: str | None) -> str:
    query = {**SLOTS, **changes}
    return "/api/slots?" + "&".join(f"{name}={value}" for name, value in query.items() if value is not None)


async def test_slots_need_every_parameter(api: ApiClient) -> None:
    for name in SLOTS:
        reply = await api.get(_slots(**{name: None}))
        assert (reply.status, reply.message) == (422, f"Missing parameter: {name}")


@pytest.mark.parametrize("prison_id", [SHUT.id, OFF.id, "x", "", "%00"])
async def test_slots_of_a_prison_out_of_use_are_not_found(api: ApiClient, prison_id: str) -> None:
    assert (await api.get(_slots(prison_id=prison_id))).status == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prisoner_number", "A123"),
        ("prisoner_number", ""),
        ("prisoner_number", "%00%ff"),
        ("prisoner_dob", "26/12/1971"),
        ("prisoner_dob", ""),
        ("start_date", "2026-02-30"),
        ("start_date", "20261207"),
        ("end_date", "2026-12-8"),
        ("end_date", "2026-12-06"),
        ("end_date", "%D9%A2%D9%A0%D9%A2%D9%A6-12-08"),
    ],
)
async def test_slots_refuse_what_does_not_parse(api: ApiClient, name: str, value: str) -> None:
    reply = await api.get(_slots(**{name: value}))
    assert (reply.status, reply.message) == (422, f"Invalid parameter: {name}")
    assert reply.json()["errors"][0]["pointer"] == f"/{name}"


async def test_no_slots_is_an_empty_object(api: ApiClient) -> None:
    assert (await api.get(_slots(start_date="2026-12-01", end_date="2026-12-01"))).json() == {"slots": {}}


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("", 422, "Missing parameter: prison_id"),
        ("?prison_id=", 404, "Not found"),
        ("?prison_id=x", 404, "Not found"),
        (f"?prison_id={CARDIFF.id}", 200, None),
    ],
)
async def test_the_mode_needs_a_prison(api: ApiClient, query: str, status: int, message: str | None) -> None:
    reply = await api.get(f"/api/mode{query}")
    assert reply.status == status
    assert reply.json().get("message") == message


PRISONER: list[tuple[dict[str, Any], int, Any]] = [
    ({}, 422, "Missing parameter: number"),
    ({"number": None, "date_of_birth": "x"}, 422, "Missing parameter: number"),
    ({"number": "A1234BC"}, 422, "Missing parameter: date_of_birth"),
    ({"number": 5, "date_of_birth": "1971-12-26"}, 422, "Invalid parameter: number"),
    ({"number": "A1234BC", "date_of_birth": "26-12-1971"}, 422, "Invalid parameter: date_of_birth"),
    ({"number": "A1234BC", "date_of_birth": 1971}, 422, "Invalid parameter: date_of_birth"),
    ({"number": "A123", "date_of_birth": "x"}, 422, "Invalid parameter: date_of_birth"),
    ({"number": "A123", "date_of_birth": "1971-12-26"}, 200, False),
    ({"number": "", "date_of_birth": "1971-12-26"}, 200, False),
    ({"number": "Z9999ZZ", "date_of_birth": "1971-12-26"}, 200, False),
    ({"number": "A1234BC", "date_of_birth": "1971-12-27"}, 200, False),
    ({"number": " a1234bc", "date_of_birth": "1971-12-26", "more": {}}, 200, True),
]


@pytest.mark.parametrize(("body", "status", "result"), PRISONER)
async def test_prisoners_are_validated(api: ApiClient, body: dict[str, Any], status: int, result: Any) -> None:
    reply = await api.post("/api/validations/prisoner", body)
    assert reply.status == status
    if status == 422:
        assert reply.message == result
    else:
        errors = {} if result else {"errors": ["prisoner_does_not_exist"]}
        assert reply.json() == {"validation": {"valid": result, **errors}}


async def test_what_is_ill_formed_is_not_asked_of_the_prison_system(api: ApiClient, site: Site) -> None:
    for body, _, _ in PRISONER:
        await api.post("/api/validations/prisoner", body)
    assert set(site.bookings.asked_prisoners) == {"A1234BC", "Z9999ZZ"}


ADULT, CHILD = "1985-12-10", "2020-05-12"


@pytest.mark.parametrize(
    ("lead", "born", "errors"),
    [
        (ADULT, [ADULT], []),
        (ADULT, [ADULT, CHILD, CHILD, CHILD, CHILD, CHILD], []),
        (CHILD, [CHILD], ["lead_visitor_age"]),
        (ADULT, [ADULT] * 4, ["too_many_adults"]),
        (CHILD, [CHILD, *[ADULT] * 6], ["lead_visitor_age", "too_many_visitors", "too_many_adults"]),
    ],
)
async def test_parties_are_validated(api: ApiClient, lead: str, born: list[str], errors: list[str]) -> None:
    body = {"prison_id": LEEDS.id, "lead_date_of_birth": lead, "dates_of_birth": born}
    expected = {"valid": False, "errors": errors} if errors else {"valid": True}
    assert (await api.post("/api/validations/visitors", body)).json() == {"validation": expected}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prison_id": None}, "Missing parameter: prison_id"),
        ({"lead_date_of_birth": None}, "Missing parameter: lead_date_of_birth"),
        ({"dates_of_birth": None}, "Missing parameter: dates_of_birth"),
        ({"prison_id": "x"}, "Invalid parameter: prison_id"),
        ({"prison_id": 5, "lead_date_of_birth": "x"}, "Invalid parameter: prison_id"),
        ({"lead_date_of_birth": "x"}, "Invalid parameter: lead_date_of_birth"),
        ({"lead_date_of_birth": [ADULT]}, "Invalid parameter: lead_date_of_birth"),
        ({"dates_of_birth": ADULT}, "Invalid parameter: dates_of_birth"),
        ({"dates_of_birth": [ADULT, None]}, "Invalid parameter: dates_of_birth"),
        ({"dates_of_birth": [ADULT, "2001-02-29"]}, "Invalid parameter: dates_of_birth"),
    ],
)
async def test_what_is_wrong_with_a_party_is_said(api: ApiClient, changes: dict[str, Any], message: str) -> None:
    body = {"prison_id": LEEDS.id, "lead_date_of_birth": ADULT, "dates_of_birth": [ADULT], **changes}
    reply = await api.post("/api/validations/visitors", body)
    assert (reply.status, reply.message) == (422, message)


@pytest.mark.parametrize(
    ("feedback", "message"),
    [
        (None, "Missing parameter: feedback"),
        ("text", "Invalid parameter: feedback (must be an object)"),
        ({}, "Body is required"),
        ({"body": None}, "Body is required"),
        ({"body": ""}, "Body is required"),
        ({"body": " \n"}, "Body is required"),
        ({"body": 5}, "Invalid parameter: feedback (body must be a string)"),
        ({"body": "x", "referrer": 5}, "Invalid parameter: feedback (referrer must be a string)"),
        ({"body": "x" * 10_001}, "Invalid parameter: feedback (body must have at most 10000 characters)"),
        ({"body": "a\x00b"}, "Invalid parameter: feedback (body must be text)"),
    ],
)
async def test_feedback_that_is_refused(api: ApiClient, site: Site, feedback: Any, message: str) -> None:
    reply = await api.post("/api/feedback", {"feedback": feedback})
    assert (reply.status, reply.message) == (422, message)
    assert not site.bookings.feedback


async def test_feedback_of_10000_characters_is_taken(api: ApiClient, site: Site) -> None:
    assert (await api.post("/api/feedback", {"feedback": {"body": "ŵ" * 10_000}})).status == 200
