"""All that the fake holds, with its whole past: tables of versions, written through a journal before anyone is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter

from nomis_client.fake.entities import LedgerEntry, Prison, Prisoner, Session, Visit
from nomis_client.fake.faults import Armed
from nomis_client.fake.installation import Installation
from nomis_client.fake.pending import Pending

K = TypeVar("K", str, int)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Row:
    """One version of one thing as the journal keeps it; `value` is JSON, None: deleted."""

    at: datetime
    table: str
    key: str
    value: str | None


class Journal(Protocol):
    """Where versions are kept. `append` returns when they would survive the process being killed."""

    def append(self, rows: Iterable[Row]) -> None: ...
    def replay(self) -> Iterable[Row]: ...
    def note(self, number: int, write: Callable[[], str]) -> None:
        """Keep one line of the log of requests, in place of an earlier one of that number."""
        ...

    def notes(self) -> Iterable[str]: ...
    def clear(self) -> None: ...
    def close(self) -> None: ...


class NoJournal:
    """Keeps nothing: the world lives as long as the process."""

    def append(self, rows: Iterable[Row]) -> None: ...
    def replay(self) -> Iterable[Row]:
        return ()

    def note(self, number: int, write: Callable[[], str]) -> None: ...
    def notes(self) -> Iterable[str]:
        return ()

    def clear(self) -> None: ...
    def close(self) -> None: ...


class Table(Generic[K, V]):
    """Versions by key. `at` reads the past: the newest version not younger than that."""

    def __init__(self, name: str, key_of: Callable[[str], K], adapter: TypeAdapter[V]) -> None:
        self.name = name
        self.key_of: Callable[[str], K] = key_of
        self.adapter = adapter
        self._versions: dict[K, list[tuple[datetime, V | None]]] = {}
        self._now: dict[K, V] = {}  # the newest versions alone: what nearly every read wants
        self._last: K | None = None

    def get(self, key: K, at: datetime | None = None) -> V | None:
        if at is None:
            return self._now.get(key)
        return next((value for since, value in reversed(self._versions.get(key, ())) if since <= at), None)

    def values(self, at: datetime | None = None) -> Iterator[V]:
        if at is None:
            yield from tuple(self._now.values())
            return
        for key in tuple(self._versions):
            value = self.get(key, at)
            if value is not None:
                yield value

    def history(self, key: K) -> Sequence[tuple[datetime, V | None]]:
        return tuple(self._versions.get(key, ()))

    def keys_ever(self) -> Iterable[K]:
        return tuple(self._versions)

    def last_key(self, default: K) -> K:
        """The greatest key ever used; never one that a deletion made free again."""
        return default if self._last is None else self._last

    def put(self, at: datetime, key: K, value: V | None) -> None:
        self._versions.setdefault(key, []).append((at, value))
        self._last = key if self._last is None else max(self._last, key)
        if value is None:
            self._now.pop(key, None)
        else:
            self._now[key] = value

    def amend(self, key: K, value: V) -> None:
        """Change the newest version in place, in memory only: for what may be forgotten."""
        since, _ = self._versions[key][-1]
        self._versions[key][-1] = since, value
        self._now[key] = value

    def clear(self) -> None:
        self._versions.clear()
        self._now.clear()
        self._last = None


ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""When seeded things came to be: before anything that a lagging replica could still not know."""

Change = tuple[Table[Any, Any], Any, Any]
"""Table, key, new value (None: delete)."""


class World:
    """The tables and the few indexes over them. `commit` is the only way to change anything."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.journal = journal or NoJournal()
        self.prisons: Table[str, Prison] = Table("prison", str, TypeAdapter(Prison))
        self.prisoners: Table[str, Prisoner] = Table("prisoner", str, TypeAdapter(Prisoner))
        self.sessions: Table[int, Session] = Table("session", int, TypeAdapter(Session))
        self.visits: Table[int, Visit] = Table("visit", int, TypeAdapter(Visit))
        self.ledger: Table[int, LedgerEntry] = Table("ledger", int, TypeAdapter(LedgerEntry))
        self.pending: Table[int, Pending] = Table("pending", int, TypeAdapter(Pending))
        self.installations: Table[str, Installation] = Table("installation", str, TypeAdapter(Installation))
        self.faults: Table[int, Armed] = Table("fault", int, TypeAdapter(Armed))
        self._tables: tuple[Table[Any, Any], ...] = (
            self.prisons,
            self.prisoners,
            self.sessions,
            self.visits,
            self.ledger,
            self.pending,
            self.installations,
            self.faults,
        )
        self._forget()
        by_name = {table.name: table for table in self._tables}
        for row in self.journal.replay():
            table = by_name.get(row.table)
            if table is not None:
                value = None if row.value is None else table.adapter.validate_json(row.value)
                self._apply(row.at, table, table.key_of(row.key), value)

    def commit(self, at: datetime, *changes: Change) -> None:
        """All or nothing, and in the journal before it can be seen."""
        self.journal.append(
            Row(at, table.name, str(key), None if value is None else table.adapter.dump_json(value).decode())
            for table, key, value in changes
        )
        for table, key, value in changes:
            self._apply(at, table, key, value)

    def clear(self) -> None:
        """Forget everything, the past too."""
        self.journal.clear()
        for table in self._tables:
            table.clear()
        self._forget()

    def close(self) -> None:
        self.journal.close()

    # -- look-ups; each index only grows, so readers check the version that they read ---------------------------

    def offender(self, offender_id: int, at: datetime | None = None) -> Prisoner | None:
        """The prisoner with this offender id, whatever became of him; None for a merged record's old id."""
        noms_id = self._noms_by_offender.get(offender_id)
        prisoner = None if noms_id is None else self.prisoners.get(noms_id, at)
        return prisoner if prisoner is not None and prisoner.offender_id == offender_id else None

    def visits_of(self, noms_id: str, at: datetime | None = None) -> list[Visit]:
        """This prisoner's visits of any status, oldest first."""
        found = (self.visits.get(key, at) for key in sorted(self._visits_of[noms_id]))
        return [visit for visit in found if visit is not None and visit.noms_id == noms_id]

    def visits_in(self, session: int, at: datetime | None = None) -> list[Visit]:
        """Scheduled visits in this session."""
        found = (self.visits.get(key, at) for key in sorted(self._visits_in[session]))
        return [visit for visit in found if visit is not None and visit.session == session and visit.scheduled]

    def visit_under(self, reference: str, at: datetime | None = None) -> Visit | None:
        key = self._visit_by_reference.get(reference)
        return None if key is None else self.visits.get(key, at)

    def sessions_on(self, prison: str, day: date, at: datetime | None = None) -> list[Session]:
        found = (self.sessions.get(key, at) for key in self._sessions_on[prison, day])
        kept = [s for s in found if s is not None and s.prison == prison and s.begin.date() == day]
        return sorted(kept, key=lambda s: (s.begin, s.end, s.room, s.id))

    def _apply(self, at: datetime, table: Table[Any, Any], key: str | int, value: object) -> None:
        table.put(at, key, value)
        match value:
            case Prisoner():
                self._noms_by_offender[value.offender_id] = value.noms_id
            case Visit():
                self._visits_of[value.noms_id].add(value.id)
                self._visits_in[value.session].add(value.id)
                if value.reference is not None:
                    self._visit_by_reference[value.reference] = value.id
            case Session():
                self._sessions_on[value.prison, value.begin.date()].add(value.id)
            case _:
                pass

    def _forget(self) -> None:
        self._noms_by_offender: dict[int, str] = {}
        self._visits_of: defaultdict[str, set[int]] = defaultdict(set)
        self._visits_in: defaultdict[int, set[int]] = defaultdict(set)
        self._visit_by_reference: dict[str, int] = {}
        self._sessions_on: defaultdict[tuple[str, date], set[int]] = defaultdict(set)
