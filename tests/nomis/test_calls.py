"""Retries, places, breakers and holds, on a virtual clock and without a transport."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from nomis_client import (
    AccessDenied,
    BookingRefused,
    Call,
    CannotAsk,
    Locked,
    NomisSettings,
    NotUnderstood,
    OutcomeUnknown,
    RefusalText,
    Refused,
    Unavailable,
)
from nomis_client.calls import Calls
from nomis_client.wire import NoReply
from tests.support.rest_clients import Ear
from tests.support.virtual_time import run_virtually


def cut() -> NoReply:
    return NoReply("cut_short", perhaps_written=True)


def now() -> float:
    return asyncio.get_running_loop().time()


def call(seconds: float = 10.0, **changes: Any) -> Call:
    return Call("LEI", now() + seconds, **changes)


@dataclass
class Prison:
    """Answers after a while, or fails as it is told; keeps when it was asked and how much at once."""

    latency: float = 0.01
    failure: Callable[[], Exception] | None = None
    asked: list[float] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def answer(self, deadline: float) -> str:
        self.asked.append(now())
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(min(self.latency, max(0.0, deadline - now())))
        finally:
            self.at_once -= 1
        if now() >= deadline:
            raise NoReply("timeout", perhaps_written=True)
        if self.failure:
            raise self.failure()
        return "fine"


def calls(ear: Ear | None = None, **settings: Any) -> Calls:
    return Calls(
        NomisSettings.model_validate(settings),
        observer=ear or Ear(),
        monotonic=asyncio.get_running_loop().time,
        sleep=asyncio.sleep,
        rng=Random(0),
    )


async def read(through: Calls, prison: Prison, with_call: Call | None = None) -> str:
    return await through.read("slots", with_call or call(), prison.answer)


async def write(through: Calls, prison: Prison, seconds: float = 10.0) -> str:
    deadline = now() + seconds
    async with through.leave_to_write("LEI", deadline) as leave:
        return await leave.send("book", lambda: prison.answer(deadline))


async def fail_reads(through: Calls, times: int) -> None:
    down = Prison(failure=cut)
    for _ in range(times):
        with pytest.raises(Unavailable):
            await read(through, down, call(0.04))  # too short for a second try


async def fail_writes(through: Calls, times: int) -> None:
    for _ in range(times):
        with pytest.raises(OutcomeUnknown):
            await write(through, Prison(failure=cut))


class TestRetries:
    @pytest.mark.parametrize(
        "failure", [cut, lambda: Unavailable("http_500"), lambda: Locked("locked")], ids=["cut", "500", "locked"]
    )
    def test_a_read_is_asked_again_after_what_may_pass(self, failure: Callable[[], Exception]) -> None:
        async def main() -> None:
            prison = Prison(failure=failure)
            with pytest.raises(Unavailable):
                await read(calls(), prison)
            first, second, third = prison.asked
            assert 0.05 <= second - first - 0.01 <= 0.10
            assert 0.10 <= third - second - 0.01 <= 0.20

        run_virtually(main())

    @pytest.mark.parametrize(
        "failure",
        [Refused("bad_request"), NotUnderstood("x"), AccessDenied("http_401"), CannotAsk("x")],
        ids=lambda failure: type(failure).__name__,
    )
    def test_and_never_after_what_will_not(self, failure: Exception) -> None:
        async def main() -> None:
            prison = Prison(failure=lambda: failure)
            with pytest.raises(type(failure)):
                await read(calls(), prison)
            assert len(prison.asked) == 1

        run_virtually(main())

    def test_a_second_answer_is_as_good_as_the_first(self) -> None:
        async def main() -> None:
            prison = Prison(failure=cut)
            asyncio.get_running_loop().call_later(0.03, setattr, prison, "failure", None)
            assert await read(calls(), prison) == "fine"
            assert len(prison.asked) == 2

        run_virtually(main())

    def test_nothing_goes_beyond_the_deadline(self) -> None:
        async def main() -> None:
            began, prison = now(), Prison(latency=3.0, failure=cut)
            with pytest.raises(Unavailable):
                await read(calls(), prison, call(4.0))
            assert now() - began <= 4.0
            assert len(prison.asked) == 2

        run_virtually(main())

    def test_one_try_ends_at_its_own_limit(self) -> None:
        async def main() -> None:
            prison = Prison(latency=60.0)
            with pytest.raises(Unavailable, match="timeout"):
                await read(calls(read_timeout=1.0), prison, call(30.0))
            assert len(prison.asked) == 3

        run_virtually(main())

    def test_a_write_is_tried_once(self) -> None:
        async def main() -> None:
            prison = Prison(failure=cut)
            with pytest.raises(OutcomeUnknown):
                await write(calls(), prison)
            assert len(prison.asked) == 1

        run_virtually(main())

    def test_a_write_that_was_provably_not_written_is_merely_unavailable(self) -> None:
        async def main() -> None:
            prison = Prison(failure=lambda: NoReply("connect", perhaps_written=False))
            with pytest.raises(Unavailable, match="connect"):
                await write(calls(), prison)

        run_virtually(main())


class TestRetryAfter:
    def test_it_is_waited_out_where_it_fits(self) -> None:
        async def main() -> None:
            prison = Prison(failure=lambda: Unavailable("http_429", retry_after=3.0))
            asyncio.get_running_loop().call_later(1.0, setattr, prison, "failure", None)
            assert await read(calls(), prison) == "fine"
            first, second = prison.asked
            assert second - first >= 3.0

        run_virtually(main())

    def test_it_is_passed_on_at_once_where_it_does_not(self) -> None:
        async def main() -> None:
            began, prison = now(), Prison(failure=lambda: Unavailable("http_429", retry_after=30.0))
            with pytest.raises(Unavailable) as failure:
                await read(calls(), prison)
            assert failure.value.retry_after == 30.0
            assert now() - began < 1.0

        run_virtually(main())

    def test_it_binds_all_calls_for_the_prison_and_no_other(self) -> None:
        async def main() -> None:
            through, fine = calls(), Prison()
            with pytest.raises(Unavailable):
                await read(through, Prison(failure=lambda: Unavailable("http_503", retry_after=30.0)))
            for other in (read(through, fine), write(through, fine)):
                with pytest.raises(Unavailable, match="held_off") as failure:
                    await other
                assert 29.0 < (failure.value.retry_after or 0) <= 30.0
            assert fine.asked == []
            assert await through.read("slots", Call("MDI", now() + 1), fine.answer) == "fine"
            await asyncio.sleep(30.0)
            assert await read(through, fine) == "fine"

        run_virtually(main())

    def test_one_that_fits_is_waited_out_before_a_write_is_sent(self) -> None:
        async def main() -> None:
            through, prison = calls(), Prison()
            with pytest.raises(Unavailable):
                await read(through, Prison(failure=lambda: Unavailable("http_503", retry_after=5.0)), call(1.0))
            held = now()
            await write(through, prison)
            assert prison.asked[0] - held >= 4.9

        run_virtually(main())

    def test_a_mistaken_one_does_not_close_a_prison_for_good(self) -> None:
        async def main() -> None:
            through = calls()
            with pytest.raises(Unavailable):
                await read(through, Prison(failure=lambda: Unavailable("http_503", retry_after=1e9)))
            await asyncio.sleep(3601.0)
            assert await read(through, Prison()) == "fine"

        run_virtually(main())


class TestPlaces:
    def test_no_more_than_max_in_flight_at_once_over_reads_and_writes(self) -> None:
        async def main() -> None:
            through, prison = calls(max_in_flight=3), Prison()
            await asyncio.gather(
                *(read(through, prison) for _ in range(10)), *(write(through, prison) for _ in "12345")
            )
            assert prison.most_at_once == 3

        run_virtually(main())

    def test_waiting_for_a_place_ends_with_the_deadline_and_counts_against_nobody(self) -> None:
        async def main() -> None:
            ear = Ear()
            through, slow = calls(ear, max_in_flight=1, breaker={"failures": 1}), Prison(latency=2.0)
            first = asyncio.ensure_future(read(through, slow, call(5.0)))
            await asyncio.sleep(0)
            began = now()
            with pytest.raises(Unavailable, match="no_place"):
                await read(through, slow, call(0.5))
            with pytest.raises(Unavailable, match="no_place"):
                await write(through, slow, 0.5)
            assert now() - began == pytest.approx(1.0)
            assert await first == "fine"
            assert ear.breakers == []

        run_virtually(main())

    def test_a_permit_holds_its_place_until_it_is_given_back(self) -> None:
        async def main() -> None:
            through = calls(max_in_flight=1)
            async with through.leave_to_write("LEI", now() + 1):
                with pytest.raises(Unavailable, match="no_place"):
                    await read(through, Prison(), call(0.1))
            assert await read(through, Prison(), call(0.1)) == "fine"

        run_virtually(main())

    def test_a_call_given_up_gives_its_place_back(self) -> None:
        async def main() -> None:
            through = calls(max_in_flight=1)
            task = asyncio.ensure_future(read(through, Prison(latency=60.0)))
            await asyncio.sleep(0.01)
            task.cancel()
            assert await read(through, Prison(), call(0.1)) == "fine"

        run_virtually(main())


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
            assert await asyncio.gather(probe(), probe()) == [True, False]
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
