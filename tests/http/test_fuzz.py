"""Whatever is sent, the answer is one that the description knows, and never a fault of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.api_client import ApiClient, Reply, api_client
from tests.support.api_site import BORN, LEEDS, Site

T = TypeVar("T")
_DATE = st.just(BORN.isoformat())
_TEXT = st.text(max_size=40) | st.sampled_from(
    ["", " ", "\x00", "\u202e", "\ufffe", "\U0001f600", "A1234BC", "2026-12-14T14:00/15:00", "1985-12-10", LEEDS.id]
)
_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)
_PERSON_KEYS = ("first_name", "last_name", "date_of_birth", "number")
_PERSON = st.fixed_dictionaries({}, optional=dict.fromkeys(_PERSON_KEYS, _VALUE))
_SITE = Site()
_PARTS = {
    "prison_id": st.just(LEEDS.id) | _VALUE,
    "prisoner": st.just(_SITE.request()["prisoner"]) | _PERSON | _VALUE,
    "visitors": st.just(_SITE.request()["visitors"]) | st.lists(_PERSON | _VALUE, max_size=8) | _VALUE,
    "slot_options": st.just(_SITE.choices()) | st.lists(_TEXT | _VALUE, max_size=4) | _VALUE,
    "contact_email_address": st.just("ada@example.com") | _VALUE,
    "contact_phone_no": st.just("01632 960 123") | _VALUE,
}
_VISIT = st.fixed_dictionaries(_PARTS, optional={"locale": _VALUE, "more": _VALUE})


def _fuzz(wanted: st.SearchStrategy[T], ask: Callable[[ApiClient, T], Awaitable[Reply]], *statuses: int) -> None:
    """Ask one API with what `wanted` makes; every answer has one of the `statuses`."""
    with asyncio.Runner() as runner:
        serving = api_client(Site().app())
        api = runner.run(serving.__aenter__())

        @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(wanted)
        def example(value: T) -> None:
            reply = runner.run(_awaited(ask(api, value)))
            assert reply.status in statuses

        try:
            example()
        finally:
            runner.run(serving.__aexit__(None, None, None))


async def _awaited(reply: Awaitable[Reply]) -> Reply:
    return await reply


def test_requests_for_visits() -> None:
    _fuzz(_VISIT, lambda api, body: api.post("/api/visits", body), 200, 404, 422)


@pytest.mark.parametrize("path", ["/api/visits", "/api/feedback", "/api/validations/prisoner"])
def test_bodies_of_any_bytes(path: str) -> None:
    _fuzz(st.binary(max_size=200), lambda api, body: api.ask("POST", path, data=body), 400, 422)


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        (
            "/api/feedback",
            {"feedback": st.fixed_dictionaries({}, optional={"body": _VALUE, "referrer": _VALUE}) | _VALUE},
        ),
        ("/api/validations/prisoner", {"number": _VALUE, "date_of_birth": _DATE | _VALUE}),
        (
            "/api/validations/visitors",
            {
                "prison_id": st.just(LEEDS.id) | _VALUE,
                "lead_date_of_birth": _DATE | _VALUE,
                "dates_of_birth": st.lists(_DATE | _VALUE, max_size=8) | _VALUE,
            },
        ),
    ],
)
def test_other_bodies(path: str, parts: dict[str, st.SearchStrategy[Any]]) -> None:
    _fuzz(st.fixed_dictionaries({}, optional=parts), lambda api, body: api.post(path, body), 200, 422)


@pytest.mark.parametrize("prefix", ["/api/visits/", "/api/prisons/", "/api/slots?prison_id=", "/api/", "/"])
def test_paths(prefix: str) -> None:
    plain = st.text(alphabet="abcXYZ019-+._~!$'()*,;:@%&=/", min_size=1, max_size=40)
    escaped = st.binary(min_size=1, max_size=20).map(lambda raw: "".join(f"%{byte:02X}" for byte in raw))
    _fuzz(plain | escaped, lambda api, segment: api.get(prefix + segment), 400, 404, 422)


def test_headers() -> None:
    names = st.sampled_from(["Accept", "Accept-Language", "X-Request-Id", "X-Channel", "Idempotency-Key", "Origin"])
    printable = st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f")
    texts = st.text(alphabet=printable, max_size=50)
    body = Site().request()
    _fuzz(st.dictionaries(names, texts), lambda api, sent: api.post("/api/visits", body, headers=sent), 200, 406, 422)


@pytest.mark.parametrize("depth", [10, 100, 190, 250, 10_000])
async def test_deep_nesting_is_ignored_or_refused(api: ApiClient, site: Site, depth: int) -> None:
    body = b'{"more": ' + b"[" * depth + b"]" * depth + b"}"
    assert (await api.ask("POST", "/api/visits", data=body)).status in (400, 422)
