"""Fields that every line inside a block carries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

from adapter.log.fields import CONTEXT

_bound: ContextVar[Mapping[str, str]] = ContextVar("bound", default=MappingProxyType({}))


@contextmanager
def bound(**fields: str) -> Iterator[None]:
    """Add these to every line logged in this block, by this task and by those that it starts.

    Only the fields of `fields.CONTEXT`. On leaving, what was bound before is bound again.
    """
    assert fields.keys() <= CONTEXT, fields.keys() - CONTEXT
    before = _bound.get()
    _bound.set({**before, **fields})
    try:
        yield
    finally:
        _bound.set(before)  # not by a token: a task thrown away unfinished ends in another context than its own


def add_bound(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """For the log: what is bound, where the line says nothing else."""
    for name, value in _bound.get().items():
        line.setdefault(name, value)
    return line
