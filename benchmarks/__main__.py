"""Every figure of docs/performance.md. `python -m benchmarks`; `--quick`: less of each, and nothing is written."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks import alone, cost, results, stored, waits
from benchmarks.plots import Curve
from benchmarks.postgres import Databases, databases_running
from benchmarks.processes import backend_running
from benchmarks.results import Figure
from benchmarks.turns import Bench


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--quick", action="store_true", help="a subset in about a minute; writes no files")
    given.add_argument("--write", action="store_true", help="write the files of a quick run too")
    asked = given.parse_args()
    quick: bool = asked.quick
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-") as made, databases_running() as databases:
        folder = Path(made)
        with backend_running(folder) as backend:
            bench = Bench(folder, backend, quick)
            figures, curves = _everything(bench, databases)
    print(results.printed(figures))
    print(f"{results.machine()}; {time.monotonic() - began:.0f} s")
    if asked.write or not quick:
        results.write(figures, curves)
    return 0 if all(figure.within for figure in figures) else 1


def _everything(bench: Bench, databases: Databases) -> tuple[list[Figure], list[Curve]]:
    figures: list[Figure] = []
    curves: list[Curve] = []

    def take(name: str, take_it: Callable[[], Iterable[Figure]]) -> None:
        began = time.monotonic()
        figures.extend(take_it())
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)

    def store() -> Iterable[Figure]:
        found, curve = stored.growth(bench)
        curves.append(curve)
        return found

    take("cost", lambda: cost.cpu(bench))
    take("throughput", lambda: cost.throughput(bench, databases))
    take("latency", lambda: waits.latency(bench))
    take("hanging", lambda: waits.hanging(bench))
    take("breaker", lambda: waits.breaker_open(bench))
    take("stored", store)
    take("memory", lambda: waits.memory(bench))
    take("two processes", lambda: cost.two_processes(bench, databases))
    take("loop", lambda: alone.loop_held(bench))
    take("prisons", lambda: alone.many_prisons(bench))
    began = time.monotonic()
    curves += [waits.by_clients(bench), waits.by_contacts(bench)]
    print(f"growth: {time.monotonic() - began:.0f} s", flush=True)
    return figures, curves


if __name__ == "__main__":
    raise SystemExit(main())
