"""Opens the database that the settings name."""

from __future__ import annotations

from collections.abc import Callable

from adapter.clock import Clock, micros
from adapter.config.store import StoreSettings
from adapter.store.postgresql import PostgresqlStore
from adapter.store.sqlite import SqliteStore
from adapter.store.unit_of_work import Store


def open_store(
    settings: StoreSettings, clock: Clock, *, db_now: Callable[[], int] | None = None, threads: bool = True
) -> Store:
    """The store; nothing is connected yet. Call it in the event loop that will use it.

    `db_now` replaces the database's clock (microseconds since 1970 UTC). SQLite has no clock of its own and reads
    `clock`; PostgreSQL reads its server's. `threads=False` makes SQLite do everything in the event loop's thread, its
    waits for the disk too; an event loop with a virtual clock needs that.

    Raises OSError when the password file can't be read or the folder made.
    """
    url = settings.engine_url()
    if settings.on_postgresql:
        return PostgresqlStore(
            url,
            db_now,
            connections=settings.pool_size,
            waits=settings.pool_timeout + settings.statement_timeout,
            statement=settings.statement_timeout,
            locks=settings.busy_timeout,
        )
    return SqliteStore(
        url,
        db_now or (lambda: micros(clock.now())),
        readers=settings.pool_size,
        waits=settings.busy_timeout,
        threads=threads,
    )
