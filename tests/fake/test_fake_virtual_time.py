"""The fake behind the port on a virtual event loop: minutes of faults in no time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from nomis_client import (
    Booked,
    BookingOrder,
    Call,
    NomisError,
    NomisSettings,
    OutcomeUnknown,
    PrisonSystem,
    Unavailable,
)
from nomis_client.fake.clock import LoopTime
from nomis_client.fake.engine import Engine
from nomis_client.fake.faults import Fault, FaultKind
from nomis_client.fake.inprocess import in_process
from tests.support.fake_nomis import BORN, LEAD, NOW, NUMBER, OFFENDER, SLOT, a_world
from tests.support.virtual_time import run_virtually

Story = Callable[[Engine, PrisonSystem], Awaitable[None]]
Told = Callable[[Story], None]


@pytest.fixture(params=["rest", "soap"])
def told(request: pytest.FixtureRequest) -> Told:
    """Runs a story with a fresh prison system whose time is the virtual loop's, over each transport."""

    def run(story: Story) -> None:
        async def main() -> None:
            engine = Engine(a_world().state, LoopTime(NOW))
            client = in_process(engine, NomisSettings(transport=request.param))
            await story(engine, client)
            await client.close()

        run_virtually(main())

    return run


def clock() -> float:
    return asyncio.get_running_loop().time()


def call(seconds: float = 5.0) -> Call:
    return Call("LEI", clock() + seconds)


async def book(client: PrisonSystem, seconds: float = 5.0) -> object:
    deadline = clock() + seconds
    try:
        async with client.booking_permit("LEI", deadline) as permit:
            return await permit.post(BookingOrder(OFFENDER, "LEI", LEAD, (), SLOT, "ref-1"), deadline)
    except NomisError as error:
        return error


def visits(engine: Engine) -> int:
    engine.state.settle(engine.time.now())
    return len(list(engine.state.world.visits.values()))


def test_a_delay_takes_its_time_and_no_more(told: Told) -> None:
    async def story(engine: Engine, client: PrisonSystem) -> None:
        engine.arm(Fault(kind=FaultKind.DELAY, seconds=3))
        began = clock()
        assert await client.find_offender(NUMBER, BORN, call()) == OFFENDER
        assert clock() - began == pytest.approx(3)

    told(story)


def test_patience_ends_at_the_deadline_and_the_booking_comes_later(told: Told) -> None:
    async def story(engine: Engine, client: PrisonSystem) -> None:
        engine.arm(Fault(kind=FaultKind.DELAY, seconds=30, operation="book"))
        began = clock()
        answer = await book(client, seconds=2)
        assert isinstance(answer, OutcomeUnknown) and answer.reason == "timeout"
        assert clock() - began == pytest.approx(2)
        await asyncio.sleep(27.9)
        assert visits(engine) == 0
        await asyncio.sleep(0.2)
        assert visits(engine) == 1

    told(story)


def test_hanging_ends_at_the_deadline(told: Told) -> None:
    async def story(engine: Engine, client: PrisonSystem) -> None:
        engine.arm(Fault(kind=FaultKind.HANG, operation="reads"))
        began = clock()
        with pytest.raises(Unavailable):
            await client.find_offender(NUMBER, BORN, call(1))
        assert clock() - began == pytest.approx(1)

    told(story)


def test_an_outage_of_a_minute_is_over_after_a_minute(told: Told) -> None:
    async def story(engine: Engine, client: PrisonSystem) -> None:
        engine.arm(Fault(kind=FaultKind.OUTAGE, lasts=60))
        answer = await book(client)
        assert isinstance(answer, Unavailable) and answer.reason == "connect"
        await asyncio.sleep(60)
        assert isinstance(await book(client), Booked)

    told(story)


def test_the_history_has_the_virtual_times(told: Told) -> None:
    async def story(engine: Engine, client: PrisonSystem) -> None:
        engine.arm(Fault(kind=FaultKind.LATE_COMMIT, seconds=40))
        await book(client)
        await asyncio.sleep(100)
        assert visits(engine) == 1
        (at, _), *_rest = engine.state.world.visits.history(5984)
        assert at - NOW == pytest.approx(timedelta(seconds=40), abs=timedelta(milliseconds=1))

    told(story)


def test_others_run_while_a_request_is_on_its_way(told: Told) -> None:
    async def story(engine: Engine, client: PrisonSystem) -> None:
        booking = asyncio.create_task(book(client))
        seen = [visits(engine)]
        while not booking.done():
            await asyncio.sleep(0)
            seen.append(visits(engine))
        assert seen[0] == 0 and seen[-1] == 1

    told(story)


def test_a_caller_killed_after_the_commit_has_booked(told: Told) -> None:
    """The moment between commit and answer is one at which a process can die."""

    async def story(engine: Engine, client: PrisonSystem) -> None:
        booking = asyncio.create_task(book(client))
        while not visits(engine):
            await asyncio.sleep(0)
        assert not booking.done()
        booking.cancel()
        await asyncio.wait([booking])
        assert booking.cancelled() and visits(engine) == 1

    told(story)
