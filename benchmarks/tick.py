"""How long an idle worker's round takes: every look for work, on the database that the settings name.

`python -m benchmarks.tick CONFIG` prints the milliseconds that one round in four is below.
What runs once a day is left out.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from statistics import quantiles

import uvloop

from adapter.booking.census import Census
from adapter.clock import SystemClock
from adapter.config import Settings, load
from adapter.log import setup
from adapter.wiring.service import open_service
from benchmarks.processes import ROOT

_ROUNDS = 60


class Hurried(SystemClock):
    """Each look at it is two minutes later, so that nothing waits for its time to come."""

    _ahead = 0.0

    def monotonic(self) -> float:
        self._ahead += 120.0
        return super().monotonic() + self._ahead


async def main(settings: Settings) -> dict[str, float]:
    took = []
    async with open_service(settings, clock=Hurried()) as service:
        worker = service.worker
        looks = (
            worker.visits_once,
            worker.mail_once,
            worker.watch_once,
            worker.reconcile_once,
            Census(service.desk, 0.0).once,
            service.figures.once,
        )
        for _ in range(_ROUNDS):
            began = time.perf_counter()
            for look in looks:
                await look()
            assert not len(service.tasks), "there is work: this is not an idle round"
            took.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0.002)
    return {"quarter": quantiles(took, n=4)[0]}


if __name__ == "__main__":
    settings = load([ROOT / "config.toml", Path(sys.argv[1])], {})
    setup(settings.log.model_copy(update={"level": "error"}))
    print(json.dumps(uvloop.run(main(settings))))
