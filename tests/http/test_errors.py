"""Every error: its status, the frontend's message, the members of RFC 9457, and never HTML."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from adapter.booking.views import VisitView
from tests.support.api_client import ApiClient, api_client, send_raw
from tests.support.api_site import Site
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


async def test_a_header_on_two_lines_is_one_list(api: ApiClient) -> None:
    """RFC 9110, 5.3: a proxy may send a list so."""
    head = b"GET /api/prisons HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    lists = b"Accept: text/html\r\nAccept: application/json\r\nAccept-Language: en;q=0.5\r\nAccept-Language: cy\r\n"
    reply = await send_raw(api.url, head + lists + b"\r\n")
    assert b" 200 " in reply.splitlines()[0]
    assert b"Caerdydd" in reply


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


async def test_a_process_that_stood_still_answers_what_is_stored(site: Site) -> None:
    """Stopped past every deadline, and then there in a moment: a 503 would deny a visit that is there."""

    class Freezing(MemoryBookings):
        async def visit(self, id_text: str) -> VisitView | None:
            time.sleep(0.3)  # nothing at all runs, as under SIGSTOP
            await asyncio.sleep(0.01)
            return await super().visit(id_text)

    site.budget = 0.02
    site.bookings = Freezing(site.clock, site.bookings.book)
    async with api_client(site.app(grace=0.02)) as api:
        assert (await api.get("/api/visits/00000000")).message == "Not found"


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
