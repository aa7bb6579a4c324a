"""What is stored in the database of a model, read past the service."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NEXT = """
SELECT min(at) FROM (
  SELECT min(due_at) AS at FROM visits WHERE due_at IS NOT NULL
  UNION ALL SELECT min(look_at) FROM attempts WHERE look_at IS NOT NULL
  UNION ALL SELECT min(max(not_before, coalesce(lease_until, 0))) FROM outbox WHERE state = 'queued'
)
"""
_POSTED = """
SELECT v.id, v.step, a.state, a.posts,
  (SELECT count(*) FROM attempts b WHERE b.visit_id = v.id AND b.state = 'open' AND b.reference <> a.reference)
FROM attempts a JOIN visits v ON v.id = a.visit_id WHERE a.reference = ?
"""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference as committed, and how many others of its visit are open."""

    visit_id: str
    step: str
    state: str
    posts: int
    others: int


class Rows:
    """Sees what is committed, nothing else."""

    def __init__(self, database: Path) -> None:
        self._connection = sqlite3.connect(database, isolation_level=None)

    def next_due(self) -> int | None:
        """When (microseconds) the next visit, look or message is due."""
        (found,) = self._connection.execute(_NEXT).fetchone()
        return None if found is None else int(found)

    def reference(self, reference: str) -> Reference | None:
        row = self._connection.execute(_POSTED, (reference,)).fetchone()
        return None if row is None else Reference(*row)

    def ids(self, step: str) -> list[str]:
        """Visits in this step."""
        return [row[0] for row in self._connection.execute("SELECT id FROM visits WHERE step = ? ORDER BY id", (step,))]

    def version(self, visit_id: str) -> int:
        (found,) = self._connection.execute("SELECT version FROM visits WHERE id = ?", (visit_id,)).fetchone()
        return int(found)

    def step(self, visit_id: str) -> str:
        (found,) = self._connection.execute("SELECT step FROM visits WHERE id = ?", (visit_id,)).fetchone()
        return str(found)

    def choices(self, visit_id: str) -> list[str]:
        query = "SELECT slot1, slot2, slot3 FROM visits WHERE id = ?"
        return [slot for slot in self._connection.execute(query, (visit_id,)).fetchone() if slot]

    def table(self, name: str) -> list[dict[str, Any]]:
        """All of it, oldest first."""
        cursor = self._connection.execute(f"SELECT * FROM {name} ORDER BY rowid")
        columns = [item[0] for item in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor]

    def close(self) -> None:
        self._connection.close()
