"""Every change of a visit has its line of history, written with it: in one statement where the database can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from sqlalchemy import ColumnElement, String, insert, select, union_all

from adapter.store.shapes import Row, Shape, parameter
from adapter.store.tables import visit_events
from adapter.store.unit_of_work import Tx
from booking_rules.lifecycle import Step


class Line(NamedTuple):
    """What happened, as staff or operators should be able to read it; `detail` is JSON."""

    version: int
    event: str
    from_step: Step | None
    to_step: Step
    who: str
    detail: str | None


async def with_history(
    tx: Tx, shape: Shape, values: Mapping[str, object], visit_id: str, lines: Sequence[Line]
) -> Row | None:
    """Runs a change of one visit and writes what happened. None: nothing was changed, nor written.

    The change has to give `updated_at`: it is when all of it happened.
    """
    given: dict[str, object] = dict(zip(_names(len(lines)), chain.from_iterable(lines), strict=True))
    given["visit_id"] = visit_id
    if tx.is_postgresql:
        rows = await tx.run(_together(shape, len(lines)), {**values, **given})
        return rows[0] if rows else None
    rows = await tx.run(shape, values)
    if not rows:
        return None
    given["at"] = rows[0]["updated_at"]
    await tx.run(_lines(len(lines)), given)
    return rows[0]


_LINE = tuple(visit_events.c[name] for name in Line._fields)
_INTO = (*Line._fields, "visit_id", "at")
_VISIT_ID = parameter("visit_id", String())


@lru_cache
def _names(count: int) -> tuple[str, ...]:
    return tuple(f"line_{number}_{name}" for number in range(count) for name in Line._fields)


def _line(number: int) -> list[ColumnElement[object]]:
    return [parameter(f"line_{number}_{column.name}", column.type) for column in _LINE]


@lru_cache
def _lines(count: int) -> Shape:
    at = parameter("at", visit_events.c.at.type)
    rows = [dict(zip(_INTO, [*_line(number), _VISIT_ID, at], strict=True)) for number in range(count)]
    return Shape(insert(visit_events).values(rows).inline(), ())


@lru_cache(maxsize=1024)
def _together(shape: Shape, count: int) -> Shape:
    """The change and its lines in one statement, which only PostgreSQL knows."""
    changed = shape.statement.cte("changed")
    lines = [select(*_line(number), _VISIT_ID, changed.c.updated_at) for number in range(count)]
    written = insert(visit_events).from_select(_INTO, union_all(*lines)).cte("written")
    return Shape(select(*changed.c).add_cte(written), shape.columns, changes=True)
