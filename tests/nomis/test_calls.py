"""Retries, `Retry-After` and places, on a virtual clock and without a transport."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from nomis_client import (
    AccessDenied,
    Call,
    CannotAsk,
    Locked,
    NotUnderstood,
    OutcomeUnknown,
    Refused,
    Unavailable,
)
from nomis_client.calls import Calls
from nomis_client.wire import NoReply
from tests.support.rest_clients import Ear
from tests.support.simulated_prison import Prison, call, calls, cut, now, read, write
from tests.support.virtual_time import run_virtually


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

    @pytest.mark.parametrize("how", ["once", "probe"])
    def test_nor_when_the_caller_wants_one_try(self, how: str) -> None:
        async def main() -> None:
            prison = Prison(failure=cut)
            with pytest.raises(Unavailable):
                await read(calls(), prison, call(4.0, **{how: True}))
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

    @pytest.mark.parametrize("send", [read, write])
    def test_it_binds_those_too_who_were_waiting_for_a_place_when_it_came(
        self, send: Callable[[Calls, Prison], Awaitable[str]]
    ) -> None:
        async def main() -> None:
            asking = Prison(latency=1.0, failure=lambda: Unavailable("http_429", retry_after=2.0))
            through, fine = calls(max_in_flight=1), Prison()
            first = asyncio.ensure_future(read(through, asking, call(4.0, once=True)))
            await asyncio.sleep(0)
            behind = asyncio.ensure_future(send(through, fine))
            with pytest.raises(Unavailable):
                await first
            held = now()
            assert await behind == "fine"
            assert fine.asked[0] - held >= 2.0

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

    def test_waiting_for_a_place_ends_in_time_and_counts_against_nobody(self) -> None:
        """A write may wait up to its deadline; a read leaves time to be answered in."""

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
            assert now() - began == pytest.approx(0.6 * 0.5 + 0.5)
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

    def test_those_who_would_wait_too_long_for_a_place_can_be_told_before(self) -> None:
        async def main() -> None:
            through, hangs = calls(max_in_flight=2), Prison(latency=60.0)
            stuck = [asyncio.ensure_future(read(through, hangs, call(3.0, once=True))) for _ in range(6)]
            await asyncio.sleep(0.01)
            assert through.may_answer("LEI", 1.0)  # four wait, but only just: nobody knows yet that they wait in vain
            await asyncio.sleep(0.99)
            assert not through.may_answer("LEI", 1.0)  # two at once, each a second so far: two seconds
            assert through.may_answer("LEI", 2.5)
            await asyncio.gather(*stuck, return_exceptions=True)
            assert through.may_answer("LEI", 0.0)

        run_virtually(main())

    def test_many_who_wait_for_quick_calls_are_no_reason_to_stay_away(self) -> None:
        async def main() -> None:
            through, quick = calls(max_in_flight=4), Prison(latency=0.005)
            waiting = [asyncio.ensure_future(read(through, quick)) for _ in range(200)]
            for _ in range(40):
                await asyncio.sleep(0.005)
                assert through.may_answer("LEI", 0.5)
            assert await asyncio.gather(*waiting) == ["fine"] * 200

        run_virtually(main())

    def test_a_call_given_up_gives_its_place_back(self) -> None:
        async def main() -> None:
            through = calls(max_in_flight=1)
            task = asyncio.ensure_future(read(through, Prison(latency=60.0)))
            await asyncio.sleep(0.01)
            task.cancel()
            assert await read(through, Prison(), call(0.1)) == "fine"

        run_virtually(main())
