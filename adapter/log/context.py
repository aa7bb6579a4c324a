"""Fields that every line inside a block carries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from adapter.log.fields import CONTEXT


@contextmanager
def bound(**fields: str) -> Iterator[None]:
    """Add these to every line logged in this block, by this task and by those that it starts.

    Only the fields of `fields.CONTEXT`. On leaving, what was bound before is bound again.
    """
    assert fields.keys() <= CONTEXT, fields.keys() - CONTEXT
    with structlog.contextvars.bound_contextvars(**fields):
        yield
