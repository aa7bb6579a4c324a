"""The processes of a benchmark: backend, floor, adapter, load; started afresh, watched, and ended with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from benchmarks.cast import PRISON, PRISON_ID, SESSIONS
from benchmarks.load import Job, Result

ROOT = Path(__file__).parents[1]
_START_LIMIT = 120.0


@dataclass
class Running:
    """A process that said that it is ready, and what it said."""

    process: psutil.Popen
    said: list[str]

    @property
    def url(self) -> str:
        return self.said[0]

    def cpu(self) -> float:
        """CPU seconds that it has used, the system's for it included."""
        spent = self.process.cpu_times()
        return float(spent.user + spent.system)

    def resident(self) -> int:
        """Bytes in memory."""
        return int(self.process.memory_info().rss)


@contextmanager
def running(command: Sequence[str], folder: Path, name: str) -> Iterator[Running]:
    """A Python process with these arguments, from its ready line on. What it prints goes to a file."""
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = psutil.Popen(
            [sys.executable, *command], cwd=folder, env=_environment(), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield Running(process, _ready(process, log))
    finally:
        process.terminate()
        try:
            process.wait(20)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait()


def _environment() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.upper().startswith("ADAPTER__")}
    return {**inherited, "PYTHONPATH": str(ROOT)}


def _ready(process: psutil.Popen, log: Path) -> list[str]:
    until = time.monotonic() + _START_LIMIT
    while time.monotonic() < until:
        for line in log.read_text().splitlines():
            if line.startswith("ready"):
                return line.removeprefix("ready").removeprefix(":").split()
        if process.poll() is not None:
            raise SystemExit(f"{log.name} ended at its start:\n{log.read_text()[-2000:]}")
        time.sleep(0.02)
    raise SystemExit(f"{log.name} was never ready")


class Backend:
    """The prison system of the benchmarks."""

    def __init__(self, process: Running) -> None:
        http, self.smtp_port = (int(port) for port in process.said)
        self.url = f"http://127.0.0.1:{http}"

    def set(self, *, delay: float = 0.0, contacts: int = 30, hang: bool = False, status: int = 0) -> None:
        """How it answers from now on; its counts begin anew."""
        query = f"delay={delay}&contacts={contacts}&hang={int(hang)}&status={status}"
        with urllib.request.urlopen(f"{self.url}/_control?{query}", data=b"") as reply:
            reply.read()

    def counts(self) -> dict[str, int]:
        """Calls by operation since it was set."""
        with urllib.request.urlopen(f"{self.url}/_control") as reply:
            counted: dict[str, int] = json.load(reply)
        return counted


@contextmanager
def backend_running(folder: Path) -> Iterator[Backend]:
    with running(["-m", "benchmarks.backend"], folder, "backend") as process:
        yield Backend(process)


@contextmanager
def floor_running(folder: Path, backend: Backend, database: str) -> Iterator[Running]:
    """`database`: a SQLite file or an address that asyncpg takes."""
    with running(["-m", "benchmarks.floor", backend.url, database], folder, "floor") as process:
        yield process


def configured(
    folder: Path, backend: Backend, store_url: str, *, soap: bool = False, name: str = "adapter", more: str = ""
) -> Path:
    """The settings of an adapter, to be laid over the shipped ones."""
    path = folder / f"{name}.toml"
    days = "\n".join(f"{day} = {json.dumps(SESSIONS)}" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    path.write_text(f"""
[api]
port = 0
[store]
url = "{store_url}"
[nomis]
transport = "{"soap" if soap else "rest"}"
base_url = "{backend.url}"
{more}
[nomis.soap]
url = "{backend.url}/soap"
[mail.smtp]
port = {backend.smtp_port}
[staff]
link_key_file = "{link_keys(folder)}"
[prisons.{PRISON}]
id = "{PRISON_ID}"
name = "Benchmark"
email_address = "visits.benchmark@example.com"
real_time = true
[prisons.{PRISON}.recurring]
{days}
""")
    return path


def link_keys(folder: Path) -> Path:
    """Keys that sign the links to the staff pages; on PostgreSQL they must be there."""
    path = folder / "link.keys"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text("benchmark-" + "0123456789abcdef" * 4 + "\n")
    return path


@contextmanager
def adapter_running(
    folder: Path, config: Path, *, command: Sequence[str] = ("serve", "--no-worker"), name: str = "adapter"
) -> Iterator[Running]:
    """The real thing, as an installation starts it."""
    options = ["--config", str(ROOT / "config.toml"), "--config", str(config)]
    with running(["-m", "adapter", *command, *options], folder, name) as process:
        yield process


def load(folder: Path, job: Job) -> Result:
    """Run a job to its end, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        cwd=folder,
        env=_environment(),
        input=json.dumps(asdict(job)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"the load generator failed:\n{done.stderr[-2000:]}")
    return Result(**json.loads(done.stdout))
