"""Breakers and probes, on a virtual clock and without a transport."""

from __future__ import annotations

import asyncio

import pytest

from nomis_client import (
    AccessDenied,
    BookingRefused,
    CannotAsk,
    Locked,
    NotUnderstood,
    RefusalText,
    Refused,
    Unavailable,
)
from tests.support.rest_clients import Ear
from tests.support.simulated_prison import Prison, call, calls, cut, fail_reads, fail_writes, now, read, write
from tests.support.virtual_time import run_virtually


class TestReadBreaker:
    def test_it_opens_after_so_many_failures_in_a_row_and_fails_at_once(self) -> None:
        async def main() -> None:
            ear, prison = Ear(), Prison()
            through = calls(ear, breaker={"failures": 3})
            await fail_reads(through, 2)
            assert await read(through, prison) == "fine"  # an answer in between: the count starts anew
            await fail_reads(through, 2)
            assert through.is_open("LEI")
            await fail_reads(through, 1)
            assert not through.is_open("LEI")
            assert (through.may_answer("LEI", 10.0), through.may_answer("MDI", 0.0)) == (False, True)
            began = now()
            for blocked in (read(through, prison), write(through, prison)):
                with pytest.raises(Unavailable, match="breaker_open"):
                    await blocked
            assert now() == began
            assert len(prison.asked) == 1
            assert ear.breakers == [("LEI", "reads", "open"), ("LEI", "writes", "open")]
            assert through.is_open("MDI")

        run_virtually(main())

    @pytest.mark.parametrize("failure", [Refused("no_such_offender"), Locked("locked"), CannotAsk("x")])
    def test_refusals_and_locks_are_answers(self, failure: Exception) -> None:
        async def main() -> None:
            through = calls(breaker={"failures": 1})
            with pytest.raises(type(failure)):
                await read(through, Prison(failure=lambda: failure))
            assert through.is_open("LEI")

        run_virtually(main())

    def test_time_alone_does_not_close_it(self) -> None:
        async def main() -> None:
            through, prison = calls(breaker={"failures": 1, "open_seconds": 5}), Prison()
            await fail_reads(through, 1)
            await asyncio.sleep(3600)
            with pytest.raises(Unavailable, match="breaker_open"):
                await read(through, prison)
            assert prison.asked == []

        run_virtually(main())

    def test_a_probe_closes_it_but_not_before_its_time_and_one_at_a_time(self) -> None:
        async def main() -> None:
            through, prison = calls(breaker={"failures": 1, "open_seconds": 5}), Prison()

            async def probe() -> bool:
                return await through.probe("LEI", now() + 2, lambda one: read(through, prison, one))

            await fail_reads(through, 1)
            assert not await probe()
            assert prison.asked == []
            await asyncio.sleep(5)
            assert list(await asyncio.gather(probe(), probe())) == [True, False]
            assert len(prison.asked) == 1
            assert through.is_open("LEI")
            assert await read(through, prison) == "fine"
            asked = len(prison.asked)
            assert await probe()
            assert len(prison.asked) == asked

        run_virtually(main())

    @pytest.mark.parametrize(
        ("failure", "closes"),
        [(cut(), False), (NotUnderstood("x"), False), (AccessDenied("http_401"), False), (Refused("x"), True)],
        ids=["cut", "not understood", "denied", "refused"],
    )
    def test_any_answer_to_a_probe_closes_it_and_nothing_else_does(self, failure: Exception, closes: bool) -> None:
        async def main() -> None:
            through, prison = calls(breaker={"failures": 1, "open_seconds": 5}), Prison(failure=lambda: failure)
            await fail_reads(through, 1)
            await asyncio.sleep(5)
            answered = await through.probe("LEI", now() + 2, lambda one: read(through, prison, one))
            assert answered is closes
            assert through.is_open("LEI") is closes
            assert len(prison.asked) == 1

        run_virtually(main())

    def test_with_everything_closed_a_probe_asks_nothing(self) -> None:
        async def main() -> None:
            prison, through = Prison(), calls()
            assert await through.probe("LEI", now() + 2, lambda one: read(through, prison, one))
            assert prison.asked == []

        run_virtually(main())

    def test_failures_from_before_it_closed_do_not_open_it_again(self) -> None:
        async def main() -> None:
            through = calls(breaker={"failures": 2, "open_seconds": 1})
            stuck = [asyncio.ensure_future(read(through, Prison(latency=4, failure=cut), call(4.01))) for _ in range(9)]
            await asyncio.sleep(0)
            await fail_reads(through, 2)
            await asyncio.sleep(2)
            assert await through.probe("LEI", now() + 2, lambda one: read(through, Prison(), one))
            await asyncio.gather(*stuck, return_exceptions=True)
            assert through.is_open("LEI")

        run_virtually(main())

    def test_reads_that_their_caller_gives_up_at_the_deadline_count_as_too_slow(self) -> None:
        async def main() -> None:
            through = calls(breaker={"failures": 2})
            for _ in range(2):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(1.0):
                        await read(through, Prison(latency=60), call(1.05))
            assert not through.is_open("LEI")

        run_virtually(main())

    def test_reads_that_are_given_up_early_count_as_nothing(self) -> None:
        async def main() -> None:
            through = calls(breaker={"failures": 1})
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await read(through, Prison(latency=60), call(5.0))
            assert through.is_open("LEI")

        run_virtually(main())


class TestWriteBreaker:
    def test_it_opens_by_itself_and_leaves_reads_alone(self) -> None:
        async def main() -> None:
            ear, prison = Ear(), Prison()
            through = calls(ear, breaker={"failures": 2})
            await fail_writes(through, 2)
            with pytest.raises(Unavailable, match="breaker_open"):
                await write(through, prison)
            assert prison.asked == []
            assert await read(through, prison) == "fine"
            assert ear.breakers == [("LEI", "writes", "open")]

        run_virtually(main())

    def test_refused_bookings_are_answers(self) -> None:
        async def main() -> None:
            ear = Ear()
            through, deadline = calls(ear, breaker={"failures": 1}), now() + 1

            async def refuse() -> BookingRefused:
                return BookingRefused((RefusalText.NO_VO,))

            async with through.leave_to_write("LEI", deadline) as leave:
                await leave.send("book", refuse)
            assert ear.breakers == []
            assert ear.calls == [("book", "refused")]

        run_virtually(main())

    def test_a_permit_that_was_not_used_says_nothing(self) -> None:
        async def main() -> None:
            ear = Ear()
            through = calls(ear, breaker={"failures": 1})
            with pytest.raises(ZeroDivisionError):
                async with through.leave_to_write("LEI", now() + 1):
                    raise ZeroDivisionError
            assert ear.breakers == []

        run_virtually(main())

    def test_reads_that_are_answered_after_its_time_let_one_write_through(self) -> None:
        """Also in a process without a worker: every booking is preceded by reads."""

        async def main() -> None:
            through, prison = calls(breaker={"failures": 1, "open_seconds": 5}), Prison()
            await fail_writes(through, 1)
            await read(through, prison)
            with pytest.raises(Unavailable, match="breaker_open"):
                await write(through, prison)
            await asyncio.sleep(5)
            await read(through, prison)
            assert await write(through, prison) == "fine"

        run_virtually(main())

    def test_an_answer_to_a_question_from_before_it_opened_does_not(self) -> None:
        async def main() -> None:
            through, slow = calls(breaker={"failures": 2, "open_seconds": 1}), Prison(latency=3.0)
            asked_before = asyncio.ensure_future(read(through, slow))
            await asyncio.sleep(0)
            await fail_reads(through, 2)
            assert await asked_before == "fine"
            assert not through.is_open("LEI")
            with pytest.raises(Unavailable, match="breaker_open"):
                await write(through, Prison())

        run_virtually(main())

    def test_a_probe_does_so_too(self) -> None:
        async def main() -> None:
            through, prison = calls(breaker={"failures": 1, "open_seconds": 5}), Prison()
            await fail_writes(through, 1)
            await asyncio.sleep(5)
            assert await through.probe("LEI", now() + 2, lambda one: read(through, prison, one))
            assert await write(through, prison) == "fine"

        run_virtually(main())

    def test_then_it_doubles_with_each_answer_until_it_is_closed(self) -> None:
        async def main() -> None:
            ear, prison = Ear(), Prison(latency=1.0)
            through = calls(ear, max_in_flight=8, breaker={"failures": 1, "open_seconds": 1})
            await fail_writes(through, 1)
            await asyncio.sleep(1)
            await read(through, Prison())
            waves: list[int] = []
            writes = [asyncio.ensure_future(write(through, prison, 60)) for _ in range(40)]
            for _ in range(5):
                await asyncio.sleep(0.5)
                waves.append(prison.at_once)
                await asyncio.sleep(0.5)
            assert waves[:3] == [1, 2, 8]  # two answers at once double twice
            assert await asyncio.gather(*writes) == ["fine"] * 40
            assert prison.most_at_once == 8
            assert ear.breakers[-2:] == [("LEI", "writes", "half_open"), ("LEI", "writes", "closed")]

        run_virtually(main())

    def test_a_failure_on_the_way_back_opens_it_at_once_and_nobody_waits_on(self) -> None:
        async def main() -> None:
            ear, prison = Ear(), Prison(latency=1.0, failure=cut)
            through = calls(ear, breaker={"failures": 3, "open_seconds": 1})
            await fail_writes(through, 3)
            await asyncio.sleep(1)
            await read(through, Prison())
            outcomes = await asyncio.gather(*(write(through, prison, 60) for _ in range(5)), return_exceptions=True)
            assert len(prison.asked) == 1
            assert [getattr(one, "reason", one) for one in outcomes] == ["cut_short"] + ["breaker_open"] * 4
            assert ear.breakers[-1] == ("LEI", "writes", "open")

        run_virtually(main())

    def test_waiting_for_ones_turn_ends_with_the_deadline_and_the_turn_goes_on(self) -> None:
        async def main() -> None:
            prison = Prison(latency=1.0)
            through = calls(breaker={"failures": 1, "open_seconds": 1})
            await fail_writes(through, 1)
            await asyncio.sleep(1)
            await read(through, Prison())
            first = asyncio.ensure_future(write(through, prison, 60))
            late = asyncio.ensure_future(write(through, prison, 0.5))
            gone = asyncio.ensure_future(write(through, prison, 60))
            last = asyncio.ensure_future(write(through, prison, 60))
            await asyncio.sleep(0.9999)
            gone.cancel()
            with pytest.raises(Unavailable, match="breaker_half_open"):
                await late
            assert [await first, await last] == ["fine", "fine"]

        run_virtually(main())
