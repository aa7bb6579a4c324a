"""Measuring by turns: each round asks every process once, so that a slow moment of the machine hits all of them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median

from benchmarks.load import Job
from benchmarks.processes import Backend, Running, load

BOOKED = "200 booked"
_PRISONERS = 20_000
"""Numbers given to each job: nobody asks twice in a run."""


@dataclass
class Measured:
    """One value a round."""

    cpu_ms: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)
    median_ms: list[float] = field(default_factory=list)


@dataclass
class Bench:
    """What every benchmark needs."""

    folder: Path
    backend: Backend
    quick: bool
    # From another number in each run: a database that is kept must not know these prisoners.
    jobs: Iterator[int] = field(default_factory=lambda: count(int(time.time()) % 6000))

    def job(self, urls: list[str], clients: int, requests: int, **more: float) -> Job:
        return Job(
            urls=urls,
            clients=clients,
            requests=requests,
            first=next(self.jobs) * _PRISONERS,
            every=float(more.get("every", 0)),
            validated=bool(more.get("validated", False)),
        )

    @staticmethod
    def pause(seconds: float) -> None:
        time.sleep(seconds)

    def together(self, processes: Sequence[Running], *, clients: int, requests: int) -> tuple[float, float]:
        """One job for all of these at once: CPU milliseconds per visit of all together, and visits a second."""
        began = sum(process.cpu() for process in processes)
        result = load(self.folder, self.job([process.url for process in processes], clients, requests))
        spent = sum(process.cpu() for process in processes) - began
        booked = max(1, result.answers.get(BOOKED, 0))
        return spent / booked * 1000, booked / result.elapsed

    def rounds(self, most: int) -> int:
        return 2 if self.quick else most

    def by_turns(
        self,
        processes: Mapping[str, Running],
        *,
        clients: int,
        requests: int,
        rounds: int,
        validated: bool = False,
    ) -> dict[str, Measured]:
        """Each round every process answers `requests`; only what is booked in time counts, and the rest is told."""
        found = {name: Measured() for name in processes}
        for name in processes:  # connections, caches, statements: not what is measured
            load(self.folder, self.job([processes[name].url], clients, max(clients, 40), validated=validated))
        for _ in range(self.rounds(rounds)):
            for name, process in processes.items():
                began = process.cpu()
                result = load(self.folder, self.job([process.url], clients, requests, validated=validated))
                spent = process.cpu() - began
                _tell(name, result.answers, requests)
                measured, booked = found[name], max(1, result.answers.get(BOOKED, 0))
                measured.cpu_ms.append(spent / booked * 1000)
                measured.per_second.append(booked / result.elapsed)
                measured.median_ms.append(median(result.seconds) * 1000)
        return found


def _tell(name: str, answers: Mapping[str, int], requests: int) -> None:
    """A machine that is too busy answers `requested` after the budget: its figures are worth little."""
    if answers != {BOOKED: requests}:
        print(f"  {name} answered {dict(answers)}", flush=True)


def ratio(above: list[float], below: list[float]) -> float:
    """The median of what each round says."""
    return median(one / other for one, other in zip(above, below, strict=True))
