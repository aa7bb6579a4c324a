"""Traces: from the caller's trace through the saga's steps to the prison system, and off unless asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, format_span_id, format_trace_id

from adapter.config.operation import TracingSettings
from adapter.log import events, tracing
from adapter.web.server import listen
from nomis_client import NomisSettings, Unavailable, rest, soap
from nomis_client.settings import SoapSettings
from tests.support.logged import lines, logged
from tests.support.raw_server import RawServer, raw_server, replies
from tests.support.rest_clients import no_pause, soon
from tests.support.site import a_body, running_site

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
ON = TracingSettings(enabled=True)


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What is traced during a test."""
    exporter = InMemorySpanExporter()
    tracing.start(ON, "1.2.3", exporter)
    yield exporter
    tracing.stop()


def _of_trace(spans: InMemorySpanExporter, trace: str = TRACE) -> dict[int, ReadableSpan]:
    found = [
        span for span in spans.get_finished_spans() if span.context and format_trace_id(span.context.trace_id) == trace
    ]
    return {span.context.span_id: span for span in found if span.context}


async def test_a_trace_goes_from_the_caller_to_the_prison_system(
    sqlite_database: str, spans: InMemorySpanExporter
) -> None:
    with logged() as log:
        async with running_site(sqlite_database, worker=False) as site:
            answer = await site.post(a_body(), traceparent=PARENT, tracestate="who=ZWICKENPFLUG")
    assert answer["visit"]["processing_state"] == "booked"
    traced = _of_trace(spans)
    names = [span.name for span in traced.values()]
    assert {"POST /api/visits", "step received", "nomis find_offender", "nomis book"} <= set(names)
    (root,) = [span for span in traced.values() if span.kind is SpanKind.SERVER]
    assert root.parent is not None
    assert format_span_id(root.parent.span_id) == "00f067aa0ba902b7"
    assert root.attributes is not None
    assert (root.attributes["route"], root.attributes["status"]) == ("/api/visits", 200)
    for span in traced.values():
        assert span is root or (span.parent is not None and span.parent.span_id in traced)
    assert {line["trace_id"] for line in lines(log, events.REQUEST_ANSWERED)} == {TRACE}
    assert {line["trace_id"] for line in lines(log, events.STEP_TAKEN)} == {TRACE}


@pytest.mark.parametrize("made", [rest.make, soap.make], ids=["rest", "soap"])
async def test_each_call_carries_its_own_span_and_nothing_else(made: Any, spans: InMemorySpanExporter) -> None:
    async with raw_server(replies(503, b"")) as server:
        with tracing.incoming("GET /x", {"traceparent": PARENT, "tracestate": "who=ZWICKENPFLUG"}):
            await _ask(made, server)
    calls = [span for span in _of_trace(spans).values() if span.kind is SpanKind.CLIENT]
    assert [(span.name, dict(span.attributes or {})) for span in calls] == [
        ("nomis version", {"operation": "version", "outcome": "http_503"})
    ] * len(server.requests)
    sent = [_lower(request.headers) for request in server.requests]
    expected = [f"00-{TRACE}-{format_span_id(span.context.span_id)}-01" for span in calls if span.context]
    assert [headers["traceparent"] for headers in sent] == expected
    assert not any("tracestate" in headers for headers in sent)


async def test_while_it_is_off_nothing_is_traced_or_sent_on(sqlite_database: str) -> None:
    async with raw_server(replies(503, b"")) as server:
        with tracing.incoming("GET /x", {"traceparent": PARENT}):
            await _ask(rest.make, server)
    assert not any("traceparent" in _lower(request.headers) for request in server.requests)
    with logged() as log:
        async with running_site(sqlite_database, worker=False) as site:
            await site.post(a_body(), traceparent=PARENT)
    assert not any("trace_id" in line for line in lines(log, events.REQUEST_ANSWERED))


async def _ask(make: Any, server: RawServer) -> None:
    settings = NomisSettings(base_url=server.url, soap=SoapSettings(url=server.url))
    client = make(settings, tracer=tracing.Calls(), sleep=no_pause)
    try:
        with pytest.raises(Unavailable):
            await client.version(soon())
    finally:
        await client.close()


def _lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


async def test_a_header_that_is_no_traceparent_begins_a_trace_of_our_own(
    sqlite_database: str, spans: InMemorySpanExporter
) -> None:
    async with running_site(sqlite_database, worker=False) as site:
        await site.post(a_body(), traceparent="00-ZWICKENPFLUG-A1234BC-01")
    roots = [span for span in spans.get_finished_spans() if span.kind is SpanKind.SERVER]
    assert [span.parent for span in roots] == [None]


def test_an_error_marks_its_span_by_its_class_alone(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="Ada"), tracing.span("work"):
        raise ValueError("Ada Lovelace")
    (span,) = spans.get_finished_spans()
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "ValueError")
    assert "Ada" not in span.to_json()


def test_what_does_not_look_like_its_field_is_masked(spans: InMemorySpanExporter) -> None:
    with tracing.span("work", step="A1234BC", tries=2):
        pass
    (span,) = spans.get_finished_spans()
    assert dict(span.attributes or {}) == {"step": "***", "tries": 2}


async def test_spans_reach_a_collector_over_http() -> None:
    got: list[ExportTraceServiceRequest] = []

    async def take(request: web.Request) -> web.Response:
        got.append(ExportTraceServiceRequest.FromString(await request.read()))
        return web.Response(headers={"Content-Type": "application/x-protobuf"})

    collector = web.Application()
    collector.router.add_post("/v1/traces", take)
    async with listen(collector, "127.0.0.1", 0) as url:
        settings = TracingSettings(enabled=True, endpoint=f"{url}/v1/traces", service_name="visits")
        await asyncio.to_thread(tracing.start, settings, "1.2.3")
        with tracing.span("work"):
            pass
        await asyncio.to_thread(tracing.stop)
    (sent,) = got
    (resource,) = sent.resource_spans
    about = {item.key: item.value.string_value for item in resource.resource.attributes}
    assert (about["service.name"], about["service.version"]) == ("visits", "1.2.3")
    assert [span.name for scope in resource.scope_spans for span in scope.spans] == ["work"]


async def test_a_collector_that_is_away_costs_no_request(sqlite_database: str) -> None:
    tracing.start(TracingSettings(enabled=True, endpoint="http://127.0.0.1:9/v1/traces"), "1.2.3")
    try:
        async with running_site(sqlite_database, worker=False) as site:
            assert (await site.post(a_body()))["visit"]["processing_state"] == "booked"
    finally:
        await asyncio.to_thread(tracing.stop)
