"""A whole installation for a drill, watched by a real Prometheus, and what an operator has: logs, metrics, commands."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from tests.support.databases import PostgresDatabases
from tests.support.nursery import ROOT, Nursery
from tests.support.plant import Plant, a_plant, a_request, open_slots
from tests.support.processes import HANG_GUARD, RealProcess, reserved_port
from tests.support.proxy import Address, Proxy, proxy_running
from tests.support.watcher import Watcher, watching

QUICK = {
    "ADAPTER__LOG__FORMAT": "json",
    "ADAPTER__NOMIS__READ_TIMEOUT": "2.0",
    "ADAPTER__WORKER__RECONCILE_PERIOD": "1.0",
    "ADAPTER__MAIL__RETRY_LONGEST": "0.5",
}


@dataclass
class Installation:
    """What is watched, and what an operator has: logs, metrics, commands."""

    plant: Plant
    api: RealProcess
    worker: RealProcess
    to_database: Proxy
    to_mail: Proxy
    watcher: Watcher
    people: list[dict[str, Any]]
    environ: dict[str, str]
    slots: list[str] = field(default_factory=lambda: open_slots("LEI"))

    def request(self) -> dict[str, Any]:
        """Of a prisoner nobody has asked for yet."""
        person = self.people.pop()
        return a_request(person, f"{person['noms_id'].lower()}@example.com", [self.slots.pop(0)])

    async def ask(self, body: dict[str, Any] | None = None) -> tuple[str, str]:
        """Id and public state of a new request's visit."""
        status, answer = await self.plant.post(self.api.url, body or self.request())
        assert status == 200, answer
        return answer["visit"]["id"], answer["visit"]["processing_state"]

    async def operator(self, *words: str, config: bool = True) -> tuple[int, str]:
        """Exit code and output of `visits-adapter WORDS`."""
        options = ("--config", str(ROOT / "config.toml")) if config else ()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "adapter", *words, *options),
            cwd=ROOT,
            env={**os.environ, **self.environ},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        assert b"Traceback" not in said, said.decode()
        write_down(f"$ visits-adapter {' '.join(words)}", said.decode().rstrip(), f"exit code {process.returncode}")
        return process.returncode or 0, said.decode()

    async def logged(self, event: str, process: RealProcess | None = None, **fields: object) -> dict[str, Any]:
        """The newest such line of a process' log (the worker's), once there is one."""
        async with asyncio.timeout(HANG_GUARD):
            while True:
                for line in reversed((process or self.worker).said().splitlines()):
                    found: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
                    if {"event": event, **fields}.items() <= found.items():
                        write_down(line)
                        return found
                await asyncio.sleep(0.1)

    async def alert(self, name: str) -> dict[str, str]:
        labels = await self.watcher.until_fires(name)
        write_down(f"alert {name} {labels}")
        return labels

    async def health(self) -> dict[str, Any]:
        async with self.plant.http.get(f"{self.api.url}/health") as reply:
            found: dict[str, Any] = await reply.json()
            return found

    async def change(self, statement: str, **values: Any) -> None:
        async with self.plant.store.write() as tx:
            await tx.execute(text(statement), values)
            await tx.commit()

    async def staff_link(self, visit_id: str) -> str:
        async with asyncio.timeout(HANG_GUARD):
            while True:
                for mail in self.plant.sink.mails:
                    if b"X-Message-Kind: staff_request" in mail.content and visit_id.encode() in mail.content:
                        flat = mail.content.replace(b"=\r\n", b"").replace(b"=3D", b"=").decode()
                        found = re.search(r"https?://\S+(/staff/v/[\w.~-]+)", flat)
                        assert found is not None
                        return f"{self.api.url}{found[1]}"
                await asyncio.sleep(0.1)


def write_down(*lines: str) -> None:
    """What an operator sees, for whoever named a file by SAID."""
    if path := os.environ.get("SAID"):
        with Path(path).open("a") as file:
            file.write("".join(f"{line}\n" for line in lines))


@asynccontextmanager
async def installed(
    nursery: Nursery, postgres_databases: PostgresDatabases, folder: Path
) -> AsyncIterator[Installation]:
    """`serve --no-worker` and `worker` on a database of their own, with proxies before it and the mail server."""
    _, database = await postgres_databases.another(migrated=True)
    socket = postgres_databases.server.socket
    async with a_plant(nursery, database, folder, QUICK) as plant, proxy_running(Address(socket=socket)) as to_database:
        to_mail = await plant.stack.enter_async_context(proxy_running(Address(port=plant.sink.port)))
        plant.environ["ADAPTER__MAIL__SMTP__PORT"] = str(to_mail.port)
        metrics_port = plant.stack.enter_context(reserved_port())
        listener = {"ADAPTER__METRICS__HOST": "127.0.0.1", "ADAPTER__METRICS__PORT": str(metrics_port)}
        api = await plant.service("api", ("serve", "--no-worker"), through=to_database)
        worker = await plant.service("worker", ("worker",), through=to_database, environ=listener)
        environ = {**plant.environ, "ADAPTER__STORE__URL": database}
        people = await plant.control.prisoners("LEI", 20)
        targets = [api.url.removeprefix("http://"), f"127.0.0.1:{metrics_port}"]
        async with watching(plant.http, targets, folder) as watcher:
            yield Installation(plant, api, worker, to_database, to_mail, watcher, people, environ)
