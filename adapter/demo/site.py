"""Everything of the demo in one process: adapter, fake prison system, mail sink, SQLite."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapter.clock import SystemClock, london_today
from adapter.config import Settings, load
from adapter.demo.console import PREFIX, Console
from adapter.demo.mail_sink import MailSink, sink_running
from adapter.demo.script import Addresses, Command, commands
from adapter.wiring.serve import serving
from adapter.wiring.service import Service, holidays_around, open_service
from nomis_client.fake.clock import WallTime, london_date
from nomis_client.fake.seed import seeded
from nomis_client.fake.server import RunningServer, running

FOLDER = Path("var/demo")
"""Emptied at every start: the demo remembers nothing."""

QUICK: Mapping[str, str] = {
    "decision__handover_after": "5",
    "decision__in_doubt_handover_after": "30",
    "nomis__post_lifetime": "4",
    "nomis__read_lag": "1",
    "nomis__book_timeout": "5",
    "nomis__breaker__open_seconds": "1",
    "store__lease": "20",
    "worker__poll": "0.2",
    "log__format": '"console"',
    "log__level": '"warning"',
}
"""Waits that a person is ready to sit through."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the demo listens, on loopback; 0 takes a free one."""

    api: int = 8080
    fake: int = 8090
    smtp: int = 1025
    mails: int = 8025


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo."""

    service: Service
    fake: RunningServer
    sink: MailSink
    at: Addresses
    script: tuple[Command, ...]


@asynccontextmanager
async def demo_running(
    configs: Sequence[Path], ports: Ports, folder: Path = FOLDER, waits: Mapping[str, str] = QUICK
) -> AsyncIterator[Demo]:
    """Everything, until the block is left; `waits` lies over the settings, as names and TOML values.

    Raises `ConfigError`, or `OSError` where a port is taken.
    """
    _empty(folder)
    clock = SystemClock()
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        state = seeded(london_date(WallTime().now()))
        fake = await stack.enter_async_context(running(state, "127.0.0.1", ports.fake))
        sink = await stack.enter_async_context(sink_running(clock, port=ports.smtp, pages_port=ports.mails))
        settings = _settings(configs, ports, folder, waits, fake, sink)
        service = await stack.enter_async_context(open_service(settings))
        console = Console(service, fake.engine, sink, asyncio.Event())
        api = await stack.enter_async_context(serving(service, console.mount))
        at = Addresses(api, fake.url, f"http://127.0.0.1:{sink.pages_port}")
        today = london_today(clock)
        script = commands(settings, state, at, today, holidays_around(today))
        async with asyncio.TaskGroup() as group:
            group.create_task(service.worker.run(stop))
            try:
                yield Demo(service, fake, sink, at, script)
            finally:
                stop.set()


async def run(configs: Sequence[Path], ports: Ports, stop: asyncio.Event, say: Callable[[str], None]) -> None:
    """The demo in the foreground: says where it is and what to try, then waits for `stop`."""
    async with demo_running(configs, ports) as demo:
        say(f"ready: {demo.at.api}")
        say("")
        say(f"Open {demo.at.api}{PREFIX} in a browser: book, watch, switch the prison system off.")
        say("")
        say("Or paste these into another terminal, one after the other:")
        for number, command in enumerate(demo.script, start=1):
            say(f"\n# {number}. {command.says}\n{command.line}")
        say(f"\nMails: {demo.at.mails}   Prison system: {demo.at.fake}   Ctrl-C ends it all.")
        await stop.wait()


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _settings(
    configs: Sequence[Path], ports: Ports, folder: Path, waits: Mapping[str, str], fake: RunningServer, sink: MailSink
) -> Settings:
    values = {
        **waits,
        "api__host": '"127.0.0.1"',
        "api__port": str(ports.api or _free_port()),  # known before it listens: the links in emails name it
        "store__url": f'"sqlite+aiosqlite:///{folder / "adapter.db"}"',
        "staff__link_key_file": f'"{folder / "link.keys"}"',
        "nomis__transport": '"rest"',
        "nomis__base_url": f'"{fake.base_url}"',
        "mail__visitor_channel": '"smtp"',
        "mail__smtp__host": '"127.0.0.1"',
        "mail__smtp__port": str(sink.port),
    }
    environ = {f"ADAPTER__{name.upper()}": value for name, value in values.items()}
    return load(configs, {**os.environ, **environ})
