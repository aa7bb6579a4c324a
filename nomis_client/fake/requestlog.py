"""Every request that arrived, in order, with what became of it. Bodies are kept: the people in here are made up."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter

from nomis_client.fake.faults import Target
from nomis_client.fake.requests import Operation, Request
from nomis_client.fake.world import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """`outcome` is empty while the request is being worked on; `body_hash` is SHA-256 of the body's bytes."""

    number: int
    at: datetime
    method: str
    operation: Operation
    prison: str
    noms_id: str
    reference: str
    repeat: bool
    request_id: str
    body: str
    body_hash: str
    outcome: str = ""
    answered_at: datetime | None = None
    faults: tuple[str, ...] = ()


_ADAPTER = TypeAdapter(LogEntry)


class RequestLog:
    """In memory, and in the journal from the moment of arrival."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._entries: dict[int, LogEntry] = {}
        for line in journal.notes():
            entry = _ADAPTER.validate_json(line)
            self._entries[entry.number] = entry

    def arrived(
        self, at: datetime, method: str, request: Request, body: str, request_id: str, target: Target
    ) -> LogEntry:
        entry = LogEntry(
            number=len(self._entries) + 1,
            at=at,
            method=method,
            operation=target.operation,
            prison=target.prison,
            noms_id=target.noms_id,
            reference=target.reference,
            repeat=target.repeat,
            request_id=request_id,
            body=body or repr(request),
            body_hash=hashlib.sha256(body.encode()).hexdigest() if body else "",
        )
        return self._keep(entry)

    def answered(self, entry: LogEntry, at: datetime, outcome: str, faults: Sequence[str]) -> None:
        self._keep(replace(entry, answered_at=at, outcome=outcome, faults=tuple(faults)))

    def entries(self) -> list[LogEntry]:
        return list(self._entries.values())

    def clear(self) -> None:
        self._entries.clear()

    def _keep(self, entry: LogEntry) -> LogEntry:
        self._entries[entry.number] = entry
        self._journal.note(entry.number, lambda: _ADAPTER.dump_json(entry).decode())
        return entry
