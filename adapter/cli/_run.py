"""Running a long-lived command: event loop, signals, refusals to start."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any

import click

from adapter.config import ConfigError
from adapter.staff.keys import BadLinkKeys
from adapter.store.errors import OtherPrisonSystem, SchemaMismatch, StoreUnavailable


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run until it ends; what stops the start is one sentence on standard error and exit code 1."""
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(main)
    except* (SchemaMismatch, OtherPrisonSystem, ConfigError, BadLinkKeys) as refused:
        _fail(*(str(error) for error in refused.exceptions))
    except* StoreUnavailable as away:
        reasons = {getattr(error, "reason", "unreachable") for error in away.exceptions}
        _fail(f"the database can't be used: {', '.join(sorted(reasons))}")
    except* OSError as error:
        _fail(*(one.strerror or type(one).__name__ for one in error.exceptions if isinstance(one, OSError)))


def _loop_factory() -> Any:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


def _fail(*sentences: str) -> None:
    for sentence in sentences:
        click.echo(sentence, err=True)
    raise SystemExit(1)
