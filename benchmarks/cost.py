"""What a booked visit costs: CPU over REST and SOAP, throughput on both databases, and a second process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median

from benchmarks.postgres import Databases
from benchmarks.processes import adapter_running, configured, floor_running
from benchmarks.results import Figure
from benchmarks.turns import Bench, Measured, ratio

_CORES_FOR_TWO = 6
"""With fewer, two adapters, the backend, the database and the load take each other's time."""


def cpu(bench: Bench) -> Iterator[Figure]:
    """CPU of the process that answers, on SQLite. What the worker does afterwards is told apart."""
    folder, backend = bench.folder, bench.backend
    backend.set(contacts=30)
    with ExitStack() as stack:
        floor = stack.enter_context(floor_running(folder, backend, str(folder / "cpu-floor.db")))
        over = {}
        for name in ("rest", "soap"):
            config = configured(folder, backend, sqlite(bench, f"cpu-{name}"), soap=name == "soap", name=f"cpu-{name}")
            over[name] = stack.enter_context(adapter_running(folder, config, name=f"cpu-{name}"))
        found = bench.by_turns({"floor": floor, **over}, clients=8, requests=150, rounds=7)
    yield Figure(
        "CPU per booked visit, REST, against the floor", ratio(found["rest"].cpu_ms, found["floor"].cpu_ms), "≤ 2.0"
    )
    yield Figure("CPU per booked visit, SOAP, against REST", ratio(found["soap"].cpu_ms, found["rest"].cpu_ms), "≤ 2.0")
    for name in ("floor", "rest", "soap"):
        yield Figure(f"… in milliseconds: {name}", median(found[name].cpu_ms))
    yield Figure("… of the worker, for the email and the counting", _worker(bench))


def _worker(bench: Bench) -> float:
    """CPU milliseconds per visit of a worker in a process of its own, until nothing is left to do."""
    folder, requests = bench.folder, 150
    config = configured(folder, bench.backend, sqlite(bench, "worker"), name="worker-config")
    with adapter_running(folder, config, name="worker-serve") as serving:
        before = bench.by_turns({"rest": serving}, clients=8, requests=requests, rounds=1)
        assert before
    with adapter_running(folder, config, command=("worker",), name="worker") as worker:
        began = worker.cpu()
        spent, quiet = began, 0
        while quiet < 4:
            bench.pause(0.5)
            now = worker.cpu()
            quiet = quiet + 1 if now - spent < 0.02 else 0
            spent = now
        visits = (2 if bench.quick else 1) * requests + 40
        return (spent - began) / visits * 1000


def throughput(bench: Bench, databases: Databases) -> Iterator[Figure]:
    """Bookings a second with 64 clients who ask again at once."""
    folder, backend = bench.folder, bench.backend
    for name in ("SQLite", "PostgreSQL"):
        backend.set(contacts=30)
        if name == "SQLite":
            plain, url = str(folder / "rate-floor.db"), sqlite(bench, "rate")
        else:
            plain, url = databases.fresh("rate_floor").dsn, databases.fresh("rate").url
        config = configured(folder, backend, url, name=f"rate-{name}")
        with (
            floor_running(folder, backend, plain) as floor,
            adapter_running(folder, config, name=f"rate-{name}") as adapter,
        ):
            found = bench.by_turns({"floor": floor, "adapter": adapter}, clients=64, requests=256, rounds=4)
        share = ratio(found["adapter"].per_second, found["floor"].per_second)
        yield Figure(f"bookings a second, 64 clients, {name}, against the floor", share, "≥ 0.5")
        for one in ("floor", "adapter"):
            yield Figure(f"… a second: {one}", median(found[one].per_second))


def two_processes(bench: Bench, databases: Databases) -> Iterator[Figure]:
    """One and two adapters on one PostgreSQL."""
    folder, backend = bench.folder, bench.backend
    backend.set(contacts=30)
    url = databases.fresh("pair").url
    with ExitStack() as stack:
        pair = [
            stack.enter_context(adapter_running(folder, configured(folder, backend, url, name=name), name=name))
            for name in ("pair-1", "pair-2")
        ]
        one, two = Measured(), Measured()
        for _ in range(bench.rounds(3) + 1):
            for adapters, measured in ((pair[:1], one), (pair, two)):
                spent, per_second = bench.together(adapters, clients=64, requests=256)
                measured.cpu_ms.append(spent)
                measured.per_second.append(per_second)
        for measured in (one, two):  # the first round warmed up
            del measured.cpu_ms[0], measured.per_second[0]
    enough = (os.cpu_count() or 1) >= _CORES_FOR_TWO
    faster = ratio(two.per_second, one.per_second)
    yield Figure("two processes on one PostgreSQL: bookings a second, against one", faster, "≥ 1.5" if enough else "")
    dearer = ratio(two.cpu_ms, one.cpu_ms)
    yield Figure("two processes on one PostgreSQL: CPU per booking, against one", dearer, "" if enough else "≤ 1.15")


def sqlite(bench: Bench, name: str) -> str:
    return f"sqlite+aiosqlite:///{bench.folder / name}.db"
