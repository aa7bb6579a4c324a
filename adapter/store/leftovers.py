"""Why something that was removed may still be found in the database's files."""

from __future__ import annotations

from enum import StrEnum


class LeftOver(StrEnum):
    """One reason; each goes away by itself or has a remedy, see docs/runbook.md."""

    LOG_READ = "log_read"
    """SQLite: somebody reads the write-ahead log all the time, so that it can't be emptied."""
    READERS = "readers"
    """PostgreSQL: a transaction that began before the removal is still open, and may look at what was removed."""
    TABLE_BUSY = "table_busy"
    """PostgreSQL: a table couldn't be had alone, or its rewriting takes longer than requests may be held up."""
    NOT_OWNER = "not_owner"
    """PostgreSQL: our role doesn't own the tables, so it may not rewrite them."""
    LOG_NOT_ALLOWED = "log_not_allowed"
    """PostgreSQL: our role may not have the write-ahead log used up."""
    LOG_KEPT = "log_kept"
    """PostgreSQL: old write-ahead log is kept for a standby, a slot or an archive, or there is very much of it."""
    INTERRUPTED = "interrupted"
    """The database couldn't be reached any more."""
