"""What the reads say, and when they refuse."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from nomis_client.fake.entities import Allowance, Restriction
from nomis_client.fake.replies import (
    Dates,
    Days,
    FoundVisits,
    Healthy,
    No,
    OffenderFound,
    Refusal,
    Reply,
    Restrictions,
    Slots,
    VersionIs,
    Whereabouts,
)
from nomis_client.fake.requests import (
    FindByReference,
    FindOffender,
    GetAvailableDates,
    GetContacts,
    GetHealth,
    GetLocation,
    GetRestrictions,
    GetSlots,
    GetUnavailability,
    GetVersion,
    Request,
)
from tests.support.fake_nomis import (
    BORN,
    DAY,
    EVENING,
    LATER,
    NUMBER,
    OFFENDER,
    SLOT,
    TODAY,
    TOMORROW,
    Prisons,
    a_prisoner,
    a_session,
    a_world,
)

LAST = TODAY + timedelta(days=60)
CLOSED = Restriction(type="CLOSED", effective_date=date(2020, 1, 1), expiry_date=date(2020, 2, 1))


def why(reply: Reply) -> No | None:
    return reply.why if isinstance(reply, Refusal) else None


def offered(prisons: Prisons, start: date = TODAY, end: date = LAST, prison: str = "LEI") -> list[str]:
    reply = prisons.ask(GetSlots(prison, start, end))
    assert isinstance(reply, Slots), reply
    return [one.session.slot for one in reply.slots]


def test_a_prisoner_is_found_by_number_and_date_of_birth() -> None:
    assert a_world().ask(FindOffender(NUMBER, BORN)) == OffenderFound(OFFENDER)


@pytest.mark.parametrize(("number", "born"), [(NUMBER, date(1971, 12, 25)), ("Z9999ZZ", BORN)])
def test_a_wrong_date_of_birth_looks_like_an_unknown_number(number: str, born: date) -> None:
    assert a_world().ask(FindOffender(number, born)) == OffenderFound(None)


def test_a_prisoner_who_has_left_isnt_found() -> None:
    prisons = a_world()
    prisons.hand("release", noms_id=NUMBER)
    assert prisons.ask(FindOffender(NUMBER, BORN)) == OffenderFound(None)
    assert why(prisons.ask(GetLocation(NUMBER))) is No.NO_OFFENDER


@pytest.mark.parametrize("number", ["", "a1234bc", "A1234B", "A1234BC ", "A123BC", "A1234BCD"])
def test_an_ill_formed_number_is_our_fault(number: str) -> None:
    assert why(a_world().ask(FindOffender(number, BORN))) is No.BAD_REQUEST


def test_the_location_is_where_the_prisoner_is_now() -> None:
    prisons = a_world(a_prisoner(housing="LEI-A-1-001"))
    assert prisons.ask(GetLocation(NUMBER)) == Whereabouts("LEI", "LEEDS (HMP)", "LEI-A-1-001")
    prisons.hand("transfer", noms_id=NUMBER, prison="CFI", in_transit=True)
    assert prisons.ask(GetLocation(NUMBER)) == Whereabouts("TRN", "TRANSFER", "")
    prisons.hand("arrive", noms_id=NUMBER)
    assert prisons.ask(GetLocation(NUMBER)) == Whereabouts("CFI", "CARDIFF (HMP)", "")


READS_OF_A_PRISONER: list[Request] = [
    GetContacts(5),
    GetAvailableDates(5, TODAY, TOMORROW),
    GetUnavailability(5, (TOMORROW,)),
    GetRestrictions(5),
    FindByReference(5, "ref-1"),
    GetLocation("Z9999ZZ"),
]


@pytest.mark.parametrize("read", READS_OF_A_PRISONER, ids=lambda read: type(read).__name__)
def test_nobody_has_this_offender_id(read: Request) -> None:
    assert why(a_world().ask(read)) is No.NO_OFFENDER


LIMITS = [
    (TODAY, TODAY, None),
    (TODAY, LAST, None),
    (TODAY - timedelta(days=1), TODAY, No.BAD_REQUEST),
    (TODAY, LAST + timedelta(days=1), No.BAD_REQUEST),
    (TOMORROW, TODAY, No.BAD_REQUEST),
]


@pytest.mark.parametrize(("start", "end", "refused"), LIMITS)
def test_slots_and_available_dates_have_the_same_limits(start: date, end: date, refused: No | None) -> None:
    prisons = a_world()
    assert why(prisons.ask(GetSlots("LEI", start, end))) is refused
    assert why(prisons.ask(GetAvailableDates(OFFENDER, start, end))) is refused


@pytest.mark.parametrize(
    ("dates", "refused"), [((TOMORROW, DAY), None), ((TODAY, DAY), No.BAD_REQUEST), ((), No.BAD_REQUEST)]
)
def test_unavailability_is_about_days_after_today(dates: tuple[date, ...], refused: No | None) -> None:
    assert why(a_world().ask(GetUnavailability(OFFENDER, dates))) is refused


def test_today_is_londons() -> None:
    """At 23:30 UTC in July it is tomorrow in London already."""
    prisons = a_world()
    prisons.time.set(prisons.now.replace(month=7, day=1, hour=23, minute=30), frozen=True)
    assert why(prisons.ask(GetSlots("LEI", date(2026, 7, 1), date(2026, 7, 2)))) is No.BAD_REQUEST
    assert why(prisons.ask(GetSlots("LEI", date(2026, 7, 2), date(2026, 7, 2)))) is None


def test_slots_come_in_order_with_their_numbers() -> None:
    prisons = a_world()
    prisons.booked(other_contacts=(13429, 13430))
    assert offered(prisons) == [SLOT, LATER, EVENING]
    reply = prisons.ask(GetSlots("LEI", DAY, DAY))
    assert isinstance(reply, Slots)
    first = reply.slots[0]
    assert (first.groups_booked, first.visitors_booked, first.adults_booked) == (1, 4, 3)


def test_one_adult_visitor_adds_one_group_two_visitors_and_two_adults() -> None:
    prisons = a_world()
    prisons.booked()
    reply = prisons.ask(GetSlots("LEI", DAY, DAY))
    assert isinstance(reply, Slots)
    first = reply.slots[0]
    assert (first.groups_booked, first.visitors_booked, first.adults_booked) == (1, 2, 2)


@pytest.mark.parametrize(
    "limits",
    [{"max_groups": 3, "taken_groups": 3}, {"capacity": 9, "taken_visitors": 9}, {"max_adults": 4, "taken_adults": 4}],
)
def test_full_slots_are_left_out(limits: dict[str, Any]) -> None:
    assert offered(a_world(a_session(**limits), a_session(EVENING))) == [EVENING]


def test_the_same_time_can_come_twice() -> None:
    assert offered(a_world(a_session(), a_session(room="2"))) == [SLOT, SLOT]


@pytest.mark.parametrize("code", ["lei", "XXX", ""])
def test_prison_codes_are_case_sensitive_and_unknown_ones_have_no_slots(code: str) -> None:
    assert offered(a_world(), prison=code) == []


def test_unavailability_says_what_stands_against_a_day() -> None:
    ban = Restriction(type="BAN", effective_date=DAY, expiry_date=DAY)
    prisons = a_world(a_prisoner(movements=frozenset({TOMORROW}), restrictions=(ban,), vo=0))
    reply = prisons.ask(GetUnavailability(OFFENDER, (TOMORROW, DAY)))
    assert isinstance(reply, Days)
    tomorrow, day = reply.days[TOMORROW], reply.days[DAY]
    assert (tomorrow.external_movement, tomorrow.banned, tomorrow.out_of_vo) == (True, False, True)
    assert (day.external_movement, day.banned, day.out_of_vo) == (False, True, True)


def test_who_needs_no_orders_is_never_out_of_them() -> None:
    prisons = a_world(a_prisoner(allowance=Allowance.NONE_NEEDED, vo=0))
    reply = prisons.ask(GetUnavailability(OFFENDER, (DAY,)))
    assert isinstance(reply, Days) and not reply.days[DAY].out_of_vo


def test_existing_visits_are_the_scheduled_ones_of_the_day() -> None:
    prisons = a_world()
    kept, gone = prisons.booked(), prisons.booked(slot=EVENING, reference="ref-2")
    prisons.cancel(gone.id)
    reply = prisons.ask(GetUnavailability(OFFENDER, (DAY, DAY + timedelta(days=1))))
    assert isinstance(reply, Days)
    assert [visit.id for visit in reply.days[DAY].existing_visits] == [kept.id]
    assert reply.days[DAY + timedelta(days=1)].existing_visits == ()


def test_existing_visits_stay_when_their_slot_is_deleted() -> None:
    prisons = a_world()
    visit = prisons.booked()
    prisons.hand("delete_slot", prison="LEI", slot=SLOT)
    reply = prisons.ask(GetUnavailability(OFFENDER, (DAY,)))
    assert isinstance(reply, Days) and reply.days[DAY].existing_visits == (visit,)


def test_available_dates_are_days_with_room_and_nothing_against_them() -> None:
    dates = GetAvailableDates(OFFENDER, TODAY, LAST)
    assert a_world().ask(dates) == Dates((DAY,))
    assert a_world(a_prisoner(movements=frozenset({DAY}))).ask(dates) == Dates(())
    assert a_world(a_prisoner(vo=0)).ask(dates) == Dates(())
    assert a_world(a_session(max_groups=0)).ask(dates) == Dates(())
    assert a_world(a_prisoner(restrictions=(Restriction(type="BAN", effective_date=DAY),))).ask(dates) == Dates(())


def test_restrictions_are_listed_past_and_future_ones() -> None:
    prisons = a_world(a_prisoner(restrictions=(CLOSED,)))
    assert prisons.ask(GetRestrictions(OFFENDER)) == Restrictions((CLOSED,))


def test_not_every_installation_tells_restrictions() -> None:
    prisons = a_world()
    prisons.install(restrictions=False)
    assert why(prisons.ask(GetRestrictions(OFFENDER))) is No.CANNOT_ASK


def test_a_visit_is_found_by_its_reference_in_any_status() -> None:
    prisons = a_world()
    find = FindByReference(OFFENDER, "ref-1")
    assert prisons.ask(find) == FoundVisits(())
    visit = prisons.booked()
    assert prisons.ask(find) == FoundVisits((visit,))
    prisons.cancel(visit.id)
    reply = prisons.ask(find)
    assert isinstance(reply, FoundVisits) and [v.status.value for v in reply.visits] == ["CANC"]


def test_a_reference_of_somebody_else_isnt_found() -> None:
    prisons = a_world(a_prisoner(), a_prisoner(noms_id="B7654XY", offender_id=42))
    prisons.booked()
    assert prisons.ask(FindByReference(42, "ref-1")) == FoundVisits(())


def test_only_the_current_stay_is_searched() -> None:
    prisons = a_world()
    prisons.booked()
    prisons.hand("release", noms_id=NUMBER)
    assert why(prisons.ask(FindByReference(OFFENDER, "ref-1"))) is No.NO_OFFENDER
    prisons.hand("readmit", noms_id=NUMBER)
    assert prisons.ask(FindByReference(OFFENDER, "ref-1")) == FoundVisits(())
    reply = prisons.ask(GetUnavailability(OFFENDER, (DAY,)))
    assert isinstance(reply, Days) and reply.days[DAY].existing_visits == ()


def test_a_visit_without_its_slot_isnt_found() -> None:
    prisons = a_world()
    prisons.booked()
    prisons.hand("delete_slot", prison="LEI", slot=SLOT)
    assert prisons.ask(FindByReference(OFFENDER, "ref-1")) == FoundVisits(())


def test_in_transit_nothing_can_be_found() -> None:
    prisons = a_world(a_prisoner(in_transit=True))
    assert why(prisons.ask(FindByReference(OFFENDER, "ref-1"))) is No.IN_TRANSIT


@pytest.mark.parametrize("answer", ["404", "405"])
def test_not_every_installation_finds_by_reference(answer: str) -> None:
    prisons = a_world()
    prisons.install(find_by_ref=answer)
    prisons.booked()
    assert why(prisons.ask(FindByReference(OFFENDER, "ref-1"))) is No.CANNOT_ASK


def test_health_and_version() -> None:
    prisons = a_world()
    assert isinstance(prisons.ask(GetVersion()), VersionIs)
    assert prisons.ask(GetHealth()) == Healthy("UP")
