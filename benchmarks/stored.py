"""Whether what is stored costs anything: latency and the worker's round, from an empty store to a million visits."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks import seeding
from benchmarks.alone import script
from benchmarks.plots import Curve
from benchmarks.processes import adapter_running, configured
from benchmarks.results import Figure
from benchmarks.turns import Bench, ratio


def growth(bench: Bench) -> tuple[list[Figure], Curve]:
    """By turns on all sizes. A million only where `make bench-seed` has made it; else the largest there is."""
    paths: dict[int, Path] = {}
    for size in seeding.SIZES[:2] if bench.quick else seeding.SIZES:
        if (kept := seeding.kept(size)).exists():
            seeding.settle(kept)
            paths[size] = kept
        elif size < max(seeding.SIZES):
            paths[size] = bench.folder / f"stored-{size}.db"
            seeding.seed(paths[size], size, bench.backend, bench.folder)
    ticks, latencies = _ticks(bench, paths), _latencies(bench, paths)
    biggest = max(paths)
    curve = Curve("growth-by-stored-visits", "One booking and one idle round of the worker", "visits stored", "ms")
    for size in paths:
        curve.lines.setdefault("a booking", []).append((size, median(latencies[size])))
        curve.lines.setdefault("a worker's round", []).append((size, median(ticks[size])))
    many = f"{biggest:,} stored visits, against none"
    return [
        Figure(f"{many}: latency", ratio(latencies[biggest], latencies[0]), "≤ 1.2"),
        Figure(f"{many}: a worker's round", ratio(ticks[biggest], ticks[0]), "≤ 1.2"),
    ], curve


def _ticks(bench: Bench, paths: dict[int, Path]) -> dict[int, list[float]]:
    """Milliseconds of an idle round, by turns."""
    found: dict[int, list[float]] = {size: [] for size in paths}
    for _ in range(bench.rounds(2)):
        for size in paths:
            found[size].append(script("benchmarks.tick", str(_config(bench, paths[size])))["quarter"])
    return found


def _latencies(bench: Bench, paths: dict[int, Path]) -> dict[int, list[float]]:
    """Milliseconds until the answer, one client, no delay."""
    bench.backend.set(contacts=30)
    with ExitStack() as stack:
        adapters = {
            str(size): stack.enter_context(adapter_running(bench.folder, _config(bench, path), name=path.stem))
            for size, path in paths.items()
        }
        found = bench.by_turns(adapters, clients=1, requests=40, rounds=7)
    return {size: found[str(size)].median_ms for size in paths}


def _config(bench: Bench, path: Path) -> Path:
    return configured(bench.folder, bench.backend, f"sqlite+aiosqlite:///{path}", name=path.stem)
