"""What the port promises of its reads, whatever the transport and the day."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

import pytest

from nomis_client import CannotAsk, Location, NotUnderstood, Refused, Restriction, SlotTime, VisitSlot
from tests.support.contract_harness import FRI, MON, SAT, SUN, THU, TODAY, TUE, WED, Harness, Transport, harness, on

LEEDS, CARDIFF = 1057307, 5_000_002_502
LEEDS_BORN = date(1981, 10, 4)


class TestFindOffender:
    async def test_number_and_birth_date_together_find_the_offender_id(self, port: Harness) -> None:
        assert await port.client.find_offender("A1410AE", LEEDS_BORN, port.call()) == LEEDS
        assert port.client.recall_offender("A1410AE", LEEDS_BORN) == LEEDS

    async def test_ids_may_be_over_32_bits(self, port: Harness) -> None:
        assert await port.client.find_offender("A2502CF", date(1990, 3, 17), port.call()) == CARDIFF

    @pytest.mark.parametrize(
        ("number", "born"),
        [("A1410AE", date(1981, 10, 5)), ("Z9999ZZ", LEEDS_BORN), ("A1419RE", date(1977, 7, 17))],
        ids=["another birth date", "an unknown number", "released"],
    )
    async def test_all_that_does_not_match_looks_the_same(self, port: Harness, number: str, born: date) -> None:
        assert await port.client.find_offender(number, born, port.call()) is None
        assert port.client.recall_offender(number, born) is None

    async def test_an_ill_formed_number_is_refused(self, port: Harness) -> None:
        with pytest.raises(Refused, match="bad_request"):
            await port.client.find_offender("A1", LEEDS_BORN, port.call())
        assert ("find_offender", "bad_request") in port.ear.defects


class TestLocation:
    async def test_where_the_prisoner_is(self, port: Harness) -> None:
        assert await port.client.location("A1410AE", port.call()) == Location("LEI", "LEI-A-2-003")

    async def test_the_cell_may_be_left_out(self, port: Harness) -> None:
        assert await port.client.location("A3603LC", port.call()) == Location("LCI")

    async def test_after_a_transfer(self, port: Harness) -> None:
        port.hand("transfer", noms_id="A1410AE", prison="CFI")
        assert (await port.client.location("A1410AE", port.call())).prison == "CFI"

    async def test_nobody_there(self, port: Harness) -> None:
        with pytest.raises(Refused, match="no_such_offender"):
            await port.client.location("A1419RE", port.call())


class TestContacts:
    async def test_the_whole_list_comes_with_everybody_on_it(self, port: Harness) -> None:
        contacts = await port.client.contacts(LEEDS, port.call())
        assert [(one.id, one.contact_type, one.approved, one.active) for one in contacts] == [
            (13428, "S", True, True),
            (13429, "S", True, True),
            (13430, "S", True, True),
            (13430, "S", True, True),
            (13431, "O", True, True),
            (13432, "S", True, False),
            (13433, "S", False, True),
        ]
        assert [one.relationship for one in contacts if one.id == 13430] == ["FRI", "COU"]

    async def test_names_come_as_they_are_spelled_there(self, port: Harness) -> None:
        nora = (await port.client.contacts(LEEDS, port.call()))[0]
        assert (nora.given_name, nora.middle_names, nora.surname) == (" NORA", "JANE", "BRIGHTWELL ")
        assert nora.date_of_birth == date(1983, 6, 21)
        sian = (await port.client.contacts(CARDIFF, port.call()))[0]
        assert sian.given_name == "SIÂN"

    async def test_a_birth_date_may_be_left_out(self, port: Harness) -> None:
        fola = (await port.client.contacts(1060021, port.call()))[2]
        assert (fola.id, fola.middle_names, fola.date_of_birth) == (33603, "", None)

    async def test_restrictions_stand_with_their_contact(self, port: Harness) -> None:
        kelly, wayne = await port.client.contacts(1057315, port.call())
        assert kelly.restrictions == ()
        assert wayne.restrictions == (Restriction("BAN", TODAY - timedelta(days=30)),)

    async def test_nobody_there(self, port: Harness) -> None:
        with pytest.raises(Refused, match="no_such_offender"):
            await port.client.contacts(1, port.call())


class TestDays:
    async def test_dates_on_which_a_visit_is_possible(self, port: Harness) -> None:
        dates = await port.client.available_dates(LEEDS, on(MON), on(SUN), port.call())
        assert dates == {on(day) for day in (MON, WED, FRI, SAT, SUN)}

    async def test_a_range_beyond_the_limits_is_refused(self, port: Harness) -> None:
        with pytest.raises(Refused, match="bad_request"):
            await port.client.available_dates(LEEDS, TODAY, TODAY + timedelta(days=61), port.call())

    async def test_what_stands_against_each_day(self, port: Harness) -> None:
        days = await port.client.unavailability(1057314, [on(TUE), on(WED)], port.call())
        assert {day: found.external_movement for day, found in days.items()} == {on(TUE): False, on(WED): True}

    async def test_no_visiting_orders_and_a_ban_show(self, port: Harness) -> None:
        (no_vo,) = (await port.client.unavailability(1057311, [on(TUE)], port.call())).values()
        assert (no_vo.out_of_vo, no_vo.banned) == (True, False)
        (banned,) = (await port.client.unavailability(1057312, [on(TUE)], port.call())).values()
        assert (banned.out_of_vo, banned.banned) == (False, True)

    async def test_today_is_refused(self, port: Harness) -> None:
        with pytest.raises(Refused, match="bad_request"):
            await port.client.unavailability(LEEDS, [TODAY], port.call())


class TestRestrictions:
    async def test_past_and_future_ones_come(self, port: Harness) -> None:
        (closed,) = await port.client.restrictions(1057313, port.call())
        assert closed == Restriction("CLOSED", TODAY - timedelta(days=30))

    async def test_there_may_be_none(self, port: Harness) -> None:
        assert await port.client.restrictions(LEEDS, port.call()) == ()

    async def test_an_installation_without_them_never_says_none(self, port: Harness) -> None:
        port.install(restrictions=False)
        with pytest.raises(NotUnderstood):
            await port.client.restrictions(LEEDS, port.call())

    async def test_configured_away_they_are_not_asked(self, transport: Transport) -> None:
        async with harness(transport, "good", restrictions=False) as port:
            with pytest.raises(CannotAsk):
                await port.client.restrictions(LEEDS, port.call())
            assert port.requests("restrictions") == 0


class TestSlots:
    async def test_sessions_come_with_their_numbers_and_full_ones_do_not(self, port: Harness) -> None:
        slots = await port.client.slots("LEI", on(SAT), on(SAT), port.call())
        (afternoon,) = slots
        assert afternoon.time == SlotTime(f"{on(SAT)}T14:00/16:00", f"{on(SAT)}T14:00/16:00")
        assert (afternoon.capacity, afternoon.max_groups, afternoon.max_adults) == (60, 10, 30)
        assert (afternoon.groups_booked, afternoon.visitors_booked, afternoon.adults_booked) == (0, 0, 0)

    async def test_a_minute_off_is_put_right_and_kept(self, port: Harness) -> None:
        slots = await port.client.slots("LCI", on(MON), on(SUN), port.call())
        assert {slot.time.normal[11:] for slot in slots} == {"14:00/15:00"}
        raw = {date.fromisoformat(slot.time.raw[:10]): slot.time.raw[11:] for slot in slots}
        assert (raw[on(MON)], raw[on(WED)], raw[on(THU)]) == ("13:59/15:01", "14:01/14:59", "13:59/15:00")

    async def test_one_time_may_come_twice(self, port: Harness) -> None:
        slots = await port.client.slots("LCI", on(FRI), on(SAT), port.call())
        assert sorted(slot.time.raw[8:] for slot in slots) == [
            f"{on(FRI).day:02}T14:00/15:00",
            f"{on(FRI).day:02}T14:00/15:00",
            f"{on(SAT).day:02}T13:59/15:01",
            f"{on(SAT).day:02}T14:00/15:00",
        ]

    @pytest.mark.parametrize("code", ["lei", "XXX"])
    async def test_another_spelling_has_none(self, port: Harness, code: str) -> None:
        """REST lists none; SOAP says that there is no such prison."""
        offered: tuple[VisitSlot, ...] = ()
        with suppress(Refused):
            offered = await port.client.slots(code, on(MON), on(SUN), port.call())
        assert offered == ()

    async def test_for_display_they_may_be_a_few_seconds_old(self, port: Harness) -> None:
        first = await port.client.slots("LEI", on(MON), on(SUN), port.call())
        asked = port.requests("slots")
        assert await port.client.recent_slots("LEI", on(MON), on(SUN), port.call()) == first
        assert port.requests("slots") == asked


async def test_the_version_is_said(port: Harness) -> None:
    assert (await port.client.version(port.call())).api_version
