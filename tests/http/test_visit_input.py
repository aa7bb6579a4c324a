"""POST /api/visits: what is wrong with a request, in the contract's order and words; no value comes back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api_client import ApiClient
from tests.support.api_site import OFF, SHUT, Site

INVALID = "Invalid parameter: "
ORDER = ("prison_id", "prisoner", "visitors", "contact_email_address", "contact_phone_no", "slot_options")
SLOTS = "slot_options must contain >= slot"


def _person(**changes: Any) -> dict[str, Any]:
    return {"first_name": "Ada", "last_name": "Lovelace", "date_of_birth": "1985-12-10", **changes}


def _prisoner(**changes: Any) -> dict[str, Any]:
    person = _person(first_name="Charles", last_name="Babbage", date_of_birth="1971-12-26", number="A1234BC")
    return {**person, **changes}


def _without(person: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in person.items() if name != key}


@pytest.mark.parametrize("null", [True, False], ids=["null", "left out"])
async def test_the_first_missing_key_is_named(api: ApiClient, site: Site, null: bool) -> None:
    for place, name in enumerate(ORDER):
        body = site.request()
        for gone in ORDER[place:]:
            if null:
                body[gone] = None
            else:
                del body[gone]
        reply = await api.post("/api/visits", body)
        assert (reply.status, reply.message) == (422, f"Missing parameter: {name}")
        assert reply.json()["errors"] == [{"pointer": f"/{name}", "detail": "is missing"}]


@pytest.mark.parametrize(
    "prison_id", ["", "x", "LEI", 7, True, [], {}, "00000000-0000-4000-8000-000000000000", "\x00", "\N{SNOWMAN}" * 40]
)
async def test_a_prison_that_is_not_known_is_not_found(api: ApiClient, site: Site, prison_id: Any) -> None:
    reply = await api.post("/api/visits", site.request(prison_id=prison_id, prisoner="wrong too"))
    assert (reply.status, reply.message) == (404, "Not found")


@pytest.mark.parametrize("prison", [SHUT, OFF], ids=lambda prison: prison.name)
async def test_a_prison_out_of_use_takes_no_requests(api: ApiClient, site: Site, prison: Any) -> None:
    reply = await api.post("/api/visits", site.request(prison_id=prison.id, prisoner="wrong too"))
    assert (reply.status, reply.message) == (422, "Invalid parameter: prison_id")


CASES: list[tuple[dict[str, Any], str, str]] = [
    # -- lists that nobody reads to their end
    ({"visitors": [{}] * 10_000}, "visitors (visitor 1: first_name is missing)", "/visitors/0/first_name"),
    ({"visitors": [_person()] * 500}, "visitors (must be 1 to 6)", "/visitors"),
    ({"slot_options": [{}] * 10_000}, "slot_options (choice 1 is not a slot)", "/slot_options/0"),
    ({"slot_options": [""] * 10_000}, SLOTS, "/slot_options"),
    # -- the prisoner
    ({"prisoner": "Charles"}, "prisoner (must be an object)", "/prisoner"),
    ({"prisoner": []}, "prisoner (must be an object)", "/prisoner"),
    ({"prisoner": _without(_prisoner(), "number")}, "prisoner (number is missing)", "/prisoner/number"),
    ({"prisoner": _prisoner(number=None)}, "prisoner (number must be a string)", "/prisoner/number"),
    ({"prisoner": _prisoner(number="A123BC")}, "prisoner (number is not a prisoner number)", "/prisoner/number"),
    ({"prisoner": _prisoner(number="A1234BC\x00")}, "prisoner (number is not", "/prisoner/number"),
    ({"prisoner": _prisoner(first_name=" ")}, "prisoner (first_name ", "/prisoner/first_name"),
    ({"prisoner": _prisoner(first_name=5)}, "prisoner (first_name must be a string)", "/prisoner/first_name"),
    ({"prisoner": _prisoner(last_name="B" * 31)}, "prisoner (last_name ", "/prisoner/last_name"),
    ({"prisoner": _prisoner(last_name="<b>")}, "prisoner (last_name ", "/prisoner/last_name"),
    ({"prisoner": _prisoner(last_name="a\x00b")}, "prisoner (last_name ", "/prisoner/last_name"),
    ({"prisoner": _prisoner(date_of_birth="2001-02-29")}, "prisoner (date_of_birth is not", "/prisoner/date_of_birth"),
    ({"prisoner": _prisoner(date_of_birth="20010228")}, "prisoner (date_of_birth is not", "/prisoner/date_of_birth"),
    ({"prisoner": _prisoner(date_of_birth="2999-01-01")}, "prisoner (date_of_birth is in", "/prisoner/date_of_birth"),
    # -- the visitors
    ({"visitors": []}, "visitors (must be 1 to 6)", "/visitors"),
    ({"visitors": "Ada"}, "visitors (must be a list)", "/visitors"),
    ({"visitors": {}}, "visitors (must be a list)", "/visitors"),
    ({"visitors": [_person()] * 7}, "visitors (must be 1 to 6)", "/visitors"),
    ({"visitors": [None]}, "visitors (visitor 1: must be an object)", "/visitors/0"),
    ({"visitors": [_person(), 5]}, "visitors (visitor 2: must be an object)", "/visitors/1"),
    ({"visitors": [{}]}, "visitors (visitor 1: first_name is missing)", "/visitors/0/first_name"),
    ({"visitors": [_person(last_name="")]}, "visitors (visitor 1: last_name ", "/visitors/0/last_name"),
    ({"visitors": [_person(date_of_birth="2015-01-01")]}, "visitors (the lead", "/visitors/0/date_of_birth"),
    ({"visitors": [_person()] * 4}, "visitors (at most 3", "/visitors"),
    # -- the choices
    ({"slot_options": []}, SLOTS, "/slot_options"),
    ({"slot_options": "2026-12-14T14:15/16:15"}, SLOTS, "/slot_options"),
    ({"slot_options": {"0": "2026-12-14T14:15/16:15"}}, SLOTS, "/slot_options"),
    ({"slot_options": [None]}, SLOTS, "/slot_options"),
    ({"slot_options": [""]}, SLOTS, "/slot_options"),
    ({"slot_options": [5]}, "slot_options (choice 1 is not a slot)", "/slot_options/0"),
    ({"slot_options": ["tomorrow"]}, "slot_options (choice 1 is not a slot)", "/slot_options/0"),
    ({"slot_options": ["2026-12-14T14:15/13:15"]}, "slot_options (choice 1 is not a slot)", "/slot_options/0"),
    ({"slot_options": ["2027-03-28T01:15/01:45"]}, "slot_options (choice 1 is not a slot)", "/slot_options/0"),
    ({"slot_options": ["2026-12-07T14:15/16:15"]}, "slot_options (choice 1 cannot be booked)", "/slot_options/0"),
    ({"slot_options": ["2026-11-30T14:00/15:00"]}, "slot_options (choice 1 cannot be booked)", "/slot_options/0"),
    ({"slot_options": ["2027-12-07T14:00/15:00"]}, "slot_options (choice 1 cannot be booked)", "/slot_options/0"),
    # -- how the visitor is reached
    ({"contact_email_address": 5}, "contact_email_address", "/contact_email_address"),
    ({"contact_email_address": ""}, "contact_email_address", "/contact_email_address"),
    ({"contact_email_address": "ada@example.com, b@example.com"}, "contact_email_address", "/contact_email_address"),
    ({"contact_email_address": "Ada <ada@example.com>"}, "contact_email_address", "/contact_email_address"),
    ({"contact_email_address": "ada@example.com\nBcc: x@example.com"}, "contact_email_address", "/contact_email_addr"),
    ({"contact_phone_no": []}, "contact_phone_no", "/contact_phone_no"),
    ({"contact_phone_no": "999"}, "contact_phone_no", "/contact_phone_no"),
    ({"contact_phone_no": "call me"}, "contact_phone_no", "/contact_phone_no"),
    # -- the language
    ({"locale": "fr"}, "locale", "/locale"),
    ({"locale": 5}, "locale", "/locale"),
]


@pytest.mark.parametrize(("changes", "detail", "pointer"), CASES)
async def test_what_is_wrong_is_said(
    api: ApiClient, site: Site, changes: dict[str, Any], detail: str, pointer: str
) -> None:
    reply = await api.post("/api/visits", site.request(**changes))
    assert reply.status == 422
    assert reply.message.startswith(INVALID + detail)
    assert reply.json()["detail"] == reply.message
    assert reply.json()["errors"][0]["pointer"].startswith(pointer)
    assert not site.bookings.visits


async def test_parts_are_judged_in_the_contracts_order_whatever_is_wrong_with_them(api: ApiClient, site: Site) -> None:
    """Wrong types and broken rules come in one order."""
    wrong: dict[str, tuple[Any, Any]] = {  # a wrong type, a broken rule
        "prisoner": ("x", _prisoner(number="x")),
        "visitors": ("x", []),
        "slot_options": ([5], ["x"]),
        "contact_email_address": (5, "x"),
        "contact_phone_no": (5, "x"),
    }
    parts = list(wrong)
    for place, part in enumerate(parts):
        for first in (0, 1):
            later = {name: wrong[name][1 - first] for name in parts[place + 1 :]}
            reply = await api.post("/api/visits", site.request(**{part: wrong[part][first], **later}))
            assert reply.message.startswith(INVALID + part), reply.message
            found = [error["pointer"].split("/")[1] for error in reply.json()["errors"]]
            assert list(dict.fromkeys(found)) == parts[place:]


async def test_no_error_repeats_what_was_sent(api: ApiClient, site: Site) -> None:
    planted = "Zaphod"
    person = dict.fromkeys(("first_name", "last_name", "date_of_birth", "number", planted), planted)
    body = {
        **site.request(),
        "prisoner": {**person, "first_name": planted * 9},
        "visitors": [person, {planted: planted}, planted],
        "slot_options": [planted, {planted: 1}, planted],
        "contact_email_address": planted,
        "contact_phone_no": planted,
        "locale": planted,
        planted: planted,
    }
    for part in (None, "visitors", "slot_options", "prisoner"):
        if part is not None:
            body[part] = site.request()[part]
        reply = await api.post("/api/visits", body, headers={"X-Request-Id": f"{planted}/"})
        assert reply.status == 422
        assert planted.encode() not in reply.body


async def test_the_list_of_faults_is_bounded(api: ApiClient, site: Site) -> None:
    reply = await api.post("/api/visits", site.request(visitors=[1] * 5000))
    assert reply.status == 422
    assert len(reply.json()["errors"]) == 20


async def test_unknown_keys_are_ignored_and_choices_named_twice_count_once(api: ApiClient, site: Site) -> None:
    first, second, _ = site.choices()
    body = site.request(
        slot_options=[first, first, second],
        prisoner={**_prisoner(number=" a1234bc "), "nickname": [[]]},
        visitors=[{**_person(first_name=" Ada "), "id": 5}],
        unknown={"deep": [[[None]]]},
    )
    visit = (await api.post("/api/visits", body)).json()["visit"]
    assert visit["slots"] == [first, second]
    request = site.bookings.wanted[0].request
    assert request.prisoner.number == "A1234BC"
    assert request.visitors[0].first_name == "Ada"
    assert request.phone == "+441632960123"


@pytest.mark.parametrize("blank", [None, ""])
async def test_second_and_third_choice_may_be_blank(api: ApiClient, site: Site, blank: str | None) -> None:
    first, _, third = site.choices()
    made = await api.post("/api/visits", site.request(slot_options=[first, blank, third]))
    assert made.json()["visit"]["slots"] == [first, third]


LANGUAGES = [
    ("cy", "en", "cy"),
    ("en", "cy", "en"),
    ("en-GB,en;q=0.9", "cy", "en"),
    ("cy-GB, en;q=0.5", None, "cy"),
    ("fr, cy;q=0.2, en;q=0.1", None, "cy"),
    ("en;q=0, cy;q=0.1", None, "cy"),
    ("fr", "cy", "cy"),
    ("*", "cy", "cy"),
    ("en;q=0", "cy", "cy"),
    (None, "cy", "cy"),
    (None, None, "en"),
    ("fr", None, "en"),
    (";;,q=,en;q=9", None, "en"),
]


@pytest.mark.parametrize(("header", "locale", "language"), LANGUAGES)
async def test_the_language_is_the_best_of_the_header_else_the_bodys(
    api: ApiClient, site: Site, header: str | None, locale: str | None, language: str
) -> None:
    await api.post("/api/visits", site.request(locale=locale), headers={"Accept-Language": header})
    assert site.bookings.wanted[0].language == language


@pytest.mark.parametrize(
    ("header", "channel"), [(None, "web"), ("kiosk", "kiosk"), ("", "web"), ("K!", "web"), ("k" * 21, "web")]
)
async def test_the_channel_is_kept(api: ApiClient, site: Site, header: str | None, channel: str) -> None:
    await api.post("/api/visits", site.request(), headers={"X-Channel": header})
    assert site.bookings.wanted[0].channel == channel
