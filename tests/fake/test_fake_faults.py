"""Faults of single answers as the real client meets them. What was done is looked up behind the scenes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from nomis_client import (
    AccessDenied,
    Call,
    CancelAnswer,
    CannotAsk,
    NotUnderstood,
    OutcomeUnknown,
    RefusalText,
    Refused,
    Unavailable,
)
from nomis_client.settings import BreakerSettings
from tests.support.fake_meeting import CUT, SHORT, WAYS, Way, kind_of, meeting
from tests.support.fake_nomis import DAY, EVENING, NUMBER, SLOT, a_prisoner, a_world


@pytest.mark.parametrize("way", WAYS)
async def test_stale_reads_show_the_past_and_writes_dont(way: Way) -> None:
    async with meeting(way) as met:
        met.arm(kind="stale", seconds=30)
        met.prisons.pass_time(60)
        await met.book()
        assert await met.find() == []
        assert kind_of(await met.book()) == (RefusalText.DUPLICATE_POST,)
        met.prisons.pass_time(30)
        assert await met.find() == ["SCH"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_replayed_booking_is_answered_as_a_duplicate(way: Way) -> None:
    async with meeting(way) as met:
        met.arm(kind="replay", count=1)
        assert kind_of(await met.book()) == (RefusalText.DUPLICATE_POST,)
        assert met.visits() == ["SCH"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_replay_can_come_later_and_book_what_was_refused(way: Way) -> None:
    async with meeting(way, a_world(a_prisoner(locked=True))) as met:
        met.arm(kind="replay", seconds=10, count=1)
        assert kind_of(await met.book()) == (RefusalText.LOCKED,)
        met.prisons.hand("unlock", noms_id=NUMBER)
        met.prisons.pass_time(10)
        assert met.visits() == ["SCH"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_replay_can_be_refused_at_the_door_after_the_first_was_let_in(way: Way) -> None:
    async with meeting(way) as met:
        met.arm(kind="nonce_refused", count=1)
        assert kind_of(await met.book()) == (OutcomeUnknown, "http_401")
        assert met.visits() == ["SCH"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", RefusalText.OVERLAPPING),
        ("Offender requires closed visits", RefusalText.CLOSED_VISITS),
        ("Visit Slot does not exist", RefusalText.NO_SUCH_SLOT),
        ("Offender Not Found", RefusalText.OFFENDER_NOT_FOUND),
        ("Resource is locked", RefusalText.LOCKED),
        ("Something new", RefusalText.UNKNOWN),
    ],
)
async def test_a_repeat_can_be_told_something_else(way: Way, text: str, code: RefusalText) -> None:
    async with meeting(way) as met:
        met.arm(kind="repeat_answer", text=text)
        assert kind_of(await met.book()) == "booked"
        assert kind_of(await met.book()) == (code,)
        assert kind_of(await met.book("ref-2", EVENING)) == "booked"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ({"kind": "find_404"}, (CannotAsk, "http_404")),
        ({"kind": "find_405"}, (CannotAsk, "http_405")),
        ({"kind": "find_in_transit"}, (Refused, "in_transit")),
        ({"kind": "find_wrong_status"}, ["CANC"]),
        ({"kind": "find_wrong_status", "text": "NORM"}, ["NORM"]),
        ({"kind": "find_two"}, ["SCH", "SCH"]),
    ],
)
async def test_finding_can_go_wrong(way: Way, fault: dict[str, Any], seen: object) -> None:
    async with meeting(way, find_by_ref=True) as met:
        await met.book()
        met.arm(**fault, count=1)
        assert kind_of(await met.find()) == seen
        assert await met.find() == ["SCH"]
        assert met.visits() == ["SCH"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_lock_refuses_writes(way: Way) -> None:
    async with meeting(way) as met:
        met.arm(kind="locked", count=2)
        assert kind_of(await met.book()) == (RefusalText.LOCKED,)
        assert await met.cancel() is CancelAnswer.LOCKED
        assert kind_of(await met.book()) == "booked"


ON_READS: list[tuple[dict[str, Any], object]] = [
    ({"kind": "drop"}, (Unavailable, "cut_short")),
    ({"kind": "reset"}, (Unavailable, "cut_short")),
    ({"kind": "answer"}, (Unavailable, "http_500")),
    ({"kind": "access_denied"}, (AccessDenied, "http_401")),
    ({"kind": "answer", "status": 400, "body": {"error": {"message": "no"}}}, (Refused, "bad_request")),
    ({"kind": "answer", "status": 404}, (Refused, "no_such_offender")),
    ({"kind": "html"}, (Unavailable, "not_an_answer")),
    ({"kind": "html", "status": 418}, (Unavailable, "firewall")),
    ({"kind": "answer", "status": 406}, (Unavailable, "firewall")),
    ({"kind": "empty"}, (Unavailable, "not_an_answer")),
    ({"kind": "truncate"}, (Unavailable, "cut_short")),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("fault", "seen"), ON_READS, ids=lambda value: str(value) if isinstance(value, dict) else "")
async def test_a_read_that_always_fails_says_how(way: Way, fault: dict[str, Any], seen: object) -> None:
    async with meeting(way) as met:
        met.arm(**fault, operation="contacts")
        assert kind_of(await met.read()) == seen


@pytest.mark.parametrize("way", WAYS)
async def test_wrong_types_arent_understood(way: Way) -> None:
    async with meeting(way) as met:
        met.arm(kind="wrong_types")
        assert isinstance(await met.read(), NotUnderstood)
        assert isinstance(await met.book(), OutcomeUnknown)
        assert met.visits() == ["SCH"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["truncate", "empty", "html"])
async def test_a_spoilt_answer_to_a_booking_leaves_it_unknown(way: Way, kind: str) -> None:
    async with meeting(way) as met:
        met.arm(kind=kind, operation="book", when="after")
        assert isinstance(await met.book(), OutcomeUnknown)
        assert met.visits() == ["SCH"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_dripping_answer_arrives_in_the_end_or_too_late(way: Way) -> None:
    async with meeting(way) as met:
        met.arm(kind="drip", seconds=0.001, operation="book", count=1)
        assert kind_of(await met.book()) == "booked"
        met.arm(kind="drip", seconds=0.05, operation="book", count=1)
        assert kind_of(await met.book("ref-2", EVENING, seconds=SHORT)) == (OutcomeUnknown, "timeout")
        assert met.visits() == ["SCH", "SCH"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_rate_limit_says_how_long(way: Way) -> None:
    async with meeting(way) as met:
        met.arm(kind="rate_limit", seconds=7, operation="cancel")
        await met.book()
        answer = await met.cancel()
        assert isinstance(answer, Unavailable) and answer.retry_after == 7


@pytest.mark.parametrize("way", WAYS)
async def test_one_prison_can_be_out_alone(way: Way) -> None:
    async with meeting(way) as met:
        met.arm(kind="outage", prison="LEI")
        call = met.call()
        with pytest.raises(Unavailable):
            await met.client.slots("LEI", DAY, DAY, call)
        assert await met.client.slots("CFI", DAY, DAY, Call("CFI", call.deadline)) == ()


@pytest.mark.parametrize("way", WAYS)
async def test_reads_can_fail_while_writes_go_on_and_the_reverse(way: Way) -> None:
    async with meeting(way) as met:
        met.arm(kind="answer", status=500, operation="reads")
        assert isinstance(await met.read(), Unavailable)
        assert kind_of(await met.book()) == "booked"
        met.engine.heal()
        met.arm(kind="answer", status=500, operation="writes")
        assert isinstance(await met.cancel(), OutcomeUnknown)
    async with meeting(way) as met:
        met.arm(kind="answer", status=500, operation="writes")
        assert isinstance(await met.read(), tuple)


@pytest.mark.parametrize("way", WAYS)
async def test_switched_off_it_answers_nothing_and_knows_everything_afterwards(way: Way) -> None:
    async with meeting(way) as met:
        await met.book()
        met.engine.power = False
        assert isinstance(await met.read(), Unavailable)
        assert isinstance(await met.cancel(), (OutcomeUnknown, Unavailable))
        met.engine.power = True
        assert met.visits() == ["SCH"]


async def test_while_it_restarts_nobody_listens_and_then_all_is_as_before() -> None:
    prisons = a_world()
    prisons.time.follow()
    async with meeting("socket", prisons, breaker=BreakerSettings(failures=1000)) as met:
        await met.book(slot=SLOT)
        met.arm(kind="restart", seconds=0.05, operation="contacts", when="after", count=1)
        await met.read(seconds=SHORT)
        refused = await met.book("ref-2", EVENING, seconds=0.05)
        assert kind_of(refused) in {(Unavailable, "connect"), CUT}
        async with asyncio.timeout(30):
            while await met.find() != ["SCH"]:
                await asyncio.sleep(0.01)


async def test_a_time_out_of_a_write_that_was_never_seen_is_still_unknown() -> None:
    """In process as over a socket: the request was on its way."""
    async with meeting("in process") as met:
        met.arm(kind="hang", operation="cancel", when="before")
        await met.book()
        assert kind_of(await met.cancel(seconds=SHORT)) == (OutcomeUnknown, "timeout")
        assert met.visits() == ["SCH"]


async def test_a_caller_cancelled_while_it_waits_leaves_its_booking_to_happen() -> None:
    async with meeting("in process") as met:
        met.arm(kind="delay", seconds=5, operation="book")
        waiting = asyncio.create_task(met.book())
        while not list(met.prisons.state.world.pending.values()):
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert met.visits() == []
        met.prisons.pass_time(timedelta(seconds=5).total_seconds())
        assert met.visits() == ["SCH"]
