"""What visitors wait for: latency in backend delays, calls, and what happens when the prison system is away."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median, quantiles

from benchmarks.cost import sqlite
from benchmarks.plots import Curve
from benchmarks.processes import Running, adapter_running, configured, floor_running, load
from benchmarks.results import Figure
from benchmarks.turns import Bench

DELAY = 0.05
_BUDGET = 2.0
_BREAKER = "[nomis.breaker]\nopen_seconds = 60.0\n"


def latency(bench: Bench) -> Iterator[Figure]:
    """One client, 50 ms for each call; and the calls, counted."""
    folder, backend = bench.folder, bench.backend
    asked = 10 if bench.quick else 25
    with floor_running(folder, backend, str(folder / "one-floor.db")) as floor:
        load(folder, bench.job([floor.url], 1, 10))
        backend.set(delay=DELAY, contacts=30)
        least = median(load(folder, bench.job([floor.url], 1, asked)).seconds) / DELAY
    backend.set()
    with adapter_running(folder, configured(folder, backend, sqlite(bench, "one")), name="one") as adapter:
        for kind, target, most in (("cold", "≤ 3.2", "≤ 7"), ("validated a moment ago", "≤ 2.2", "≤ 6")):
            warm = kind != "cold"
            load(folder, bench.job([adapter.url], 1, 10, validated=warm))
            backend.set(delay=DELAY, contacts=30)
            result = load(folder, bench.job([adapter.url], 1, asked, validated=warm))
            counts = backend.counts()
            calls = sum(counts.values()) - (asked if warm else 0)  # without the call that validated
            yield Figure(f"median latency in backend delays of 50 ms, {kind}", median(result.seconds) / DELAY, target)
            yield Figure(f"calls per booked visit, {kind}", calls / asked, most)
            if not warm:
                yield Figure("… of the same kind in one visit, at most", max(counts.values()) / asked, "≤ 1")
                yield Figure("… latency of the floor, cold", least)


def by_clients(bench: Bench) -> Curve:
    """Latency as more ask at once, 50 ms for each call."""
    curve = Curve("latency-by-clients", "Latency, 50 ms for each call", "clients", "median, ms")
    folder, backend = bench.folder, bench.backend
    with adapter_running(folder, configured(folder, backend, sqlite(bench, "clients")), name="clients") as adapter:
        backend.set(delay=DELAY, contacts=30)
        load(folder, bench.job([adapter.url], 8, 40))
        for clients in (1, 8, 64) if bench.quick else (1, 4, 16, 64):
            result = load(folder, bench.job([adapter.url], clients, max(12, 4 * clients)))
            curve.lines.setdefault("REST", []).append((clients, median(result.seconds) * 1000))
    return curve


def by_contacts(bench: Bench) -> Curve:
    """Latency as the contact list grows, no delay."""
    curve = Curve("latency-by-contacts", "Latency, one client, no delay", "contacts on the list", "median, ms")
    folder, backend = bench.folder, bench.backend
    with ExitStack() as stack:
        over = {}
        for name in ("REST", "SOAP"):
            config = configured(
                folder, backend, sqlite(bench, f"list-{name}"), soap=name == "SOAP", name=f"list-{name}"
            )
            over[name] = stack.enter_context(adapter_running(folder, config, name=f"list-{name}"))
            load(folder, bench.job([over[name].url], 1, 20))
        for contacts in (3, 500) if bench.quick else (3, 30, 100, 300, 500):
            backend.set(contacts=contacts)
            for name, adapter in over.items():
                result = load(folder, bench.job([adapter.url], 1, 20))
                curve.lines.setdefault(name, []).append((contacts, median(result.seconds) * 1000))
    return curve


def hanging(bench: Bench) -> Iterator[Figure]:
    """500 ask at once while the prison system takes calls and never answers."""
    folder, backend, clients = bench.folder, bench.backend, 500
    backend.set()
    with adapter_running(folder, configured(folder, backend, sqlite(bench, "hang")), name="hang") as adapter:
        load(folder, bench.job([adapter.url], 8, 40))
        backend.set(hang=True)
        result = load(folder, bench.job([adapter.url], clients, clients))
    yield Figure("500 clients, backend hangs: slowest answer, s", max(result.seconds), f"≤ {_BUDGET + 0.2}")
    yield Figure(
        "… of 500 answered 200", sum(n for said, n in result.answers.items() if said.startswith("200")), "≥ 500"
    )
    yield Figure("… of 500 stored", _visits(folder / "hang.db") - 40, "≥ 500")


def breaker_open(bench: Bench) -> Iterator[Figure]:
    """64 clients, each asking once a second, while no call is made because the prison system is known to be away."""
    folder, backend = bench.folder, bench.backend
    backend.set()
    config = configured(folder, backend, sqlite(bench, "away"), more=_BREAKER)
    with adapter_running(folder, config, name="away") as adapter:
        load(folder, bench.job([adapter.url], 8, 40))
        backend.set(status=503)
        load(folder, bench.job([adapter.url], 8, 40))  # it opens
        backend.set(status=503)
        paced = load(folder, bench.job([adapter.url], 64, 64 * (3 if bench.quick else 6), every=1.0))
        pressed = load(folder, bench.job([adapter.url], 64, 384))
        calls = sum(backend.counts().values())
    late = quantiles([seconds * 1000 for seconds in paced.seconds], n=100)[98]
    yield Figure("breaker open, 64 clients, each once a second: p99, ms", late, "≤ 50")
    yield Figure("… the same clients asking again at once: median, ms", median(pressed.seconds) * 1000)
    yield Figure("… calls made to the prison system meanwhile", calls, "≤ 2")


def memory(bench: Bench) -> Iterator[Figure]:
    """Resident memory with 1,000 requests under way."""
    folder, backend = bench.folder, bench.backend
    backend.set()
    with adapter_running(folder, configured(folder, backend, sqlite(bench, "memory")), name="memory") as adapter:
        load(folder, bench.job([adapter.url], 8, 40))
        backend.set(hang=True)
        with ThreadPoolExecutor(1) as beside:
            loading = beside.submit(load, folder, bench.job([adapter.url], 1000, 1000))
            most = _highest(adapter, loading.done)
    yield Figure("resident memory, 1,000 requests under way, MB", most / 1e6, "≤ 250")


def _highest(adapter: Running, done: Callable[[], bool]) -> int:
    most = 0
    while not done():
        most = max(most, adapter.resident())
        time.sleep(0.02)
    return most


def _visits(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        (number,) = connection.execute("SELECT count(*) FROM visits").fetchone()
    return int(number)
