"""What needs no load: how long the event loop is held, and how long many prisons take to read."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import median
from string import ascii_uppercase
from typing import Any
from uuid import UUID

from benchmarks.cost import sqlite
from benchmarks.processes import ROOT, configured
from benchmarks.results import Figure
from benchmarks.turns import Bench

_PRISONS = 130
_LIST = 500


def loop_held(bench: Bench) -> Iterator[Figure]:
    """A visit is booked over SOAP with a contact list of 500, and something else looks at the clock all the while."""
    bench.backend.set(contacts=_LIST)
    config = configured(bench.folder, bench.backend, sqlite(bench, "held"), soap=True, name="held")
    told = script("benchmarks.held", str(config), str(5 if bench.quick else 20))
    yield Figure(f"event loop held, a contact list of {_LIST} over SOAP: longest, ms", told["longest"], "≤ 50")
    yield Figure("… CPU that its thread used in one go, at most, ms", told["longest_cpu"])
    for bound, times in told["histogram"].items():
        yield Figure(f"… times longer than {bound} ms, per visit", times)


def many_prisons(bench: Bench) -> Iterator[Figure]:
    """The time that reading the settings of 130 prisons takes, each in a file of its own."""
    folder = bench.folder / "prisons"
    folder.mkdir()
    for number in range(_PRISONS):
        (folder / f"{number}.toml").write_text(_prison(number), encoding="utf-8")
    own = bench.folder / "many.toml"
    own.write_text('include = ["prisons/*.toml"]\n', encoding="utf-8")
    took = []
    from adapter.config import load

    for _ in range(3):
        began = time.perf_counter()
        settings = load([ROOT / "config.toml", own], {})
        took.append(time.perf_counter() - began)
    assert len(settings.prisons) >= _PRISONS
    yield Figure(f"reading a configuration of {_PRISONS} prisons, s", median(took))


def _prison(number: int) -> str:
    code = f"Z{ascii_uppercase[number // 26]}{ascii_uppercase[number % 26]}"
    days = "\n".join(
        f'{day} = ["0930-1030", "1400-1500", "1530-1630"]' for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    )
    return f"""
[prisons.{code}]
id = "{UUID(int=number + 1)}"
name = "Prison {number}"
address = "1 Prison Road\\nTown {number}"
email_address = "visits.{number}@example.com"
phone_no = "01632 960{number:03}"
unbookable = ["2026-12-25", "2027-12-25"]
[prisons.{code}.recurring]
{days}
[prisons.{code}.anomalous]
"2026-12-24" = ["0900-1000"]
"""


def script(module: str, *arguments: str) -> dict[str, Any]:
    """What a measuring script of ours found, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{module} failed:\n{done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told
