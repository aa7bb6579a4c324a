"""`make chaos REQUESTS=n SEED=n`: prints one line, and more where a promise was broken; then it ends with 1.

`FIND_BY_REF=false` is an installation that can't find visits by reference. With `CHAOS_BREAK` set to the name of a
deliberate break (`adapter.booking.desk.Breaks`) the service breaks its promise, and the run should find it out.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import tempfile
from pathlib import Path

from tests.chaos.run import run
from tests.support.databases import PostgresDatabases
from tests.support.nursery import nursery_running
from tests.support.postgres import postgres_running


def main() -> int:
    requests = int(os.environ.get("REQUESTS") or 2000)
    seed = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
    find_by_ref = os.environ.get("FIND_BY_REF") or ("false" if seed % 3 == 0 else "true")
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    sys.stderr.write(f"chaos: {requests} requests, seed {seed}, find by reference {find_by_ref}, logs in {folder}\n")
    with postgres_running() as server, nursery_running() as nursery:
        databases = PostgresDatabases(server)
        database = asyncio.run(databases.fresh())
        result = asyncio.run(run(nursery, database, server.socket, folder, requests, seed, find_by_ref))
    sys.stderr.write(f"{result.whys()}\n")
    for line in result.details():
        sys.stderr.write(f"{line}\n")
    sys.stdout.write(f"{result.line()}\n")
    return 0 if result.good else 1


if __name__ == "__main__":
    sys.exit(main())
