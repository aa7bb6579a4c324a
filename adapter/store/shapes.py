"""Statements whose text is made once and then run with other values.

Putting a statement of fifty columns together costs SQLAlchemy several times what the database needs to carry it out; so
those on a booking's way are put together once for each set of columns, and go straight to the driver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Dialect,
    Index,
    Integer,
    Table,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlalchemy.sql.selectable import Select
from sqlalchemy.types import TypeEngine

from adapter.store.dbclock import REPLACEMENT, db_now

T = TypeVar("T")
_OURS = "p_"  # how the names of parameters begin that get their values when the statement runs

Row: TypeAlias = dict[str, Any]
"""One row by column name."""


@dataclass(frozen=True, slots=True)
class Later:
    """A value to write: the database's clock plus so many microseconds."""

    micros: int


@dataclass(frozen=True, slots=True)
class More:
    """A value to write: what the column holds plus `by`."""

    by: int


NOW = Later(0)
"""A value to write: the database's clock."""


def parameter(name: str, kind: TypeEngine[Any] | None = None) -> BindParameter[Any]:
    """Stands in a statement for the value that `run` gets under this name."""
    return bindparam(_OURS + name, None, type_=kind)


class Shape:
    """A statement with `parameter`s. `columns` are those that it selects or returns, named as in the rows.

    `sqlite_index`: which index SQLite goes by where it first reads (`FROM`) the table. It keeps no statistics, and
    takes a step that nearly every visit is in for one that few are in.
    """

    def __init__(
        self,
        statement: UpdateBase | Select[Any],
        columns: Sequence[ColumnElement[Any]],
        sqlite_index: Index | None = None,
    ) -> None:
        self._sqlite_index = sqlite_index
        self.changes = isinstance(statement, UpdateBase)
        self._statement = statement
        self._columns = tuple(columns)
        self._compiled: WeakKeyDictionary[Dialect | type[Dialect], Compiled] = WeakKeyDictionary()

    def on(self, dialect: Dialect) -> Compiled:
        """Its text for one database; all of a kind that read the server's clock share it."""
        kind = dialect if hasattr(dialect, REPLACEMENT) else type(dialect)
        compiled = self._compiled.get(kind)
        if compiled is None:
            index = self._sqlite_index if dialect.name == "sqlite" else None
            compiled = self._compiled[kind] = _compile(self._statement, self._columns, dialect, index)
        return compiled


@dataclass(frozen=True, slots=True)
class Compiled:
    """Text for the driver, where its arguments come from, and what comes back."""

    sql: str
    sources: tuple[Callable[[Mapping[str, object]], object], ...]
    names: tuple[str, ...]
    booleans: tuple[str, ...]  # columns that SQLite answers with numbers

    def arguments(self, values: Mapping[str, object]) -> list[object]:
        """In the order of the text. Raises KeyError for a parameter without a value."""
        return [source(values) for source in self.sources]

    def row(self, values: Iterable[Any]) -> Row:
        """What the driver gave, by name."""
        row = dict(zip(self.names, values, strict=True))
        for name in self.booleans:
            if row[name] is not None:
                row[name] = bool(row[name])
        return row


def insertion(table: Table, values: Mapping[str, object]) -> tuple[Shape, Mapping[str, object]]:
    """One new row; it comes back whole, with `now`. Columns without a value get the table's default."""
    kinds = tuple((name, type(value) if isinstance(value, Later) else None) for name, value in values.items())
    return _insert_shape(table, kinds), _plain(values)


def change(
    table: Table, where: Mapping[str, object], values: Mapping[str, object]
) -> tuple[Shape, Mapping[str, object]]:
    """Changes the rows that are equal to `where`; they come back whole, with `now`."""
    kinds = tuple((name, type(value) if isinstance(value, Later | More) else None) for name, value in values.items())
    given = {f"where_{name}": value for name, value in where.items()}
    assert None not in given.values(), "nothing equals NULL"
    return _update_shape(table, tuple(where), kinds), {**_plain(values), **given}


def chosen(ids: Select[tuple[T]]) -> Select[tuple[T]]:
    """What a query with a limit finds, for the WHERE of a statement that changes it: found once, before any change.

    Otherwise PostgreSQL may find anew for each row that it considers, passes over what was just changed, and so goes
    past the limit.
    """
    return select(ids.cte("chosen").prefix_with("MATERIALIZED", dialect="postgresql").c.id)


def returned(table: Table) -> tuple[ColumnElement[Any], ...]:
    """Every column of a table, and the database's clock as `now`."""
    return (*table.c, db_now().label("now"))


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    return {name: _number(value) for name, value in values.items()}


def _number(value: object) -> object:
    if isinstance(value, Later):
        return value.micros
    return value.by if isinstance(value, More) else value


_Kinds: TypeAlias = tuple[tuple[str, type[Later] | type[More] | None], ...]


@lru_cache(maxsize=1024)
def _insert_shape(table: Table, kinds: _Kinds) -> Shape:
    values: dict[str, object] = {
        column.name: column.default.arg
        for column in table.columns
        if isinstance(column.default, ScalarElementColumnDefault)
    }
    values |= {name: _written(table, name, kind) for name, kind in kinds}
    columns = returned(table)
    return Shape(insert(table).values(values).returning(*columns), columns)


@lru_cache(maxsize=1024)
def _update_shape(table: Table, guards: tuple[str, ...], kinds: _Kinds) -> Shape:
    columns = returned(table)
    statement = (
        update(table)
        .where(*(table.c[name] == parameter(f"where_{name}", table.c[name].type) for name in guards))
        .values({name: _written(table, name, kind) for name, kind in kinds})
        .returning(*columns)
    )
    return Shape(statement, columns)


def _written(table: Table, name: str, kind: type[Later] | type[More] | None) -> ColumnElement[Any]:
    if kind is Later:
        return db_now() + parameter(name, BigInteger())
    if kind is More:
        return table.c[name] + parameter(name, Integer())
    return parameter(name, table.c[name].type)


def _compile(
    statement: UpdateBase | Select[Any], columns: Sequence[ColumnElement[Any]], dialect: Dialect, index: Index | None
) -> Compiled:
    compiled: Any = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    sql = str(compiled.string)
    if index is not None:
        assert index.table is not None
        source = f"FROM {index.table.name}"
        sql = sql.replace(source, f"{source} INDEXED BY {index.name}", 1)
    names = tuple(str(getattr(column, "key", None) or getattr(column, "name", "")) for column in columns)
    booleans = [name for name, column in zip(names, columns, strict=True) if isinstance(column.type, Boolean)]
    return Compiled(
        sql=sql,
        sources=tuple(_source(name, compiled) for name in compiled.positiontup or ()),
        names=names,
        booleans=tuple(booleans) if dialect.name == "sqlite" else (),
    )


def _source(name: str, compiled: Any) -> Callable[[Mapping[str, object]], object]:
    if name.startswith(_OURS):
        ours = name.removeprefix(_OURS)
        return lambda values: values[ours]
    bound = compiled.binds.get(name)
    if bound is not None and bound.callable is not None:
        ask = bound.callable
        return lambda _values: ask()
    constant = compiled.params[name]
    return lambda _values: constant
