"""The database's clock, as an expression to be used inside statements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

SQLITE_FUNCTION = "adapter_now"
REPLACEMENT = "adapter_clock"  # attribute of a dialect that is to read another clock than the server's

_POSTGRESQL_NOW = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"


class DbNow(FunctionElement[int]):
    """Now by the database's clock, in microseconds since 1970 UTC. It moves on within a transaction."""

    inherit_cache = True
    name = "db_now"
    type = BigInteger()


def db_now() -> DbNow:
    """Now by the database's clock; may be part of a statement made at import."""
    return DbNow()


@compiles(DbNow, "sqlite")
def _on_sqlite(_element: DbNow, _compiler: SQLCompiler, **_kw: Any) -> str:
    return f"{SQLITE_FUNCTION}()"


@compiles(DbNow, "postgresql")
def _on_postgresql(_element: DbNow, compiler: SQLCompiler, **kw: Any) -> str:
    replacement: Callable[[], int] | None = getattr(compiler.dialect, REPLACEMENT, None)
    if replacement is None:
        return _POSTGRESQL_NOW
    # The callable is asked at each execution, not when the statement is compiled.
    return compiler.process(bindparam("db_now", callable_=replacement, type_=BigInteger(), unique=True), **kw)
