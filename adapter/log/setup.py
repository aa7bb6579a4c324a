"""Wiring of structlog and of the standard library's logging, once per process."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import FilteringBoundLogger, Processor

from adapter.config.operation import LogSettings
from adapter.log import errors, events, tracing
from adapter.log.fields import CONTEXT, FIELDS, MASK, safe

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_ADDED_BY_US = frozenset({"event", "level", "at"})
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
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def setup(settings: LogSettings, stream: TextIO | None = None, *, strict: bool = False) -> None:
    """Log to `stream` (standard error), from the level and in the format of the settings.

    What libraries log comes out as `library.logged`, warnings and worse only. With `strict` an event or a field that is
    not declared raises ValueError instead of being masked: for tests.
    """
    out = sys.stderr if stream is None else stream
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            tracing.add_ids,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _explain_errors,
            _refuse_undeclared if strict else _mask_undeclared,
            *_renderer(settings.format, out),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[settings.level]),
        context_class=dict,
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    _capture_libraries()


def _renderer(format: str, out: TextIO) -> list[Processor]:
    if format == "json":
        return [structlog.processors.JSONRenderer(ensure_ascii=False)]
    return [structlog.dev.ConsoleRenderer(colors=out.isatty(), timestamp_key="at", pad_event_to=24)]


def _explain_errors(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """`exc_info` becomes the classes and the places of the error. Its text is dropped: it may quote what was sent."""
    exc_info = line.pop("exc_info", None)
    error = exc_info if isinstance(exc_info, BaseException) else sys.exc_info()[1] if exc_info else None
    if error is not None:
        line["error"] = errors.classes(error)
        line["frames"] = errors.places(error)
    return line


def _mask_undeclared(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep what is declared and looks as it should, mask the rest. Never raises."""
    declared = events.EVENTS.get(line["event"]) if isinstance(line["event"], str) else None
    if declared is None:
        line["event"] = MASK
    allowed = CONTEXT | (declared.fields if declared else frozenset({"error", "frames"}))
    for name in line.keys() - _ADDED_BY_US:
        line[name] = safe(name, line[name]) if name in allowed else MASK
    return line


def _refuse_undeclared(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    declared = events.EVENTS.get(str(line["event"]))
    if declared is None:
        raise ValueError("an event was logged that adapter.log.events does not declare")
    if unknown := line.keys() - _ADDED_BY_US - CONTEXT - declared.fields:
        raise ValueError(
            f"{line['event']} was logged with fields that it does not declare: {', '.join(sorted(unknown))}"
        )
    for name in line.keys() - _ADDED_BY_US:
        if safe(name, line[name]) != _comparable(line[name]):
            raise ValueError(f"{line['event']}: the value of {name} does not look like a {FIELDS[name].kind}")
    return line


def _comparable(value: object) -> object:
    return list(value) if isinstance(value, tuple) else sorted(value) if isinstance(value, set | frozenset) else value


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
