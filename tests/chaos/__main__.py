"""`make chaos REQUESTS=n SEED=n`: prints one line, and more where a promise was broken; then it ends with 1.

The seed decides what kind of installation it is, unless `FIND_BY_REF=true|false` (whether visits can be found by
reference), `TRANSPORT=rest|soap` or `STORE=postgresql|sqlite` say it. With `CHAOS_BREAK` set to the name of a
deliberate break (`adapter.booking.desk.Breaks`) the service breaks its promise, and the run should find it out.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from tests.chaos.plan import Plan
from tests.chaos.run import run
from tests.chaos.site import Databases
from tests.support.databases import PostgresDatabases, SqliteDatabases
from tests.support.nursery import nursery_running
from tests.support.postgres import postgres_running


def main() -> int:
    plan = Plan.of(os.environ)
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    sys.stderr.write(f"chaos: {plan.requests} requests, {plan}, logs in {folder}\n")
    with postgres_running() as server, nursery_running() as nursery:
        databases = Databases(PostgresDatabases(server), SqliteDatabases(folder))
        result = asyncio.run(run(nursery, databases, folder, plan))
    sys.stderr.write(f"{result.whys()}\n")
    for line in result.details():
        sys.stderr.write(f"{line}\n")
    sys.stdout.write(f"{result.line()}\n")
    return 0 if result.good else 1


if __name__ == "__main__":
    sys.exit(main())
