"""The fake prison system as a process of its own, which can be killed."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

_RUN = "from adapter.cli import main; main()"


@dataclass
class FakeProcess:
    """`url` as the process printed it."""

    url: str
    process: asyncio.subprocess.Process

    @property
    def base_url(self) -> str:
        return self.url + "/nomisapi"

    @property
    def control_url(self) -> str:
        return self.url + "/_control"

    async def kill(self) -> None:
        """SIGKILL, and wait for the end."""
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await self.process.wait()


@asynccontextmanager
async def fake_process(state: Path | None, *arguments: str) -> AsyncIterator[FakeProcess]:
    """`visits-adapter fake-nomis` on a free port, ready. Killed at the end if it still lives."""
    where = () if state is None else ("--state", str(state))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _RUN, "fake-nomis", "--port", "0", *where, *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            line = (await process.stdout.readline()).decode()
        assert line.startswith("ready: http://"), line
        yield FakeProcess(line.removeprefix("ready: ").strip(), process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
