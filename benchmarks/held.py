"""How long the event loop is held: the whole service in this process, and a task that looks at the clock.

`python -m benchmarks.held CONFIG VISITS` books that many visits, one after the other, and prints what the task saw.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import aiohttp
import uvloop

from adapter.config import Settings, load
from adapter.log import setup
from adapter.wiring.serve import serving
from adapter.wiring.service import open_service
from adapter.wiring.warm import settle, warm_up
from benchmarks.cast import prisoner_number, visit_body
from benchmarks.processes import ROOT

_BOUNDS = (5, 10, 20, 30, 50, 100)  # milliseconds
_TICK = 0.001


class Watch:
    """Sleeps a millisecond at a time, and notes by how much too late it was woken, and what CPU its thread used."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self.cpu: list[float] = []

    async def run(self) -> None:
        while True:
            began, spent = time.perf_counter(), time.thread_time()
            await asyncio.sleep(_TICK)
            self.cpu.append((time.thread_time() - spent) * 1000)
            self.late.append((time.perf_counter() - began - _TICK) * 1000)


async def main(settings: Settings, visits: int) -> dict[str, object]:
    async with open_service(settings) as service, serving(service) as url, aiohttp.ClientSession() as session:
        warm_up(service.desk)
        settle()  # as `serve` does
        first = int(time.time()) % 100_000
        watch = Watch()
        for number in range(-3, visits):
            if number == 0:
                watching = asyncio.create_task(watch.run())
            body = visit_body(prisoner_number(100_000_000 + first * 100 + number))
            async with session.post(f"{url}/api/visits", json=body) as response:
                state = (await response.json())["visit"]["processing_state"]
            assert state == "booked", state
        watching.cancel()
    over = {str(bound): sum(late > bound for late in watch.late) / visits for bound in _BOUNDS}
    return {"longest": max(watch.late), "longest_cpu": max(watch.cpu), "histogram": over}


if __name__ == "__main__":
    settings = load([ROOT / "config.toml", Path(sys.argv[1])], {})
    setup(settings.log.model_copy(update={"level": "error"}))
    print(json.dumps(uvloop.run(main(settings, int(sys.argv[2])))))
