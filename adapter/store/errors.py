"""What the database can answer besides rows.

StoreUnavailable        nothing was stored, or we can't know; try again later
└── CommitUnknown       COMMIT was sent and its answer lost: read back by id and version
Conflict                a unique constraint said no; an ordinary answer, with the constraint's name
Gone                    the visit was removed meanwhile (a purge, or a person's wish)
StoreFault              the database refused the statement itself: a bug of ours
SchemaMismatch          the schema isn't the one this release works with
OtherPrisonSystem       the database belongs to another prison system

No text here holds a value that was sent to, or came from, the database.
"""

from __future__ import annotations


class StoreUnavailable(Exception):
    """The database can't be reached, is locked, or didn't answer in time. The transaction is over.

    `reason` is one of: unreachable, locked, timeout, disk, closed.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CommitUnknown(StoreUnavailable):
    """The answer to COMMIT was lost. The caller reads back by id and version before it believes anything."""


class Conflict(Exception):
    """A unique constraint or index refused the row. The transaction is over, on both databases.

    `constraint` is its name as in `tables.py`, e.g. `uq_visits_turn`, `pk_idempotency`.
    """

    def __init__(self, constraint: str) -> None:
        super().__init__(constraint)
        self.constraint = constraint


class Gone(Exception):
    """What this belongs to was removed meanwhile: nothing was written, and nothing is left to be done."""


class StoreFault(Exception):
    """The database refused a statement for a reason that repeating doesn't cure (a bug of ours).

    `code` is the database's own (SQLSTATE or SQLite's error name); `statement` is the SQL without its values.
    """

    def __init__(self, code: str, statement: str = "", where: str = "") -> None:
        super().__init__(" ".join(filter(None, (code, where, statement))))
        self.code = code
        self.statement = statement


class SchemaMismatch(Exception):
    """The stored schema isn't the one of this release; the text is for the operator and says what to do."""


class OtherPrisonSystem(Exception):
    """This database belongs to another prison system; going on would mix two prisons' visits."""

    def __init__(self, remembered: str, configured: str) -> None:
        super().__init__(f"this database belongs to {remembered}, but the settings name {configured}")
        self.remembered = remembered
        self.configured = configured
