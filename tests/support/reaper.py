"""Stops the tests' PostgreSQL when the process that started this one is gone, and nobody else uses it.

Run as a script: reaper.py ROOT PG_CTL [USER]. Standard input is a pipe that the owner holds open.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path


def main(root: Path, pg_ctl: str, user: str | None) -> None:
    """Waits for the end of standard input, then stops and removes what is no longer used."""
    sys.stdin.read()
    with (root / "start.lock").open("w") as start, (root / "use.lock").open("w") as use:
        fcntl.flock(start, fcntl.LOCK_EX)
        try:
            fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
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


if __name__ == "__main__":
    os.umask(0o077)
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None)
