"""Personal data planted in everything that comes in is in no log line, no metric and no trace, whatever goes wrong."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from adapter.config.operation import TracingSettings
from adapter.log import tracing
from tests.support.logged import logged
from tests.support.site import HANG_GUARD, LEEDS, Site, a_body, running_site, wednesdays
from tests.support.smtp_servers import scripted_server

PLANTED = {
    "prisoner's first name": "Oscar",
    "last name": "Brightwell",
    "prisoner number": "a1410ae",
    "prisoner's date of birth": "1981-10-04",
    "visitor's first name": "Nora",
    "visitor's date of birth": "1983-06-21",
    "child's first name": "Ivy",
    "child's date of birth": "2016-02-09",
    "stranger's first name": "Zebedee",
    "stranger's last name": "Quillfeather",
    "email": "nora@example.com",
    "another email": "zebedee@example.com",
    "phone": "07700 900123",
    "phone as stored": "+447700900123",
    "message": "wearing a purple hat",
    "what the prison system says": "Offender BRIGHTWELL of cell 9",
}

STRANGER = {"first_name": "Zebedee", "last_name": "Quillfeather", "date_of_birth": "1983-06-21"}


_MUST_HAPPEN = {"visit.decided", "booking.answered", "defect.seen", "mail.abandoned", "request.answered", "step.taken"}
"""Else the search would prove little."""

_FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "answer", "status": 500, "operation": "reads", "body": PLANTED["what the prison system says"]},
    {"kind": "answer", "status": 400, "operation": "reads", "body": {"error": PLANTED["message"]}},
    {"kind": "wrong_types", "operation": "reads"},
    {"kind": "html", "operation": "book"},
    {"kind": "drop", "operation": "book", "when": "after"},
)
"""A prison system that chatters, or loses what it would say."""


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.start(TracingSettings(enabled=True), "1.2.3", exporter)
    yield exporter
    tracing.stop()


async def _ask(site: Site, method: str, path: str, **how: Any) -> None:
    """A request whose answer doesn't matter."""
    async with site.http.request(method, f"{site.url}{path}", **how) as reply:
        await reply.read()


async def _bad_requests(site: Site) -> None:
    """What the API refuses, with data in every place that a request has."""
    await _ask(site, "POST", "/api/visits", json=a_body([]))
    await _ask(site, "POST", "/api/visits", json={**a_body(), "contact_phone_no": "Nora 07700 900123"})
    await _ask(site, "POST", "/api/visits", data=b'{"prisoner": "Oscar Brightwell')
    await _ask(site, "GET", "/api/visits/a1410ae")
    await _ask(site, "GET", "/nora@example.com/Brightwell?born=1981-10-04")
    await _ask(site, "BRIGHTWELL", "/api/visits")
    await _ask(site, "GET", "/api/prisons", headers={"X-Request-Id": "Nora Brightwell", "User-Agent": "Nora"})
    await _ask(site, "GET", "/api/prisons", headers={"traceparent": "00-Brightwell", "tracestate": "who=Brightwell"})
    query = {"noms_id": "a1410ae", "number": "a1410ae", "date_of_birth": "1981-10-04"}
    await _ask(site, "POST", "/api/validations/prisoner", json=query)
    days = {"start_date": wednesdays()[0][:10], "end_date": wednesdays()[1][:10]}
    slots = {"prison_id": LEEDS, "prisoner_number": "a1410ae", "prisoner_dob": "1981-10-04", **days}
    await _ask(site, "GET", "/api/slots", params=slots)
    said = {"body": "wearing a purple hat", "email_address": "zebedee@example.com", "prisoner_number": "a1410ae"}
    await _ask(site, "POST", "/api/feedback", json={"feedback": said})


async def _lives(site: Site) -> None:
    """Booked, cancelled, refused, handed to staff, withdrawn, in doubt: with a prison system that chatters."""
    booked = await site.post(a_body())
    await site.delete(booked["visit"]["id"])
    await site.until(booked["visit"]["id"], "cancelled")
    to_staff = await site.post(a_body(visitors=[STRANGER], contact_email_address="zebedee@example.com"))
    await site.delete(to_staff["visit"]["id"])
    wrong = a_body()
    wrong["prisoner"] = {**wrong["prisoner"], "date_of_birth": "1983-06-21"}
    await site.post(wrong)
    for number, fault in enumerate(_FAULTS):
        site.arm(**fault)
        await site.post(a_body(wednesdays(1), contact_phone_no=f"07700 90012{number}"))
        site.heal()


async def test_what_is_planted_is_in_no_log_no_metric_and_no_trace(
    sqlite_database: str, spans: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    asyncio.get_running_loop().set_debug(True)
    with logged() as log:
        async with (
            scripted_server(RCPT="550 nora@example.com, Nora Brightwell is unknown here") as mail,
            running_site(sqlite_database, mail=mail) as site,  # type: ignore[arg-type]
        ):
            await _lives(site)
            await _bad_requests(site)
            async with asyncio.timeout(HANG_GUARD):
                while "mail.abandoned" not in log.getvalue():
                    await asyncio.sleep(0.02)
            async with site.http.get(f"{site.url}/metrics") as reply:
                metrics = await reply.text()
    traces = "\n".join(span.to_json() for span in spans.get_finished_spans())
    happened = {json.loads(line)["event"] for line in log.getvalue().splitlines()}
    assert happened >= _MUST_HAPPEN
    assert "step received" in traces
    for where, said in {"log": log.getvalue(), "metrics": metrics, "traces": traces}.items():
        assert _found(said) == [], where


def test_the_search_finds_what_it_looks_for() -> None:
    """A search that can't fail proves nothing."""
    for name, value in PLANTED.items():
        assert name in _found(f'{{"event": "{value.upper()}"}}')


def _found(said: str) -> list[str]:
    """Which of the planted values stand in `said`, in any case, as words of their own."""
    return [
        name
        for name, value in PLANTED.items()
        if re.search(rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])", said, re.IGNORECASE)
    ]
