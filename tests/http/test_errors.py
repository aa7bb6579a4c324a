"""Every error: its status, the frontend's message, the members of RFC 9457, and never HTML."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from adapter.booking.views import VisitView
from tests.support.api_client import ApiClient, api_client, send_raw
from tests.support.api_site import BORN, CARDIFF, LEEDS, OFF, SHUT, Site
from tests.support.memory_bookings import MemoryBookings

NOT_JSON = [
    b"",
    b"   ",
    b"not json",
    b"{",
    b"{'a': 1}",
    b'{"a": NaN}',
    b'{"a": Infinity}',
    b'{"a": 1,}',
    b'{"a": 01}',
    b'{"a": ' + b"9" * 5000 + b"}",
    b'{"a": "\xff"}',
    b'{"a": "\xed\xa0\x80"}',
    b'{"a": "\\ud800"}',
    b'{"a": "\\udfff\\ud800"}',
    b"\xef\xbb\xbf{}",
    '{"a": 1}'.encode("utf-16"),
    b"\x00",
    b"{}{}",
    b'{"a":' * 5000 + b"1" + b"}" * 5000,
    b"[" * 30_000,
    b"[]",
    b"null",
    b"5",
    b'"text"',
    b"prison_id=x&prisoner=y",
]
TAKE_A_BODY = ["/api/visits", "/api/validations/prisoner", "/api/validations/visitors", "/api/feedback"]


@pytest.mark.parametrize("body", NOT_JSON, ids=lambda body: repr(body[:20]))
async def test_what_is_not_a_json_object_is_a_400(api: ApiClient, body: bytes) -> None:
    for path in TAKE_A_BODY:
        reply = await api.ask("POST", path, data=body)
        assert (reply.status, reply.message) == (400, "Invalid JSON")


async def test_the_shape_of_an_error(api: ApiClient) -> None:
    reply = await api.get("/api/visits/00000000", headers={"X-Request-Id": "trace-1.2_3"})
    assert reply.json() == {
        "message": "Not found",
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "Not found",
        "instance": "trace-1.2_3",
    }
    assert reply.headers["Cache-Control"] == "no-store"


UNKNOWN = [
    "/api/prisons/00000000-0000-4000-8000-000000000000",
    "/api/prisons/LEI",
    "/api/prisons/%00",
    "/api/visits/",
    "/api/visits/.",
    "/api/visits/..",
    "/api/visits/%2e%2e",
    "/api/visits/a%2Fb",
    "/api/visits/%ff%fe",
    "/api/visits/%00",
    "/api/visits/%F0%9F%98%80",
    "/api/visits/" + "A" * 5000,
    "/api/visits/00000000-0000-4000-8000-000000000000",
    "/api/visits/{id}",
    "/api/visits/1/2",
    "/api/prisons/",
    "/api/prisons.json",
    "/api",
    "/",
    "/nothing",
    "/metrics/",
    "//api/prisons",
    "/api//prisons",
    "/api/prisons%20",
]


@pytest.mark.parametrize("path", UNKNOWN, ids=lambda path: path[:40])
async def test_unknown_ids_and_paths_are_a_404(api: ApiClient, path: str) -> None:
    reply = await api.get(path)
    assert (reply.status, reply.message) == (404, "Not found")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/api/prisons", "GET, HEAD"),
        ("DELETE", "/api/prisons/x", "GET, HEAD"),
        ("GET", "/api/visits", "POST"),
        ("PUT", "/api/visits/x", "DELETE, GET, HEAD"),
        ("PATCH", "/api/visits/x", "DELETE, GET, HEAD"),
        ("OPTIONS", "/api/visits", "POST"),
        ("GET", "/api/validations/prisoner", "POST"),
        ("GET", "/api/feedback", "POST"),
        ("POST", "/healthcheck", "GET, HEAD"),
        ("TRACE", "/api/slots", "GET, HEAD"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(api: ApiClient, method: str, path: str, allow: str) -> None:
    reply = await api.ask(method, path)
    assert (reply.status, reply.headers["Allow"]) == (405, allow)


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (None, 200),
        ("", 200),
        ("application/json", 200),
        ("application/*", 200),
        ("*/*", 200),
        ("text/html, */*;q=0.1", 200),
        ("Application/JSON; charset=utf-8", 200),
        ("text/html", 406),
        ("text/html, application/json;q=0", 406),
        ("application/json;q=0, */*", 406),
        ("application/xml, text/*", 406),
        ("application/json;q=x", 406),
    ],
)
async def test_who_takes_no_json_is_told_that_there_is_nothing_else(
    api: ApiClient, accept: str | None, status: int
) -> None:
    reply = await api.get("/api/prisons", headers={"Accept": accept})
    assert reply.status == status
    if status == 406:
        assert reply.message == "Only JSON supported"


async def test_monitors_get_an_answer_whatever_they_accept(api: ApiClient) -> None:
    for path in ("/healthcheck", "/health", "/ping", "/info"):
        assert (await api.get(path, headers={"Accept": "text/plain"})).status == 200


async def test_bodies_up_to_64_kib_are_read_and_larger_ones_refused(api: ApiClient, site: Site) -> None:
    room = 64 * 1024 - len(json.dumps(site.request(more="")))
    assert (await api.post("/api/visits", site.request(more="x" * room))).status == 200
    too_large = await api.post("/api/visits", site.request(more="x" * (room + 1)))
    assert too_large.status == 413


async def test_a_large_body_in_chunks_is_refused_as_well(api: ApiClient) -> None:
    head = b"POST /api/visits HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    answer = await send_raw(api.url, head + chunk * 5 + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["message"] == "Request too large"


async def test_a_compressed_body_is_not_unpacked(api: ApiClient) -> None:
    reply = await api.ask("POST", "/api/feedback", data=b"\x1f\x8b\x08\x00", headers={"Content-Encoding": "gzip"})
    assert (reply.status, reply.message) == (400, "Invalid JSON")


async def test_without_a_store_there_is_a_503_that_says_when_to_come_again(api: ApiClient, site: Site) -> None:
    made = (await api.post("/api/visits", site.request())).json()["visit"]
    site.bookings.store_is_down = True
    replies = [
        await api.post("/api/visits", site.request()),
        await api.get(f"/api/visits/{made['id']}"),
        await api.delete(f"/api/visits/{made['id']}"),
        await api.post("/api/feedback", {"feedback": {"body": "x"}}),
    ]
    for reply in replies:
        assert (reply.status, reply.message, reply.headers["Retry-After"]) == (503, "Service unavailable", "7")


async def test_our_own_fault_is_a_500_without_internals(site: Site) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("secret internals")

    site.bookings = Broken()  # type: ignore[assignment]
    async with api_client(site.app()) as api:
        reply = await api.get("/api/prisons", headers={"Accept": "text/html, */*"})
    assert (reply.status, reply.message) == (500, "Internal error")
    assert b"secret" not in reply.body
    assert b"Traceback" not in reply.body


async def test_an_answer_that_does_not_come_is_a_503_in_time(site: Site) -> None:
    class Stuck(MemoryBookings):
        async def visit(self, id_text: str) -> VisitView | None:
            await asyncio.Event().wait()
            raise AssertionError

    site.budget = 0.02
    site.bookings = Stuck(site.clock, site.bookings.book)
    async with api_client(site.app(grace=0.02)) as api:
        reply = await api.get("/api/visits/x")
    assert (reply.status, reply.message) == (503, "Service unavailable")
    assert reply.headers["Retry-After"]


async def test_a_client_that_hangs_up_stops_nothing(api: ApiClient, site: Site) -> None:
    site.bookings.hold = asyncio.Event()
    body = json.dumps(site.request()).encode()
    host, _, port = api.url.removeprefix("http://").rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /api/visits HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    while not site.bookings.waiting:
        await asyncio.sleep(0.001)
    writer.close()
    await writer.wait_closed()
    site.bookings.hold.set()
    while not any(view.processing_state == "booked" for view in site.bookings.visits.values()):
        await asyncio.sleep(0.001)
    assert (await api.post("/api/visits", site.request())).json()["visit"]["processing_state"] == "booked"
    assert len(site.bookings.visits) == 1


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
