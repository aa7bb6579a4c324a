"""What the port promises of bookings, cancellations and look-ups, whatever the transport and the day."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from nomis_client import (
    AccessDenied,
    Booked,
    BookingOrder,
    BookingRefused,
    CancelAnswer,
    CancellationCode,
    FoundVisitor,
    OutcomeUnknown,
    RefusalText,
    Refused,
    SlotTime,
    Unavailable,
)
from tests.support.contract_harness import FRI, MON, SAT, SUN, THU, WED, Harness, Transport, harness, on, slot

LEEDS = 1057307
ORDER = BookingOrder(
    offender_id=LEEDS,
    prison="LEI",
    lead_contact=13428,
    other_contacts=(13429,),
    slot=slot(WED),
    reference="7f3c-0",
    comment="Phone 01632 960123",
)


def one_scheduled(port: Harness, key: str = "leeds") -> int:
    """The id of the only visit there ever was, and it is scheduled."""
    (visit,) = port.visits(key)
    assert visit.scheduled
    return visit.id


class TestBooking:
    async def test_a_booking_is_there_once_and_as_ordered(self, port: Harness) -> None:
        booked = await port.book(ORDER)
        assert isinstance(booked, Booked)
        assert booked.visit_id == one_scheduled(port)
        (visit,) = port.visits()
        assert (visit.slot, visit.lead, visit.others, visit.reference) == (slot(WED), 13428, (13429,), "7f3c-0")
        assert visit.comment == "Phone 01632 960123"

    async def test_the_visiting_order_comes_with_the_answer(self, good_port: Harness) -> None:
        paid = await good_port.book(ORDER)
        assert isinstance(paid, Booked)
        assert paid.visit_order is not None
        assert paid.visit_order.type == "VO"
        assert paid.visit_order.number > 2**32

    async def test_where_none_is_needed_none_comes(self, good_port: Harness) -> None:
        free = replace(ORDER, offender_id=1060021, prison="LCI", lead_contact=33601, other_contacts=())
        booked = await good_port.book(replace(free, slot=slot(WED, "14:01/14:59")))
        assert isinstance(booked, Booked)
        assert booked.visit_order is None

    async def test_the_raw_time_is_what_counts(self, port: Harness) -> None:
        free = replace(ORDER, offender_id=1060021, prison="LCI", lead_contact=33601, other_contacts=())
        normal = replace(free, slot=slot(THU, "14:00/15:00"))
        assert await port.book(normal) == BookingRefused((RefusalText.NO_SUCH_SLOT,))
        assert isinstance(await port.book(replace(free, slot=slot(THU, "13:59/15:00"))), Booked)
        days = await port.client.unavailability(1060021, [on(THU)], port.call())
        (existing,) = days[on(THU)].existing_visits
        assert existing.slot == SlotTime(slot(THU, "13:59/15:00"), slot(THU, "14:00/15:00"))

    async def test_ids_over_32_bits_may_be_booked_for(self, port: Harness) -> None:
        order = replace(ORDER, offender_id=5_000_002_502, prison="CFI", lead_contact=23501, other_contacts=())
        assert isinstance(await port.book(replace(order, slot=slot(THU, "14:00/15:00"))), Booked)

    async def test_two_bookings_of_one_reference_are_one_visit(self, port: Harness) -> None:
        await port.book(ORDER)
        again = await port.book(ORDER)
        assert again in (BookingRefused((RefusalText.DUPLICATE_POST,)), Booked(one_scheduled(port)))
        one_scheduled(port)

    async def test_a_reference_stays_used_after_a_cancellation(self, port: Harness) -> None:
        booked = await port.book(ORDER)
        assert isinstance(booked, Booked)
        await port.cancel(LEEDS, booked.visit_id)
        assert await port.book(ORDER) == BookingRefused((RefusalText.DUPLICATE_POST,))


REFUSALS: list[Any] = [
    pytest.param({}, [("ban", {"noms_id": "A1410AE"})], RefusalText.OFFENDER_BANNED, id="banned"),
    pytest.param({"lead_contact": 13433}, [], RefusalText.LEAD_NOT_APPROVED, id="lead not approved"),
    pytest.param({}, [("ban", {"noms_id": "A1410AE", "contact_id": 13428})], RefusalText.LEAD_BANNED, id="lead banned"),
    pytest.param({"lead_contact": 13429, "other_contacts": ()}, [], RefusalText.LEAD_NOT_ADULT, id="lead a child"),
    pytest.param({"other_contacts": (13433,)}, [], RefusalText.VISITOR_NOT_APPROVED, id="visitor not approved"),
    pytest.param(
        {}, [("ban", {"noms_id": "A1410AE", "contact_id": 13429})], RefusalText.VISITOR_BANNED, id="visitor banned"
    ),
    pytest.param({"slot": slot(SAT, "09:30/11:30", 3)}, [], RefusalText.AT_CAPACITY, id="full"),
    pytest.param({}, [("book", {"noms_id": "A1410AE", "slot": slot(WED)})], RefusalText.OVERLAPPING, id="overlapping"),
    pytest.param({"slot": slot(WED, "09:00/10:00")}, [], RefusalText.NO_SUCH_SLOT, id="no such slot"),
    pytest.param({}, [("grant", {"noms_id": "A1410AE", "vo": -26})], RefusalText.NO_VO_OR_PVO, id="no orders"),
    pytest.param({}, [("close", {"noms_id": "A1410AE"})], RefusalText.CLOSED_VISITS, id="closed visits"),
    pytest.param({}, [("release", {"noms_id": "A1410AE"})], RefusalText.OFFENDER_NOT_FOUND, id="released"),
    pytest.param({}, [("lock", {"noms_id": "A1410AE"})], RefusalText.LOCKED, id="locked"),
    pytest.param(
        {},
        [("transfer", {"noms_id": "A1410AE", "prison": "CFI", "in_transit": True})],
        RefusalText.IN_TRANSIT,
        id="in transit",
    ),
]


@pytest.mark.parametrize(("changes", "hands", "text"), REFUSALS)
async def test_each_refusal_is_known_and_nothing_is_booked(
    good_port: Harness, changes: dict[str, Any], hands: list[tuple[str, dict[str, Any]]], text: RefusalText
) -> None:
    before = len(good_port.visits())
    for action, members in hands:
        before += action == "book"
        good_port.hand(action, **members)
    assert await good_port.book(replace(ORDER, **changes)) == BookingRefused((text,))
    assert len(good_port.visits()) == before
    assert good_port.ear.defects == []


@pytest.mark.parametrize("shape", ["errors", "error"])
async def test_refusals_of_older_and_newer_installations_mean_the_same(good_port: Harness, shape: str) -> None:
    good_port.install(error_shape=shape, duplicate_status=400, locked_status=423)
    good_port.hand("lock", noms_id="A1410AE")
    assert await good_port.book(ORDER) == BookingRefused((RefusalText.LOCKED,))
    good_port.hand("unlock", noms_id="A1410AE")
    await good_port.book(ORDER)
    assert await good_port.book(ORDER) == BookingRefused((RefusalText.DUPLICATE_POST,))


async def test_several_reasons_come_together(port: Harness) -> None:
    port.hand("ban", noms_id="A1410AE")
    refused = await port.book(replace(ORDER, lead_contact=13433))
    assert isinstance(refused, BookingRefused)
    assert set(refused.texts) == {RefusalText.OFFENDER_BANNED, RefusalText.LEAD_NOT_APPROVED}


class TestDoubt:
    """The port says plainly what it doesn't know; it never repeats a booking by itself."""

    @pytest.mark.parametrize(
        "fault",
        [
            {"kind": "drop", "when": "after"},
            {"kind": "reset", "when": "after"},
            {"kind": "answer", "status": 500, "body": {"error": "server error"}, "when": "after"},
            {"kind": "answer", "status": 503, "when": "after"},
            {"kind": "html", "when": "after"},
            {"kind": "truncate"},
            {"kind": "empty"},
            {"kind": "wrong_types"},
            {"kind": "access_denied", "when": "after"},
            {"kind": "rate_limit", "when": "after", "seconds": 0.01},
        ],
        ids=lambda fault: f"{fault['kind']} {fault.get('status', '')}".strip(),
    )
    async def test_a_booking_whose_answer_is_lost_is_in_doubt_and_can_be_found(
        self, good_port: Harness, fault: dict[str, Any]
    ) -> None:
        good_port.arm(operation="book", **fault)
        with pytest.raises(OutcomeUnknown):
            async with good_port.client.booking_permit("LEI", good_port.deadline()) as permit:
                await permit.post(ORDER, good_port.deadline())
        assert good_port.requests("book") == 1
        (found,) = await good_port.client.find_by_reference(LEEDS, "7f3c-0", good_port.call())
        assert found.visit_id == one_scheduled(good_port)

    async def test_a_booking_that_hangs_is_in_doubt_when_its_time_is_up(self, good_port: Harness) -> None:
        good_port.arm(kind="hang", operation="book", when="after")
        with pytest.raises(OutcomeUnknown, match="timeout"):
            async with good_port.client.booking_permit("LEI", good_port.deadline()) as permit:
                await permit.post(ORDER, good_port.deadline(0.5))
        assert good_port.requests("book") == 1

    async def test_where_nobody_listens_nothing_was_sent(self, transport: Transport) -> None:
        async with harness(transport, "good") as port:
            client = port.client
            port.arm(kind="restart", operation="version", seconds=60.0)
            with pytest.raises(Unavailable):
                await client.version(port.call(0.5))
            await asyncio.sleep(0.05)  # the port closes
            with pytest.raises(Unavailable, match="connect"):
                async with client.booking_permit("LEI", port.deadline()) as permit:
                    await permit.post(ORDER, port.deadline())
            assert port.requests("book") == 0


class TestFindByReference:
    async def test_a_booked_visit_is_found_with_everything_that_proves_it_ours(self, port: Harness) -> None:
        await port.book(ORDER)
        (found,) = await port.client.find_by_reference(LEEDS, "7f3c-0", port.call())
        assert (found.visit_id, found.reference, found.status) == (one_scheduled(port), "7f3c-0", "SCH")
        assert found.slot == SlotTime(slot(WED), slot(WED))
        assert found.visitors == (FoundVisitor(13428, True), FoundVisitor(13429, False))

    async def test_nothing_there_is_an_empty_answer(self, port: Harness) -> None:
        assert await port.client.find_by_reference(LEEDS, "7f3c-0", port.call()) == ()

    async def test_a_cancelled_one_is_found_too(self, port: Harness) -> None:
        booked = await port.book(ORDER)
        assert isinstance(booked, Booked)
        await port.cancel(LEEDS, booked.visit_id)
        (found,) = await port.client.find_by_reference(LEEDS, "7f3c-0", port.call())
        assert found.status == "CANC"

    async def test_in_transit_proves_nothing(self, port: Harness) -> None:
        port.hand("transfer", noms_id="A1410AE", prison="CFI", in_transit=True)
        with pytest.raises(Refused, match="in_transit"):
            await port.client.find_by_reference(LEEDS, "7f3c-0", port.call())


class TestCancelling:
    async def test_a_cancelled_visit_is_not_scheduled_and_its_order_comes_back(self, port: Harness) -> None:
        booked = await port.book(ORDER)
        assert isinstance(booked, Booked)
        answer = await port.cancel(LEEDS, booked.visit_id, CancellationCode.PRISON)
        assert answer in {CancelAnswer.CANCELLED, CancelAnswer.ALREADY_CANCELLED}
        (visit,) = port.visits()
        assert (visit.scheduled, visit.cancellation_code) == (False, "HMP")
        assert port.fake.state.world.prisoners.get("A1410AE") == port.people["leeds"]

    async def test_again_it_is_cancelled_already(self, port: Harness) -> None:
        booked = await port.book(ORDER)
        assert isinstance(booked, Booked)
        await port.cancel(LEEDS, booked.visit_id)
        assert await port.cancel(LEEDS, booked.visit_id) is CancelAnswer.ALREADY_CANCELLED

    async def test_each_other_answer_has_its_name(self, port: Harness) -> None:
        booked = await port.book(ORDER)
        assert isinstance(booked, Booked)
        assert await port.cancel(LEEDS, 1) is CancelAnswer.NOT_FOUND
        port.hand("lock", noms_id="A1410AE")
        assert await port.cancel(LEEDS, booked.visit_id) is CancelAnswer.LOCKED
        port.hand("unlock", noms_id="A1410AE")
        port.hand("complete", visit_id=booked.visit_id)
        assert await port.cancel(LEEDS, booked.visit_id) is CancelAnswer.COMPLETED
        port.hand("transfer", noms_id="A1410AE", prison="CFI", in_transit=True)
        assert await port.cancel(LEEDS, booked.visit_id) is CancelAnswer.IN_TRANSIT

    async def test_an_unknown_text_is_never_taken_for_success(self, transport: Transport, good_port: Harness) -> None:
        booked = await good_port.book(ORDER)
        assert isinstance(booked, Booked)
        good_port.arm(kind="answer", operation="cancel", status=400, body=transport.unknown_no)
        assert await good_port.cancel(LEEDS, booked.visit_id) is CancelAnswer.UNKNOWN
        one_scheduled(good_port)


class TestOutages:
    async def test_refused_access_is_said_and_told(self, good_port: Harness) -> None:
        good_port.arm(kind="access_denied")
        with pytest.raises(AccessDenied):
            await good_port.client.version(good_port.call())
        assert good_port.ear.defects

    async def test_a_rate_limit_says_how_long_and_keeps_us_away(self, good_port: Harness) -> None:
        good_port.arm(kind="rate_limit", operation="slots", seconds=120, count=1)
        with pytest.raises(Unavailable) as failure:
            await good_port.client.slots("LEI", on(MON), on(SUN), good_port.call())
        assert failure.value.retry_after == pytest.approx(120, abs=2)
        with pytest.raises(Unavailable, match="held_off"):
            await good_port.client.location("A1410AE", good_port.call())
        assert good_port.requests("location") == 0

    async def test_an_outage_opens_the_breaker_and_a_probe_closes_it(self, transport: Transport) -> None:
        async with harness(transport, "good", breaker={"failures": 2, "open_seconds": 0.05}) as port:
            port.fake.engine.power = False
            with pytest.raises(Unavailable):
                await port.client.location("A1410AE", port.call())
            assert not port.client.is_open("LEI")
            with pytest.raises(Unavailable, match="breaker_open"):
                await port.client.location("A1410AE", port.call())
            await asyncio.sleep(0.06)
            assert not await port.client.probe("LEI", port.deadline())
            port.fake.engine.power = True
            await asyncio.sleep(0.06)
            assert await port.client.probe("LEI", port.deadline())
            assert port.client.is_open("LEI")
            assert isinstance(await port.book(replace(ORDER, slot=slot(FRI))), Booked)
