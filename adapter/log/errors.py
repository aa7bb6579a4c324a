"""An exception as it is logged: its classes and where it came from, never its words, which may hold anything."""

from __future__ import annotations

import re
import traceback
from itertools import islice
from pathlib import PurePath
from types import TracebackType

_LONGEST = 12
_UNLIKELY = re.compile(r"[^A-Za-z0-9_.-]")  # `<frozen importlib._bootstrap>`


def classes(error: BaseException) -> list[str]:
    """The names of its class and of those of its causes; of a group also those of its members."""
    names: list[str] = []
    current: BaseException | None = error
    while current is not None and len(names) < _LONGEST:
        names.append(type(current).__name__)
        if isinstance(current, BaseExceptionGroup):
            names += [type(member).__name__ for member in islice(current.exceptions, _LONGEST)]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return names


def places(error: BaseException) -> list[str]:
    """Where it passed, innermost last, as `folder.file:line`; of a group, its first member."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return _places(error.__traceback__)


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)
    return [place(frame.filename, frame.lineno or 0) for frame in frames[-_LONGEST:]]


def place(filename: str, line: int) -> str:
    """`/…/aiohttp/web_protocol.py`, 451 → `aiohttp.web_protocol:451`."""
    path = PurePath(filename)
    return f"{_UNLIKELY.sub('', f'{path.parent.name}.{path.stem}').lstrip('.')}:{line}"
