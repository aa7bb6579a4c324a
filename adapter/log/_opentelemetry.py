"""The only file that loads OpenTelemetry, and only once tracing is on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from adapter.config.operation import TracingSettings


class Tracer:
    """Makes spans and sends them. Texts of exceptions never get into one: they may quote what was sent."""

    internal, server, client = SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT

    def __init__(
        self, settings: TracingSettings, version: str, exporter: SpanExporter | None, export_timeout: float
    ) -> None:
        resource = Resource.create({SERVICE_NAME: settings.service_name, SERVICE_VERSION: version})
        sampler = ParentBased(TraceIdRatioBased(settings.sample_ratio))
        self._provider = TracerProvider(sampler=sampler, resource=resource, shutdown_on_exit=False)
        if exporter is None:
            sender = OTLPSpanExporter(endpoint=settings.endpoint, timeout=export_timeout)
            self._provider.add_span_processor(BatchSpanProcessor(sender))
        else:
            self._provider.add_span_processor(SimpleSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("adapter", version)
        self._propagator = TraceContextTextMapPropagator()

    def parent(self, carrier: Mapping[str, str]) -> Context:
        """The context that a request's headers name; an empty one where they name none that is well-formed."""
        return self._propagator.extract(carrier, Context())

    def carried(self) -> Mapping[str, str]:
        """The headers that hand the current span on."""
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier)
        return carrier

    def ids(self) -> tuple[str, str] | None:
        """Trace and span that are current, in hexadecimal."""
        current = trace.get_current_span().get_span_context()
        if not current.is_valid:
            return None
        return trace.format_trace_id(current.trace_id), trace.format_span_id(current.span_id)

    @contextmanager
    def started(self, name: str, kind: SpanKind, parent: Context | None) -> Iterator[Span]:
        """A span that is current in the block. An error that leaves the block marks it, by its class."""
        with self._tracer.start_as_current_span(
            name, parent, kind, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except Exception as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise

    @staticmethod
    def plain(value: object) -> str | bool | int | float | list[str]:
        """As an attribute may be."""
        if isinstance(value, list):
            return [str(item) for item in value]
        return value if isinstance(value, str | bool | int | float) else str(value)

    def shutdown(self) -> None:
        self._provider.shutdown()
