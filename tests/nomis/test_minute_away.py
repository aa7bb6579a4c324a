"""A minute's outage under load: what it costs the prison system, and the way back, on a virtual clock."""

from __future__ import annotations

import asyncio

from nomis_client import (
    OutcomeUnknown,
    Unavailable,
)
from tests.support.rest_clients import Ear
from tests.support.simulated_prison import Prison, call, calls, cut, now, read, write
from tests.support.virtual_time import run_virtually


def test_an_outage_of_a_minute_costs_a_handful_of_calls_and_comes_back_by_and_by() -> None:
    """Fifty requests a second keep coming; the worker looks every half second."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        prison, ear = Prison(latency=0.05), Ear()
        through = calls(ear, max_in_flight=32, breaker={"failures": 5, "open_seconds": 5})
        outcomes: list[tuple[float, str]] = []
        bookings = Prison(latency=0.2)

        async def visit() -> None:
            try:
                await read(through, prison, call(2.0))
                await write(through, bookings, 20.0)
                outcomes.append((now(), "booked"))
            except (Unavailable, OutcomeUnknown) as failure:
                outcomes.append((now(), failure.reason))

        async def worker() -> None:
            while True:
                await asyncio.sleep(0.5)
                await through.probe("LEI", now() + 2.0, lambda one: read(through, prison, one))

        down_at, up_at = now() + 10, now() + 70

        def fall() -> None:
            prison.failure = bookings.failure = cut

        def rise() -> None:
            prison.failure = bookings.failure = None

        loop.call_at(down_at, fall)
        loop.call_at(up_at, rise)
        async with asyncio.TaskGroup() as tasks:
            probing = tasks.create_task(worker())
            for _ in range(50 * 90):
                tasks.create_task(visit())
                await asyncio.sleep(0.02)
            await asyncio.sleep(25)
            probing.cancel()

        while_down = [at for at in prison.asked if down_at + 1 < at < up_at]
        assert 5 <= len(while_down) <= 13
        back = min(at for at, outcome in outcomes if outcome == "booked" and at > up_at)
        assert back - up_at <= 6.0
        first_second = [at for at in bookings.asked if up_at < at < back + 0.1]
        assert len(first_second) <= 3
        assert {outcome for at, outcome in outcomes if at > back + 3} == {"booked"}
        assert ear.breakers[-1] == ("LEI", "writes", "closed")

    run_virtually(main())
