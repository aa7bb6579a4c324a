"""Statements whose text is made once and then run with other values.

Putting a statement of fifty columns together costs SQLAlchemy several times what the database needs to carry it out; so
those on a booking's way are put together once for each set of columns, and go straight to the driver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeAlias, TypeVar
from weakref import WeakKeyDictionary, ref

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
from sqlalchemy.sql.selectable import CompoundSelect, Select
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
    takes a step that nearly every visit is in for one that few are in. `changes`: a SELECT around something that does.
    """

    def __init__(
        self,
        statement: UpdateBase | Select[Any] | CompoundSelect[Any],
        columns: Sequence[ColumnElement[Any]],
        sqlite_index: Index | None = None,
        *,
        changes: bool = False,
    ) -> None:
        self.statement = statement
        self.columns = tuple(columns)
        self.changes = changes or isinstance(statement, UpdateBase)
        self._sqlite_index = sqlite_index
        self._compiled: WeakKeyDictionary[Dialect | type[Dialect], Compiled] = WeakKeyDictionary()
        self._last: tuple[ref[Dialect], Compiled] | None = None

    def on(self, dialect: Dialect) -> Compiled:
        """Its text for one database; all of a kind that read the server's clock share it."""
        if self._last is not None and self._last[0]() is dialect:
            return self._last[1]
        compiled = self._on(dialect)
        self._last = ref(dialect), compiled
        return compiled

    def _on(self, dialect: Dialect) -> Compiled:
        kind = dialect if hasattr(dialect, REPLACEMENT) else type(dialect)
        compiled = self._compiled.get(kind)
        if compiled is None:
            index = self._sqlite_index if dialect.name == "sqlite" else None
            compiled = self._compiled[kind] = _compile(self.statement, self.columns, dialect, index)
        return compiled


@dataclass(frozen=True, slots=True)
class Compiled:
    """Text for the driver, where its arguments come from, and what comes back."""

    sql: str
    pick: Callable[[Mapping[str, object]], tuple[object, ...]]
    constants: Mapping[str, object]
    asked: Mapping[str, Callable[[], object]]  # in the order of the text: a clock, which moves on
    names: tuple[str, ...]
    booleans: tuple[str, ...]  # columns that SQLite answers with numbers

    def arguments(self, values: Mapping[str, object]) -> list[object]:
        """In the order of the text. Raises KeyError for a parameter without a value."""
        if self.constants or self.asked:
            values = {**values, **self.constants, **{name: ask() for name, ask in self.asked.items()}}
        return list(self.pick(values))

    def row(self, values: Iterable[Any]) -> Row:
        """What the driver gave, by name."""
        row = dict(zip(self.names, values, strict=True))
        for name in self.booleans:
            if row[name] is not None:
                row[name] = bool(row[name])
        return row


def insertion(
    table: Table, values: Mapping[str, object], give: tuple[str, ...] | None = None
) -> tuple[Shape, Mapping[str, object]]:
    """One new row. Columns without a value get the table's default.

    It comes back whole, with `now`; or only what `give` names of it, and what the database computed.
    """
    return _insert_shape(table, _written_as(values), give), _plain(values)


def change(
    table: Table, where: Mapping[str, object], values: Mapping[str, object], give: tuple[str, ...] | None = None
) -> tuple[Shape, Mapping[str, object]]:
    """Changes the rows that are equal to `where`; what comes back of them is as in `insertion`."""
    assert None not in where.values(), "nothing equals NULL"
    given = {f"where_{name}": value for name, value in where.items()}
    return _update_shape(table, tuple(where), _written_as(values), give), {**_plain(values), **given}


def chosen(ids: Select[tuple[T]]) -> Select[tuple[T]]:
    """What a query with a limit finds, for the WHERE of a statement that changes it: found once, before any change.

    Otherwise PostgreSQL may find anew for each row that it considers, passes over what was just changed, and so goes
    past the limit.
    """
    return select(ids.cte("chosen").prefix_with("MATERIALIZED", dialect="postgresql").c.id)


def returned(table: Table, give: tuple[str, ...] | None = None) -> tuple[ColumnElement[Any], ...]:
    """These columns of a table, where `now` is the database's clock; None: every one, and `now`."""
    if give is None:
        give = (*table.c.keys(), "now")
    return tuple(db_now().label("now") if name == "now" else table.c[name] for name in give)


_Written: TypeAlias = tuple[tuple[str, ...], tuple[type[Later] | type[More] | None, ...]]
"""Names of columns, and how the value of each is meant; a key, which is made for each statement: hence no loops."""
_COMPUTED: Mapping[type[object], type[Later] | type[More]] = {Later: Later, More: More}


def _written_as(values: Mapping[str, object]) -> _Written:
    return tuple(values), tuple(map(_COMPUTED.get, map(type, values.values())))


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    return {name: _number(value) if type(value) in _COMPUTED else value for name, value in values.items()}


def _number(value: object) -> object:
    if isinstance(value, Later):
        return value.micros
    return value.by if isinstance(value, More) else value


@lru_cache(maxsize=1024)
def _insert_shape(table: Table, written: _Written, give: tuple[str, ...] | None) -> Shape:
    values: dict[str, object] = {
        column.name: column.default.arg
        for column in table.columns
        if isinstance(column.default, ScalarElementColumnDefault)
    }
    values |= {name: _value(table, name, kind) for name, kind in zip(*written, strict=True)}
    columns = _given(table, written, give)
    statement = insert(table).values(values)
    return Shape(statement.returning(*columns) if columns else statement.inline(), columns)


@lru_cache(maxsize=1024)
def _update_shape(table: Table, guards: tuple[str, ...], written: _Written, give: tuple[str, ...] | None) -> Shape:
    columns = _given(table, written, give)
    statement = (
        update(table)
        .where(*(table.c[name] == parameter(f"where_{name}", table.c[name].type) for name in guards))
        .values({name: _value(table, name, kind) for name, kind in zip(*written, strict=True)})
        .returning(*columns)
    )
    return Shape(statement, columns)


def _given(table: Table, written: _Written, give: tuple[str, ...] | None) -> tuple[ColumnElement[Any], ...]:
    if give is None:
        return returned(table)
    computed = [name for name, kind in zip(*written, strict=True) if kind is not None and name not in give]
    return returned(table, (*give, *computed))


def _value(table: Table, name: str, kind: type[Later] | type[More] | None) -> ColumnElement[Any]:
    if kind is Later:
        return db_now() + parameter(name, BigInteger())
    if kind is More:
        return table.c[name] + parameter(name, Integer())
    return parameter(name, table.c[name].type)


def _compile(
    statement: UpdateBase | Select[Any] | CompoundSelect[Any],
    columns: Sequence[ColumnElement[Any]],
    dialect: Dialect,
    index: Index | None,
) -> Compiled:
    compiled: Any = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    sql = str(compiled.string)
    if index is not None:
        assert index.table is not None
        source = f"FROM {index.table.name}"
        sql = sql.replace(source, f"{source} INDEXED BY {index.name}", 1)
    names = tuple(str(getattr(column, "key", None) or getattr(column, "name", "")) for column in columns)
    booleans = [name for name, column in zip(names, columns, strict=True) if isinstance(column.type, Boolean)]
    order = tuple(compiled.positiontup or ())
    rest = [name for name in order if not name.startswith(_OURS)]
    asked = {
        name: bound.callable for name in rest if (bound := compiled.binds.get(name)) is not None and bound.callable
    }
    return Compiled(
        sql=sql,
        pick=_picker([_key(name) for name in order]),
        constants={_key(name): compiled.params[name] for name in rest if name not in asked},
        asked={_key(name): ask for name, ask in asked.items()},
        names=names,
        booleans=tuple(booleans) if dialect.name == "sqlite" else (),
    )


def _key(name: str) -> str:
    """Where the value of a parameter of the text is found; ours never meet SQLAlchemy's own."""
    return name.removeprefix(_OURS) if name.startswith(_OURS) else f"={name}"


def _picker(names: Sequence[str]) -> Callable[[Mapping[str, object]], tuple[object, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)
