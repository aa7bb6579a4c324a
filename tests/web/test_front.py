"""What happens to every request: its id, headers, access line, and what becomes of errors."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from adapter.web import Face, listen, make_app
from adapter.web.failure import Failure
from adapter.web.headers import security_headers
from tests.support.api_client import send_raw
from tests.support.logged import lines, logged

PLANTED = "Zaphod"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    with logged() as log:
        yield log


async def _crash(_request: web.Request) -> web.Response:
    raise RuntimeError(f"{PLANTED} was here")


async def _ok(_request: web.Request) -> web.Response:
    return web.json_response({})


async def _away(_request: web.Request) -> web.Response:
    raise web.HTTPSeeOther("/ok")


def _html_failure(_request: web.BaseRequest, failure: Failure, request_id: str) -> web.Response:
    return web.Response(status=failure.status, text=f"<p>{failure.message} {request_id}</p>", content_type="text/html")


@asynccontextmanager
async def _served() -> AsyncIterator[tuple[str, aiohttp.ClientSession]]:
    """A JSON face with an HTML face mounted under `/pages`."""
    app = make_app(Face(name="outer"))
    pages = make_app(
        Face(name="inner", render_failure=_html_failure, headers=security_headers("default-src 'self'", https=True))
    )
    for one in (app, pages):
        one.router.add_get("/ok", _ok)
        one.router.add_get("/crash/{name}", _crash)
        one.router.add_get("/away", _away)
    app.add_subapp("/pages", pages)
    async with listen(app, "127.0.0.1", 0) as url, aiohttp.ClientSession() as session:
        yield url, session


@pytest.mark.parametrize("sent", ["a", "A.b_c-9", "x" * 128, "9c1d7e0e-5d0c-4f55-8a5e-2f2f6d1f2a11"])
async def test_a_usable_request_id_is_echoed(sent: str) -> None:
    async with _served() as (url, session), session.get(f"{url}/ok", headers={"X-Request-Id": sent}) as reply:
        assert reply.headers["X-Request-Id"] == sent


@pytest.mark.parametrize("sent", [None, "", "a b", "x" * 129, "é", "a/b", "<script>"])
async def test_any_other_is_replaced(sent: str | None) -> None:
    headers = {} if sent is None else {"X-Request-Id": sent}
    async with _served() as (url, session), session.get(f"{url}/ok", headers=headers) as reply:
        made = reply.headers["X-Request-Id"]
    assert made != sent
    assert len(made) == 36


async def test_every_answer_carries_the_faces_headers() -> None:
    async with _served() as (url, session):
        for path in ("/ok", "/nothing", "/crash/x"):
            async with session.get(url + path) as reply:
                assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
                assert reply.headers["Cache-Control"] == "no-store"
                assert reply.headers["Referrer-Policy"] == "no-referrer"
                assert "Strict-Transport-Security" not in reply.headers
                assert "aiohttp" not in reply.headers["Server"]
        for path in ("/pages/ok", "/pages/nothing", "/pages/crash/x"):
            async with session.get(url + path) as reply:
                assert reply.headers.getall("Content-Security-Policy") == ["default-src 'self'"]
                assert reply.headers["Strict-Transport-Security"]


async def test_a_mounted_face_answers_its_errors_in_its_own_way() -> None:
    async with _served() as (url, session):
        for path, status in (("/pages/nothing", 404), ("/pages/crash/x", 500)):
            async with session.get(url + path, headers={"X-Request-Id": "abc"}) as reply:
                assert (reply.status, reply.content_type) == (status, "text/html")
                assert (await reply.text()).endswith(" abc</p>")
        async with session.get(f"{url}/nothing") as reply:
            assert reply.content_type == "application/json"


async def test_one_line_for_each_request_with_the_template_of_its_route(log: io.StringIO) -> None:
    async with _served() as (url, session):
        for path in (f"/crash/{PLANTED}", f"/pages/crash/{PLANTED}", f"/{PLANTED}?{PLANTED}", f"/pages/{PLANTED}"):
            async with session.get(url + path, headers={"X-Request-Id": "abc", "User-Agent": PLANTED}) as reply:
                await reply.read()
    answered = lines(log, "request.answered")
    assert [(line["face"], line["route"], line["status"]) for line in answered] == [
        ("outer", "/crash/{name}", 500),
        ("inner", "/pages/crash/{name}", 500),
        ("outer", "unmatched", 404),
        ("inner", "unmatched", 404),
    ]
    assert {line["request_id"] for line in answered} == {"abc"}
    assert all(line["duration_ms"] >= 0 and line["method"] == "GET" for line in answered)


async def test_a_fault_of_ours_is_logged_without_its_words(log: io.StringIO) -> None:
    async with _served() as (url, session), session.get(f"{url}/crash/{PLANTED}") as reply:
        assert await reply.json() == {
            "message": "Internal error",
            "type": "about:blank",
            "title": "Internal Server Error",
            "status": 500,
            "detail": "Internal error",
            "instance": reply.headers["X-Request-Id"],
        }
    (line,) = lines(log, "request.crashed")
    assert line["error"] == ["RuntimeError"]
    assert any("test_front" in frame for frame in line["frames"])
    assert PLANTED not in log.getvalue()


async def test_a_redirect_is_no_error() -> None:
    async with _served() as (url, session), session.get(f"{url}/away", allow_redirects=False) as reply:
        assert (reply.status, reply.headers["Location"]) == (303, "/ok")
        assert reply.headers["X-Request-Id"]


async def test_what_garbles_is_logged_without_it(log: io.StringIO) -> None:
    async with _served() as (url, _):
        await send_raw(url, f"{PLANTED}\r\n\r\n".encode())
    assert lines(log, "request.garbled")[0]["status"] == 400
    assert PLANTED not in log.getvalue()
