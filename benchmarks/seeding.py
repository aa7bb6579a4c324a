"""A store with many visits in it, on SQLite: real bookings, multiplied by the database itself.

`python -m benchmarks.seeding [SIZE …]` makes `var/bench/stored-SIZE.db`, which `make bench` uses if it is there.
A million visits take some minutes and seven gigabytes.
"""

from __future__ import annotations

import random
import sqlite3
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapter.store.tables import attempts, outbox, visit_events, visits
from benchmarks.cast import prisoner_number, slots
from benchmarks.processes import ROOT, Backend, adapter_running, backend_running, configured, load
from benchmarks.turns import Bench

KEPT = ROOT / "var" / "bench"
SIZES = (0, 10_000, 100_000, 1_000_000)

_DAYS = 170  # over which their requests came, up to now; less than the retention
_FIRST_PRISONER = 150_000_000
_TEMPLATES = 60
_WITH_STAFF = 300
_YEAR = 365 * 86_400_000_000

_PRISONS = 130  # over which they are spread; one of them is the one that is asked for

_NUMBERS = """
CREATE TABLE seed (n INTEGER PRIMARY KEY, template TEXT, own TEXT, human TEXT, noms TEXT, at INTEGER, slot TEXT,
                   visit INTEGER, step TEXT)
"""


def _spread(column: str) -> str:
    """The code of a prison: every so many visits that of the booking they are multiplied from."""
    return f"CASE s.n % {_PRISONS} WHEN 0 THEN t.{column} ELSE printf('P%02X', s.n % {_PRISONS}) END"


# What differs from the real booking that a visit is multiplied from; everything else is the same.
_VISITS = {
    "id": "s.own",
    "human_id": "s.human",
    "noms_id": "s.noms",
    "offender_id": f"{_FIRST_PRISONER} + s.n",
    "nomis_prison": _spread("nomis_prison"),
    "nomis_visit_id": "s.visit",
    "step": "s.step",
    "arrived_at": "s.at",
    "updated_at": "s.at + 400000",
    "handover_at": "s.at + 120000000",
    "slot1": "s.slot",
    "slot_granted": "CASE s.step WHEN 'booked' THEN s.slot END",
    "slot_raw": "CASE s.step WHEN 'booked' THEN s.slot END",
    "counted": "7",
    "checked_at": f"s.at + {_YEAR}",  # none is due to be compared: an idle worker is measured
}
_EVENTS = {"visit_id": "s.own", "at": "s.at"}
_ATTEMPTS = {
    "visit_id": "s.own",
    "reference": "s.own || '-1'",
    "offender_id": f"{_FIRST_PRISONER} + s.n",
    "prison": _spread("prison"),
    "slot": "s.slot",
    "slot_raw": "s.slot",
    "nomis_visit_id": "s.visit",
    "created_at": "s.at",
    "updated_at": "s.at + 400000",
}
_OUTBOX = {
    "visit_id": "s.own",
    "message_id": "'<' || s.own || '@example.com>'",
    "payload": "x'2e'",  # no query reads what was sent, and it would take ten times the room of all the rest
    "state": "'sent'",
    "created_at": "s.at",
    "not_before": "s.at",
    "sent_at": "s.at + 900000",
}


def seed(path: Path, size: int, backend: Backend, folder: Path) -> None:
    """Make the database `path` with this many visits more than a few real ones and the same open ones in each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _book_templates(path, backend, folder)
    with closing(_connected(path)) as connection, connection:
        _multiply(connection, size + _WITH_STAFF)
    settle(path)


def settle(path: Path) -> None:
    """Nothing is left to send or to count, as if a worker had run, and the backend may be another."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM service_facts WHERE name = 'prison_system'")  # the backend's port is another
        connection.execute("UPDATE outbox SET state = 'sent' WHERE state = 'queued'")
        connection.execute("UPDATE visits SET counted = 7 WHERE counted < 4")
        connection.execute(f"UPDATE visits SET checked_at = arrived_at + {_YEAR} WHERE checked_at IS NULL")


def kept(size: int) -> Path:
    """Where `make bench-seed` puts it."""
    return KEPT / f"stored-{size}.db"


def _book_templates(path: Path, backend: Backend, folder: Path) -> None:
    backend.set()
    config = configured(folder, backend, f"sqlite+aiosqlite:///{path}", name=path.stem)
    with adapter_running(folder, config, name=f"seed-{path.stem}") as adapter:
        load(folder, Bench(folder, backend, quick=True).job([adapter.url], 4, _TEMPLATES))


def _connected(path: Path) -> sqlite3.Connection:
    """In a hurry: nothing of this has to survive a power cut."""
    connection = sqlite3.connect(path)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -2000000", "secure_delete = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _multiply(connection: sqlite3.Connection, size: int) -> None:
    templates = [row[0] for row in connection.execute("SELECT id FROM visits WHERE step = 'booked'")]
    connection.execute(_NUMBERS)
    connection.executemany("INSERT INTO seed VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", _rows(size, templates))
    for table, key, changed, only in (
        (visits, "id", _VISITS, ""),
        (visit_events, "visit_id", _EVENTS, ""),
        (attempts, "visit_id", _ATTEMPTS, "WHERE s.step = 'booked'"),
        (outbox, "visit_id", _OUTBOX, ""),
    ):
        names = [column.name for column in table.columns if table is visits or column.name != "id"]
        connection.execute(
            f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {_selected(names, changed)} FROM seed s"
            f" JOIN {table.name} t ON t.{key} = s.template {only} ORDER BY s.n"
        )
    connection.execute("DROP TABLE seed")


def _selected(names: list[str], changed: Mapping[str, str]) -> str:
    return ", ".join(changed.get(name, f"t.{name}") for name in names)


def _rows(size: int, templates: list[str]) -> Iterator[tuple[object, ...]]:
    """Four of five were booked, the others refused or withdrawn; the newest few hundred are with staff."""
    drawn, now = random.Random(size), datetime.now(UTC)
    for number in range(size):
        arrived = now - timedelta(days=_DAYS * (size - number) / size)
        step = ("rejected", "withdrawn")[number % 2] if number % 5 == 0 else "booked"
        if size - number <= _WITH_STAFF:
            step = "with_staff"
        yield (
            number,
            templates[number % len(templates)],
            str(uuid.UUID(int=drawn.getrandbits(128), version=4)),
            f"{number:08}",
            prisoner_number(_FIRST_PRISONER + number),
            int(arrived.timestamp() * 1e6),
            slots((arrived + timedelta(days=14 + number % 7)).date())[number % 8],
            number + 1 if step == "booked" else None,
            step,
        )


def main(sizes: Sequence[int]) -> None:
    for size in sizes:
        path, began = kept(size), time.monotonic()
        for old in path.parent.glob(f"{path.name}*"):  # its write-ahead log too
            old.unlink()
        with tempfile.TemporaryDirectory() as made, backend_running(Path(made)) as backend:
            seed(path, size, backend, Path(made))
        print(
            f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e9:.1f} GB, {time.monotonic() - began:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or SIZES)
