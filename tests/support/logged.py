"""What is logged, line by line."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from adapter.config.operation import LogSettings
from adapter.log import setup


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """Logs into the text that it gives, in JSON and in full; what is not declared is refused."""
    stream = io.StringIO()
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    setup(LogSettings(level="debug", format="json"), stream, strict=True)
    try:
        yield stream
    finally:
        structlog.configure(**before)
        root.handlers[:] = handlers
        root.setLevel(level)


def lines(log: io.StringIO, event: str) -> list[dict[str, Any]]:
    """The lines of one event."""
    return [line for line in map(json.loads, log.getvalue().splitlines()) if line["event"] == event]
