"""What PostgreSQL and its driver say, in the words of `adapter.store.errors`."""

from __future__ import annotations

import asyncpg
from sqlalchemy import exc

from adapter.store.errors import Conflict, Gone, StoreFault, StoreUnavailable

TROUBLE = (exc.SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
"""Everything that a statement may raise."""

_UNIQUE, _FOREIGN_KEY = "23505", "23503"
_LOCKED = {"55P03", "40001", "40P01"}
_TIMEOUT = {"57014", "25P03", "25P04"}
_UNREACHABLE_CLASSES = {"08", "28", "3D", "53", "57"}
_DISK_CLASSES = {"58", "XX"}
_READ_ONLY = "25006"  # a standby, or a primary being demoted


def meaning(error: Exception, statement: str = "") -> Exception:
    """One of our errors for one of theirs; without any value that was sent."""
    state = _sqlstate(error)
    if isinstance(error, exc.StatementError):
        statement = error.statement or ""
    if state == _UNIQUE:
        return Conflict(_detail(error, "constraint_name"))
    if state == _FOREIGN_KEY:
        return Gone()
    if state is None:
        if isinstance(_innermost(error), ValueError | TypeError):
            return StoreFault(type(error).__name__, statement)  # a value that the driver can't send
        lost = isinstance(error, exc.InterfaceError | asyncpg.InterfaceError | exc.TimeoutError | OSError)
        if lost or (isinstance(error, exc.DBAPIError) and error.connection_invalidated):
            return StoreUnavailable("unreachable")
        return StoreFault(type(error).__name__, statement)
    if state in _LOCKED:
        return StoreUnavailable("locked")
    if state in _TIMEOUT:
        return StoreUnavailable("timeout")
    if state[:2] in _UNREACHABLE_CLASSES or state == _READ_ONLY:
        return StoreUnavailable("unreachable")
    if state[:2] in _DISK_CLASSES:
        return StoreUnavailable("disk")
    where = ".".join(filter(None, (_detail(error, "table_name"), _detail(error, "column_name"))))
    return StoreFault(state, statement, where or _detail(error, "constraint_name"))


def _sqlstate(error: BaseException) -> str | None:
    return _detail(error, "sqlstate") or None


def _innermost(error: BaseException) -> BaseException:
    inner = error
    while (deeper := getattr(inner, "orig", None) or inner.__cause__) is not None:
        inner = deeper
    return inner


def _detail(error: BaseException, name: str) -> str:
    """What asyncpg's own exception says, which SQLAlchemy wraps twice."""
    inner: BaseException | None = error.orig if isinstance(error, exc.DBAPIError) else error
    while inner is not None:
        if isinstance(inner, asyncpg.PostgresError):
            return str(getattr(inner, name, None) or "")
        inner = inner.__cause__
    return ""
