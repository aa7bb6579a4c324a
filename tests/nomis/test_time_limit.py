"""A time limit does what asyncio's own does, whatever happens first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager

import pytest

from nomis_client.time_limit import TimeLimit
from tests.support.virtual_time import run_virtually

Limit = Callable[[float], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def ours(seconds: float) -> AsyncIterator[None]:
    with TimeLimit(asyncio.get_running_loop(), seconds):
        yield


@asynccontextmanager
async def asyncios(seconds: float) -> AsyncIterator[None]:
    async with asyncio.timeout(seconds):
        yield


@contextmanager
def naming(came: list[str]) -> Iterator[None]:
    try:
        yield
        came.append("nothing")
    except BaseException as error:
        came.append(type(error).__name__)
        raise


async def _outcome(limit: Limit, sleep: float, cancel_at: float | None, fails: bool, outer: float) -> list[object]:
    """What comes out of a limited block in a limited block, when, and whether the task still counts as cancelled."""
    came: list[str] = []
    loop = asyncio.get_running_loop()

    async def main() -> None:
        async with limit(outer):
            with naming(came):
                async with limit(2.0):
                    with naming(came):
                        await asyncio.sleep(sleep)
                        if fails:
                            raise OSError
        await asyncio.sleep(0)

    began, task = loop.time(), asyncio.ensure_future(main())
    if cancel_at is not None:
        loop.call_later(cancel_at, task.cancel)
    ended = await asyncio.gather(task, return_exceptions=True)
    return [came, [type(end) for end in ended], loop.time() - began, task.cancelling()]


@pytest.mark.parametrize("outer", [1.0, 2.0, 9.0])
@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("cancel_at", [None, 0.0, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("sleep", [0.0, 1.0, 2.0, 3.0])
def test_as_asyncios_own(sleep: float, cancel_at: float | None, fails: bool, outer: float) -> None:
    async def both() -> None:
        expected = await _outcome(asyncios, sleep, cancel_at, fails, outer)
        assert await _outcome(ours, sleep, cancel_at, fails, outer) == expected

    run_virtually(both())


def test_the_caller_can_go_on_afterwards() -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with ours(0.1):
                await asyncio.sleep(1)
        await asyncio.sleep(1)
        task = asyncio.current_task()
        assert task is not None
        assert not task.cancelling()

    run_virtually(main())
