"""The journal in a SQLite file: what was committed outlives the process, however it ends."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from nomis_client.fake.world import Row

_SCHEMA = """
CREATE TABLE IF NOT EXISTS versions (
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL, tab TEXT NOT NULL, key TEXT NOT NULL, value TEXT
);
CREATE TABLE IF NOT EXISTS requests (number INTEGER PRIMARY KEY, entry TEXT NOT NULL);
"""


class SqliteJournal:
    """One process at a time uses one file: a second one is refused (`BlockingIOError`). Another file: `OSError`."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=0.5, check_same_thread=False)
        try:
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            # A killed process loses nothing that was written to the log file; only a power cut could.
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.executescript(_SCHEMA)
        except sqlite3.OperationalError:
            self._db.close()
            raise BlockingIOError(errno.EAGAIN, "in use by another process", str(path)) from None
        except sqlite3.DatabaseError:
            self._db.close()
            raise OSError(errno.EINVAL, "not a state file", str(path)) from None

    def append(self, rows: Iterable[Row]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.executemany(
                "INSERT INTO versions (at, tab, key, value) VALUES (?, ?, ?, ?)",
                [(row.at.isoformat(), row.table, row.key, row.value) for row in rows],
            )
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def replay(self) -> Iterator[Row]:
        for at, table, key, value in self._db.execute("SELECT at, tab, key, value FROM versions ORDER BY seq"):
            yield Row(datetime.fromisoformat(at), table, key, value)

    def note(self, number: int, write: Callable[[], str]) -> None:
        self._db.execute("INSERT OR REPLACE INTO requests (number, entry) VALUES (?, ?)", (number, write()))

    def notes(self) -> Iterator[str]:
        for (entry,) in self._db.execute("SELECT entry FROM requests ORDER BY number"):
            yield entry

    def clear(self) -> None:
        self._db.executescript("BEGIN IMMEDIATE; DELETE FROM versions; DELETE FROM requests; COMMIT;")

    def close(self) -> None:
        self._db.close()
