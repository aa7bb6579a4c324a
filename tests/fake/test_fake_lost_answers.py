"""A booking whose answer is lost, late or never given: what the client sees, and what was done."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nomis_client import (
    CancelAnswer,
    OutcomeUnknown,
    Unavailable,
)
from tests.support.fake_meeting import CUT, SHORT, WAYS, Way, kind_of, meeting
from tests.support.fake_nomis import a_world

AFTER: list[tuple[dict[str, Any], object]] = [
    ({"kind": "drop"}, CUT),
    ({"kind": "reset"}, CUT),
    ({"kind": "restart"}, CUT),
    ({"kind": "outage"}, CUT),
    ({"kind": "answer"}, (OutcomeUnknown, "http_500")),
    ({"kind": "answer", "status": 502}, (OutcomeUnknown, "http_502")),
    ({"kind": "answer", "status": 504}, (OutcomeUnknown, "http_504")),
    ({"kind": "answer", "status": 408}, (OutcomeUnknown, "http_408")),
    ({"kind": "answer", "status": 503}, (OutcomeUnknown, "http_503")),
    ({"kind": "access_denied"}, (OutcomeUnknown, "http_401")),
    ({"kind": "access_denied", "status": 403}, (OutcomeUnknown, "http_403")),
    ({"kind": "rate_limit"}, (OutcomeUnknown, "http_429")),
    ({"kind": "answer", "status": 302, "headers": {"Location": "/elsewhere"}}, (OutcomeUnknown, "http_302")),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("fault", "seen"), AFTER, ids=lambda value: str(value) if isinstance(value, dict) else "")
async def test_after_the_commit_the_answer_is_lost_and_the_visit_isnt(
    way: Way, fault: dict[str, Any], seen: object
) -> None:
    async with meeting(way) as met:
        met.arm(**fault, operation="book", when="after", count=1)
        assert kind_of(await met.book()) == seen
        assert met.visits() == ["SCH"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("fault", "seen"), AFTER, ids=lambda value: str(value) if isinstance(value, dict) else "")
async def test_before_the_commit_the_answer_is_lost_and_nothing_was_done(
    way: Way, fault: dict[str, Any], seen: object
) -> None:
    if (way, fault["kind"]) == ("in process", "outage"):
        seen = (Unavailable, "connect")
    async with meeting(way) as met:
        met.arm(**fault, operation="book", when="before", count=1)
        assert kind_of(await met.book()) == seen
        assert met.visits() == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("when", "visits"), [("before", []), ("after", ["SCH"])])
async def test_a_hanging_booking_ends_with_the_callers_patience(way: Way, when: str, visits: list[str]) -> None:
    async with meeting(way) as met:
        met.arm(kind="hang", operation="book", when=when)
        assert kind_of(await met.book(seconds=SHORT)) == (OutcomeUnknown, "timeout")
        assert met.visits() == visits


async def test_what_hangs_is_let_go_when_the_faults_are_taken_away() -> None:
    async with meeting("socket") as met:
        met.arm(kind="hang", operation="book")
        hanging = asyncio.create_task(met.book(seconds=60))
        while not met.engine.log.entries():
            await asyncio.sleep(0.001)
        met.engine.heal()
        assert kind_of(await hanging) == CUT


@pytest.mark.parametrize("way", WAYS)
async def test_a_delayed_booking_is_carried_out_though_the_caller_has_gone(way: Way) -> None:
    prisons = a_world()
    prisons.time.follow()
    async with meeting(way, prisons) as met:
        prisons.time.set(prisons.now.replace(year=2026, month=11, day=30))
        met.arm(kind="delay", operation="book", seconds=0.3)
        assert kind_of(await met.book(seconds=SHORT)) == (OutcomeUnknown, "timeout")
        prisons.pass_time(1)
        assert met.visits() == ["SCH"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_short_delay_only_delays(way: Way, when: str) -> None:
    async with meeting(way) as met:
        met.arm(kind="delay", seconds=0.01, when=when)
        assert kind_of(await met.book()) == "booked"
        assert await met.cancel() is CancelAnswer.CANCELLED
        assert met.visits() == ["CANC"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_late_commit_is_answered_now_and_done_later(way: Way) -> None:
    async with meeting(way) as met:
        met.arm(kind="late_commit", seconds=20, count=1)
        assert kind_of(await met.book()) == (OutcomeUnknown, "http_504")
        assert await met.find() == []
        met.prisons.pass_time(19)
        assert met.visits() == []
        met.prisons.pass_time(1)
        assert await met.find() == ["SCH"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_late_commit_can_be_without_any_answer(way: Way) -> None:
    async with meeting(way) as met:
        met.arm(kind="late_commit", seconds=20, status=200, count=1)
        assert kind_of(await met.book()) == CUT


@pytest.mark.parametrize("way", WAYS)
async def test_a_cancellation_can_be_late_too(way: Way) -> None:
    async with meeting(way) as met:
        await met.book()
        met.arm(kind="late_commit", operation="cancel", seconds=20)
        assert kind_of(await met.cancel()) == (OutcomeUnknown, "http_504")
        assert met.visits() == ["SCH"]
        met.prisons.pass_time(20)
        assert met.visits() == ["CANC"]
