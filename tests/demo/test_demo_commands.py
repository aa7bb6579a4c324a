"""`visits-adapter demo` and exactly the commands that it prints."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_COMMAND = re.compile(r"^(?:sleep \d+; )?curl .*$")


async def _started(folder: Path) -> tuple[asyncio.subprocess.Process, list[str]]:
    """A demo on free ports, and the lines that it printed until it was ready for people."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "adapter", "demo", "--config", str(ROOT / "config.toml")),
        *("--port", "0", "--fake-port", "0", "--smtp-port", "0", "--mails-port", "0"),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
    )
    lines: list[str] = []
    assert process.stdout is not None
    while not lines or not lines[-1].startswith("Mails:"):
        line = await process.stdout.readline()
        assert line, lines
        lines.append(line.decode().rstrip())
    return process, lines


async def _run(line: str) -> Any:
    process = await asyncio.create_subprocess_exec("bash", "-c", line, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(said)


async def test_the_printed_commands_do_what_they_say(tmp_path: Path) -> None:
    process, lines = await _started(tmp_path)
    try:
        booked, second, off, waiting, mails, on = [await _run(line) for line in lines if _COMMAND.match(line)]
        visits = [answer["visit"] for answer in (booked, second, waiting)]
        assert [visit["processing_state"] for visit in visits] == ["booked", "booked", "requested"]
        assert booked["visit"]["slot_granted"] == booked["visit"]["slots"][0]
        assert second["visit"]["slot_granted"] == second["visit"]["slots"][1]
        assert (off, on) == ({"on": False}, {"on": True})
        kinds = sorted(mail["kind"] for mail in mails)
        assert kinds == ["staff_request", "visitor_booked", "visitor_booked", "visitor_requested"]
        (api,) = re.findall(r"ready: (http://127.0.0.1:[1-9]\d*)", lines[0])
        (request,) = [mail for mail in mails if mail["kind"] == "staff_request"]
        links = re.findall(r"https?://[^\s/]+/staff/[vq]/\S+", request["text"])
        assert len(links) == 2
        assert all(link.startswith(f"{api}/staff/") for link in links), "links lead to the port that was taken"
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 30) == 0
