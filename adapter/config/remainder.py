"""What is left of a table once its malformed entries are taken out, so that the rest can be looked through too."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

Place = tuple[str | int, ...]
"""The way to an entry below a table: keys, and positions in lists."""


def remainder(table: dict[str, Any], malformed: Iterable[Place]) -> dict[str, Any]:
    """A copy of `table` without these entries, and without a list that held nothing else.

    An emptied list would say something that nobody wrote.
    """
    left = deepcopy(table)
    for place in sorted(set(malformed), key=_from_the_end):
        _take_out(left, place)
    return left


def _from_the_end(place: Place) -> tuple[int, ...]:
    """Of one list the last entry first, so that the others keep their positions."""
    return tuple(-step for step in place if isinstance(step, int))


def _take_out(node: Any, place: Place) -> None:
    step, *further = place
    if further:
        _take_out(node[step], tuple(further))
        if node[step] == []:
            del node[step]
    else:
        del node[step]
