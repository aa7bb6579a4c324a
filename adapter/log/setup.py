"""Wiring of structlog and of the standard library's logging, once per process."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any, TextIO, cast

import structlog
from structlog.typing import FilteringBoundLogger, Processor

from adapter.config.operation import LogSettings
from adapter.log import errors, events, tracing
from adapter.log.context import add_bound
from adapter.log.lines import Stamp, mask_undeclared, masked_json, refuse_undeclared

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
# These log what they carry (whole envelopes, statements with values, paths with numbers) or repeat a line of ours.
_TALKATIVE = (
    "aiohttp.access",
    "aiosmtplib",
    "alembic",
    "asyncio",
    "mail.log",
    "notifications_python_client",
    "opentelemetry",
    "sqlalchemy",
    "urllib3",
    "zeep",
)


def get_logger() -> FilteringBoundLogger:
    """The logger of a module; its first argument is a constant of `adapter.log.events`."""
    return cast("FilteringBoundLogger", _Logger())


class _Logger:
    """structlog's logger as it is configured now. Its own proxy puts one together for each line: a quarter of a line's
    cost; this one only after structlog was configured anew."""

    def __init__(self) -> None:
        self._processors: Iterable[Processor] = ()
        self._made: Any = None

    def __getattr__(self, name: str) -> Any:
        processors = structlog.get_config()["processors"]
        if self._processors is not processors:
            self._made, self._processors = structlog.get_logger().bind(), processors
        return getattr(self._made, name)


def setup(settings: LogSettings, stream: TextIO | None = None, *, strict: bool = False) -> None:
    """Log to `stream` (standard error), from the level and in the format of the settings.

    What libraries log comes out as `library.logged`, warnings and worse only. With `strict` an event or a field that is
    not declared raises ValueError instead of being masked: for tests.
    """
    out = sys.stderr if stream is None else stream
    writer = structlog.WriteLogger(out)
    structlog.configure(
        processors=[
            add_bound,
            tracing.add_ids,
            structlog.processors.add_log_level,
            Stamp(),
            _explain_errors,
            *([refuse_undeclared] if strict else []),
            *_renderer(settings.format, out),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[settings.level]),
        context_class=dict,
        logger_factory=lambda: writer,
        cache_logger_on_first_use=False,
    )
    _capture_libraries()


def _renderer(format: str, out: TextIO) -> list[Processor]:
    if format == "json":
        return [masked_json]
    return [mask_undeclared, structlog.dev.ConsoleRenderer(colors=out.isatty(), timestamp_key="at", pad_event_to=24)]


def _explain_errors(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """`exc_info` becomes the classes and the places of the error. Its text is dropped: it may quote what was sent."""
    exc_info = line.pop("exc_info", None)
    error = exc_info if isinstance(exc_info, BaseException) else sys.exc_info()[1] if exc_info else None
    if error is not None:
        line["error"] = errors.classes(error)
        line["frames"] = errors.places(error)
    return line


class _Libraries(logging.Handler):
    """Passes on that a library logged something, and where; its words are left out, since they may hold anything."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        level = "error" if record.levelno >= logging.ERROR else "warning"
        about: dict[str, object] = {
            "library": record.name,
            "place": errors.place(record.pathname, record.lineno),
        }
        if error is not None:
            about |= {"error": errors.classes(error), "frames": errors.places(error)}
        getattr(structlog.get_logger(), level)(events.LIBRARY_LOGGED, **about)


def _capture_libraries() -> None:
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _Libraries)]:
        root.removeHandler(handler)
    root.addHandler(_Libraries(logging.WARNING))
    root.setLevel(logging.WARNING)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("aiohttp.access").setLevel(logging.CRITICAL)
    logging.captureWarnings(True)
