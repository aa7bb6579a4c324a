"""The real processes of the service, for tests that kill, stop and restart them."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from tests.support.nursery import ROOT, Nursery, exit_file

HANG_GUARD = 60.0
"""Seconds after which something that should happen counts as never happening; far more than it takes."""
_LOOK = 0.02  # seconds between looks


class RealProcess:
    """One `python -m adapter …`. It can be started again after its end, with the same settings.

    What it prints and logs, over all its lives, is in the file `log`.
    """

    def __init__(
        self, nursery: Nursery, name: str, arguments: Sequence[str], environ: Mapping[str, str], folder: Path
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._nursery = nursery
        self._arguments = list(arguments)
        self._environ = {**_own_environment(), **environ}
        self._folder = folder
        self._pid = 0
        self._read_from = 0
        self.url = ""
        """Where it listens, if it does; known once it has started."""

    @property
    def alive(self) -> bool:
        return self._pid != 0 and self.exit_code is None

    @property
    def exit_code(self) -> int | None:
        """Of its last life; a signal is a negative number; None while it lives."""
        path = exit_file(self.log, self._pid)
        return int(path.read_text()) if path.exists() else None

    async def start(self) -> None:
        """Returns when it has said that it is ready."""
        assert not self.alive
        self.log.touch()
        self._read_from = self.log.stat().st_size
        self._pid = self._nursery.start(self._arguments, self._environ, self._folder, self.log)
        async with asyncio.timeout(HANG_GUARD):
            while (url := self._ready_line()) is None:
                if not self.alive:
                    raise AssertionError(f"{self.name} ended at its start:\n{self.said()[-2000:]}")
                await asyncio.sleep(_LOOK)
        self.url = url

    def said(self) -> str:
        """What it printed and logged in this life."""
        with self.log.open("rb") as log:
            log.seek(self._read_from)
            return log.read().decode()

    async def kill(self) -> None:
        """SIGKILL: nothing is tidied up."""
        self.signal(signal.SIGKILL)
        await self.ended()

    async def terminate(self) -> int:
        """SIGTERM, and its exit code."""
        self.signal(signal.SIGTERM)
        return await self.ended()

    def freeze(self) -> None:
        """SIGSTOP: it stands still until `thaw`."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    def signal(self, number: int) -> None:
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self._pid, number)

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        async with asyncio.timeout(HANG_GUARD):
            while (code := self.exit_code) is None:
                await asyncio.sleep(_LOOK)
        return code

    def _ready_line(self) -> str | None:
        for line in self.said().splitlines():
            if line == "ready" or line.startswith("ready: "):
                return line.removeprefix("ready").removeprefix(": ")
        return None


@asynccontextmanager
async def ending(*processes: RealProcess) -> AsyncIterator[None]:
    """Whatever becomes of the block, none of these outlives it."""
    try:
        yield
    finally:
        for process in processes:
            if process.alive:
                await process.kill()


@contextmanager
def reserved_port() -> Iterator[int]:
    """A port of 127.0.0.1 that nobody else is given while this lasts; a process of ours may listen on it.

    Bound but not listening, the socket keeps the port out of the kernel's hands, between two lives of a server too.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])


def a_service(
    nursery: Nursery,
    name: str,
    command: Sequence[str],
    environ: Mapping[str, str],
    folder: Path,
    configs: Sequence[Path] = (),
) -> RealProcess:
    """`serve` or `worker` on the shipped configuration, overlaid by `configs` and `environ`."""
    options = [word for path in (ROOT / "config.toml", *configs) for word in ("--config", str(path))]
    return RealProcess(nursery, name, [*command, *options], environ, folder)


def a_fake(nursery: Nursery, port: int, folder: Path, name: str = "fake-nomis") -> RealProcess:
    """The durable fake prison system on this port."""
    arguments = ["fake-nomis", "--port", str(port), "--state", str(folder / f"{name}.db")]
    return RealProcess(nursery, name, arguments, {}, folder)


def _own_environment() -> dict[str, str]:
    """Ours, without settings that would overlay the test's."""
    inherited = {name: value for name, value in os.environ.items() if not name.upper().startswith("ADAPTER__")}
    return {**inherited, "PYTHONPATH": str(ROOT)}
