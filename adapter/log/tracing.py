"""Traces by OpenTelemetry: off until `start`, and then as careful about what they hold as the log.

Process-wide, like the log. While off, nothing of OpenTelemetry is loaded and a span costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from adapter.config.operation import TracingSettings
from adapter.log.fields import FIELDS, safe

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import SpanKind

    from adapter.log._opentelemetry import Tracer

_TRACEPARENT = "traceparent"
_EXPORT_TIMEOUT = 2.0
"""Seconds that a collector gets to take a batch: at the end the process waits for the last one."""

Note = Callable[..., None]
"""Adds attributes to the span of the block."""
_tracer: Tracer | None = None


def start(settings: TracingSettings, version: str, exporter: SpanExporter | None = None) -> None:
    """Trace from now on, if the settings say so. `exporter` instead of the settings' endpoint: for tests."""
    global _tracer  # noqa: PLW0603 - process-wide, like the log
    if settings.enabled:
        from adapter.log._opentelemetry import Tracer

        _tracer = Tracer(settings, version, exporter, _EXPORT_TIMEOUT)


def stop() -> None:
    """Send what is left and stop; blocks for at most a few seconds."""
    global _tracer
    if _tracer is not None:
        tracer, _tracer = _tracer, None
        tracer.shutdown()


def span(name: str, **attributes: object) -> AbstractContextManager[Note]:
    """A block of work inside this process, beneath the span that is current. Attributes are fields of the log."""
    return _OFF if _tracer is None else _block(_tracer, name, _tracer.internal, None, attributes)


def incoming(name: str, headers: Mapping[str, str], **attributes: object) -> AbstractContextManager[Note]:
    """The block that answers a request; goes on with the trace of its `traceparent`."""
    if _tracer is None:
        return _OFF
    # `tracestate` may hold anything the caller likes, and is left behind.
    parent = _tracer.parent({_TRACEPARENT: headers.get(_TRACEPARENT, "")})
    return _block(_tracer, name, _tracer.server, parent, attributes)


class Calls:
    """Follows the calls to the prison system: `nomis_client.Tracer`."""

    def call(self, operation: str) -> AbstractContextManager[Callable[[str], None]]:
        if _tracer is None:
            return _OFF
        return _call(_tracer, operation)

    def headers(self) -> Mapping[str, str]:
        """The `traceparent` of the call under way; nothing while tracing is off."""
        return {} if _tracer is None else _tracer.carried()


def add_ids(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """For the log: the trace and the span that a line belongs to."""
    if _tracer is not None and (ids := _tracer.ids()) is not None:
        line["trace_id"], line["span_id"] = ids
    return line


def _nothing(*_: object, **__: object) -> None:
    """A note about a span that isn't there."""


_OFF = nullcontext(_nothing)


@contextmanager
def _block(
    tracer: Tracer, name: str, kind: SpanKind, parent: Context | None, attributes: Mapping[str, object]
) -> Iterator[Note]:
    with tracer.started(name, kind, parent) as current:

        def note(**more: object) -> None:
            for key, value in more.items():
                assert key in FIELDS, key
                if value is not None:
                    current.set_attribute(key, tracer.plain(safe(key, value)))

        note(**attributes)
        yield note


@contextmanager
def _call(tracer: Tracer, operation: str) -> Iterator[Callable[[str], None]]:
    with _block(tracer, f"nomis {operation}", tracer.client, None, {"operation": operation}) as note:
        yield lambda outcome: note(outcome=outcome)
