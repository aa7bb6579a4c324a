"""Stops the tests' PostgreSQL when the process that started this one is gone, and nobody else uses it.

Run as a script: reaper.py ROOT PG_CTL [USER]. Standard input is a pipe that the owner holds open.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import IO


def main(root: Path, pg_ctl: str, user: str | None) -> None:
    """Waits for the end of standard input, then stops and removes what is no longer used."""
    sys.stdin.read()
    with (root / "start.lock").open("w") as start, (root / "use.lock").open("w") as use:
        fcntl.flock(start, fcntl.LOCK_EX)
        if not _nobody_uses_it(use):
            return  # another test process goes on; its own reaper comes later
        subprocess.run(
            [pg_ctl, "-D", str(root / "data"), "-m", "immediate", "-w", "stop"],
            user=user,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        shutil.rmtree(root, ignore_errors=True)


def _nobody_uses_it(use: IO[str]) -> bool:
    """A killed process lets go of its pipe and of its lock in any order: look for a moment."""
    for _ in range(20):
        try:
            fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.025)
        else:
            return True
    return False


if __name__ == "__main__":
    os.umask(0o077)
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None)
