"""Starts processes of the service without importing everything anew each time: it has imported it, and forks.

What runs is `python -m adapter …` in all but the seconds that the imports take: a process of its own, with its own
environment, working directory, session and output. Run as a script it takes one JSON object a line and answers with the
process id. An exit code is written to a file `PID.exit` beside the log. When its input ends, it kills whatever
it started.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[2]
_REAP = 0.03  # seconds between looks for processes that ended


class Nursery:
    """The starting process, seen from a test."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, arguments: Sequence[str], environ: Mapping[str, str], folder: Path, log: Path) -> int:
        """Fork `python -m adapter ARGUMENTS`; the process id. What it prints is appended to `log`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        birth = {"arguments": list(arguments), "environ": dict(environ), "folder": str(folder), "log": str(log)}
        self._process.stdin.write(json.dumps(birth) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def nursery_running() -> Iterator[Nursery]:
    """A nursery; whatever it started is killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.nursery"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        yield Nursery(process)
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def exit_file(log: Path, pid: int) -> Path:
    """Where the exit code of a process is written."""
    return log.with_name(f"{pid}.exit")


def _main() -> None:
    import adapter.cli.serve
    import adapter.cli.worker
    import adapter.demo.fake_nomis
    import adapter.wiring.serve  # noqa: F401

    gc.collect()
    gc.freeze()
    children: dict[int, Path] = {}
    _say("ready")
    commands = os.fdopen(os.dup(0), "rb", buffering=0)
    rest = b""
    while True:
        _reap(children)
        if not select.select([commands], [], [], _REAP)[0]:
            continue
        data = commands.read(65536)
        if not data:
            break
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            birth = json.loads(line)
            pid = os.fork()
            if pid == 0:
                commands.close()
                _live(birth)
            children[pid] = exit_file(Path(birth["log"]), pid)
            _say(str(pid))
    for pid in children:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    while children:
        _reap(children, block=True)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _reap(children: dict[int, Path], *, block: bool = False) -> None:
    while children:
        pid, status = os.waitpid(-1, 0 if block else os.WNOHANG)
        if pid == 0:
            return
        path = children.pop(pid)
        if path.parent.is_dir():
            fresh = path.with_suffix(".new")
            fresh.write_text(str(os.waitstatus_to_exitcode(status)))
            fresh.replace(path)


def _live(birth: dict[str, Any]) -> NoReturn:
    """In the fork: become the process that was asked for."""
    code = 1
    try:
        os.setsid()
        log = os.open(birth["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for here, there in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(here, there)
        os.chdir(birth["folder"])
        os.environ.clear()
        os.environ.update(birth["environ"])
        _break_promises(os.environ.get("CHAOS_BREAK", ""))
        sys.argv = ["visits-adapter", *birth["arguments"]]
        from adapter.cli import main

        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    finally:
        with suppress(ValueError, OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _break_promises(name: str) -> None:
    """One of the deliberate breaks, by its name in `adapter.booking.desk.Breaks`: what looks for them must find it."""
    if name:
        from adapter.booking.desk import Breaks
        from adapter.wiring import open_service, serve

        vars(serve)["open_service"] = functools.partial(open_service, breaks=Breaks(**{name: True}))


if __name__ == "__main__":
    _main()
