"""A real Prometheus that reads the service's metrics and judges the shipped alert rules, in a hurry."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from tests.support.nursery import ROOT
from tests.support.processes import HANG_GUARD, reserved_port

RULES = ROOT / "deploy" / "alerts.yml"
PROMETHEUS = os.environ.get("PROMETHEUS") or shutil.which("prometheus") or "prometheus"
PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool") or "promtool"

_LIMIT = re.compile(r"(?<=> )(?:120|300|900)\b")
_SHORT = {"120": "8", "300": "3", "900": "3"}
"""Limits in seconds, and those for a test."""


def hurried(rules: Mapping[str, Any]) -> dict[str, Any]:
    """The same rules for a test: waits of minutes become seconds, and nothing has to last. Everything else stays."""
    groups = [
        {
            **group,
            "rules": [{**_without_wait(rule), "expr": _LIMIT.sub(_shortened, rule["expr"])} for rule in group["rules"]],
        }
        for group in rules["groups"]
    ]
    return {"groups": groups}


def _shortened(limit: re.Match[str]) -> str:
    return _SHORT[limit[0]]


def _without_wait(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in rule.items() if name != "for"}


class Watcher:
    """What Prometheus says."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url

    async def firing(self) -> dict[str, dict[str, str]]:
        """Name of each alert that fires, with its labels (of one of them)."""
        async with self._http.get(f"{self._url}/api/v1/alerts") as reply:
            alerts = (await reply.json())["data"]["alerts"]
        return {one["labels"]["alertname"]: one["labels"] for one in alerts if one["state"] == "firing"}

    async def until_fires(self, alert: str) -> dict[str, str]:
        """Its labels, once it fires."""
        async with asyncio.timeout(HANG_GUARD):
            while alert not in (firing := await self.firing()):
                await asyncio.sleep(0.1)
            return firing[alert]

    async def until_quiet(self, alert: str) -> None:
        async with asyncio.timeout(HANG_GUARD):
            while alert in await self.firing():
                await asyncio.sleep(0.1)


@asynccontextmanager
async def watching(http: aiohttp.ClientSession, targets: Sequence[str], folder: Path) -> AsyncIterator[Watcher]:
    """Prometheus on `targets` (host:port), reading and judging every second."""
    rules, config = folder / "rules.yml", folder / "prometheus.yml"
    rules.write_text(yaml.safe_dump(hurried(yaml.safe_load(RULES.read_text()))))
    config.write_text(
        yaml.safe_dump(
            {
                "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
                "rule_files": [str(rules)],
                "scrape_configs": [{"job_name": "visits", "static_configs": [{"targets": list(targets)}]}],
            }
        )
    )
    with reserved_port() as port:
        listen = f"127.0.0.1:{port}"
        with (folder / "prometheus.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                PROMETHEUS,
                f"--config.file={config}",
                f"--storage.tsdb.path={folder / 'tsdb'}",
                f"--web.listen-address={listen}",
                stdout=log,
                stderr=log,
            )
        try:
            await _ready(http, f"http://{listen}", process)
            yield Watcher(http, f"http://{listen}")
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _ready(http: aiohttp.ClientSession, url: str, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(HANG_GUARD):
        while process.returncode is None:
            try:
                async with http.get(f"{url}/-/ready") as reply:
                    if reply.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)
    raise AssertionError("Prometheus ended at its start")
