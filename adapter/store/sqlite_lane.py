"""One connection to a SQLite file and how it is set up."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, exc

from adapter.store.dbclock import SQLITE_FUNCTION
from adapter.store.threads import Place


class Lane:
    """One connection, kept open between transactions, and the place for what takes long on it."""

    def __init__(self, engine: Engine, place: Place) -> None:
        self.place = place
        self.dialect = engine.dialect
        self._engine = engine
        self._open: tuple[Connection, sqlite3.Connection] | None = None

    @property
    def is_open(self) -> bool:
        return self._open is not None

    @property
    def connection(self) -> Connection:
        """As SQLAlchemy sees it."""
        assert self._open is not None
        return self._open[0]

    @property
    def driver(self) -> sqlite3.Connection:
        """The library's own."""
        assert self._open is not None
        return self._open[1]

    def open(self) -> None:
        """May wait for the disk, and for a lock of another process."""
        connection = self._engine.connect()
        self._open = connection, cast("sqlite3.Connection", connection.connection.driver_connection)

    def tidy(self, *, broken: bool) -> None:
        """For the next transaction: nothing open, and another connection if this one is broken."""
        if self._open is None:
            return
        try:
            self.driver.rollback()
            if self.connection.in_transaction():  # in SQLAlchemy's view only
                self.connection.rollback()
        except (exc.SQLAlchemyError, sqlite3.Error):
            broken = True
        if broken:
            self._forget()

    def close(self) -> None:
        """For good."""
        self._forget()
        self.place.close()

    def _forget(self) -> None:
        if self._open is not None:
            connection, self._open = self.connection, None
            with suppress(exc.SQLAlchemyError, sqlite3.Error):
                connection.close()


def make_engine(url: URL, db_now: Callable[[], int], *, read_only: bool) -> Engine:
    """Makes connections that are durable, erase what they delete, write to the database alone and know the clock."""
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        poolclass=NullPool,
        hide_parameters=True,
        # A connection is used by one transaction at a time, but from two threads in turn.
        connect_args={"check_same_thread": False, "timeout": 0.1, "isolation_level": None, "cached_statements": 256},
    )

    @event.listens_for(engine, "connect")
    def _set_up(driver: sqlite3.Connection, _record: Any) -> None:
        driver.execute("PRAGMA journal_mode = WAL")
        driver.execute("PRAGMA synchronous = FULL")
        driver.execute("PRAGMA temp_store = MEMORY")  # what a savepoint may roll back, else in files outside ours
        driver.execute("PRAGMA secure_delete = ON")
        driver.execute("PRAGMA wal_autocheckpoint = 4000")
        driver.execute("PRAGMA foreign_keys = ON")
        driver.execute("PRAGMA busy_timeout = 0")  # waiting is done by the event loop, within the deadline
        if read_only:
            driver.execute("PRAGMA query_only = ON")
        driver.create_function(SQLITE_FUNCTION, 0, db_now)

    return engine
