"""The clock of deadlines is the loop's own, to the tick."""

from __future__ import annotations

import asyncio

import pytest

from nomis_client.loop_clock import LoopClock
from tests.support.virtual_time import VirtualLoop


def test_it_is_the_time_of_the_loop_that_it_is_asked_in() -> None:
    clock = LoopClock()

    async def twice() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        assert clock() == loop.time()
        before = clock()
        await asyncio.sleep(100)
        assert clock() == loop.time()
        return before, clock()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        before, after = runner.run(twice())
    assert after - before == pytest.approx(100)


def test_where_no_loop_runs_there_is_no_time() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        LoopClock()()
