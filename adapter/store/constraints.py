"""The names of unique constraints: SQLite only tells the columns."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Index, PrimaryKeyConstraint, UniqueConstraint

from adapter.store.tables import metadata

_UNIQUE_FAILED = "UNIQUE constraint failed: "


def name_from_sqlite(message: str) -> str:
    """The constraint's name, from SQLite's message; the columns as SQLite told them where no name is known."""
    told = message.removeprefix(_UNIQUE_FAILED)
    return _names_by_columns().get(frozenset(told.split(", ")), told)


@cache
def _names_by_columns() -> dict[frozenset[str], str]:
    names: dict[frozenset[str], str] = {}
    for table in metadata.tables.values():
        unique: list[UniqueConstraint | PrimaryKeyConstraint | Index] = [
            constraint
            for constraint in table.constraints
            if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint)
        ]
        unique += [index for index in table.indexes if index.unique]
        for one in unique:
            columns = frozenset(f"{table.name}.{column.name}" for column in one.columns)
            assert columns not in names, f"two unique constraints on the same columns: {one.name} and {names[columns]}"
            names[columns] = str(one.name)
    return names
