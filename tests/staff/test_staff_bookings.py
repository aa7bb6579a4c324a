"""Bookings at staff's wish, and those that they made by hand: under which reference, and what is kept of who did it."""

from __future__ import annotations

import json

from nomis_client.fake.actions import BookByHand
from tests.support.site import running_site, wednesdays
from tests.support.staff_site import AT_ONCE, Clerk, by_hand, given_to_staff, kinds, staff_link

PRISONER = "A1410AE"


async def test_booked_for_staff_by_the_rules_under_the_choices_own_reference(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            done = await ann.send("book", book_slot=wednesdays()[1], book_message="Bring your passport.")
            assert (done.status, "Booked" in done.text) == (200, True)
        (held,) = site.in_nomis(visit_id)
        assert held.reference == f"{visit_id}-2"
        visit = await site.stored(visit_id)
        assert (visit.step, visit.slot_granted, visit.nomis_visit_id) == ("booked", wednesdays()[1], held.id)
        assert (visit.answered_by, visit.acting_for, visit.claimed_by) == ("Ann Clark", "visitor", None)
        assert await kinds(site, visit_id, 4) == ["staff_booked_copy", "visitor_booked"]
        told = [mail.get_body(("plain",)) for mail in (await site.mailed(visit_id))[2:]]
        assert all(part is not None and "Bring your passport." in part.get_content() for part in told)


async def test_another_slot_of_the_timetable_is_booked_under_a_reference_of_staffs_own(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        other = wednesdays(3)[2]
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            await ann.send("book", book_slot=other)
        (held,) = site.in_nomis(visit_id)
        assert (held.reference, (await site.stored(visit_id)).slot_granted) == (f"{visit_id}-s1", other)


async def test_a_refused_booking_comes_back_to_staff_without_another_email(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            site.arm("locked")
            refused = await ann.send("book", book_slot=wednesdays()[0], book_message="Until then")
            assert refused.status == 409
            assert "Somebody has the record open in NOMIS" in refused.text
            assert "Until then" in refused.text
            site.heal()
            again = await ann.send("book")
            assert (again.status, "Booked" in again.text) == (200, True)
        (held,) = site.in_nomis(visit_id)
        assert held.reference == f"{visit_id}-s1"
        assert await kinds(site, visit_id, 4) == ["staff_booked_copy", "visitor_booked"]


async def test_the_rules_hold_for_staffs_booking_too(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(
            site, visitors=[{"first_name": "Some", "last_name": "Body", "date_of_birth": "1980-01-01"}]
        )
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            refused = await ann.send("book", book_slot=wednesdays()[0])
            assert (refused.status, "A visitor is not on the contact list." in refused.text) == (409, True)
        assert (site.in_nomis(visit_id), await site.attempts(visit_id)) == ([], [])


async def test_staffs_booking_whose_answer_is_lost_is_found_and_is_theirs(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            site.arm("drop", operation="book", when="after", count=1)
            await ann.send("book", book_slot=wednesdays()[0], book_message="See you")
        visit = await site.until(visit_id, "booked")
        (held,) = site.in_nomis(visit_id)
        assert (visit.nomis_visit_id, visit.answered_by) == (held.id, "Ann Clark")
        assert await kinds(site, visit_id, 4) == ["staff_booked_copy", "visitor_booked"]


async def test_booked_by_hand_with_the_right_number_can_be_cancelled_there(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        slot = wednesdays()[0]
        number = by_hand(site, BookByHand(action="book", noms_id=PRISONER, slot=slot))["visit_id"]
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            wrong = await ann.send("booked", booked_slot=slot, booked_number=str(number + 1))
            assert (wrong.status, "NOMIS has no visit with this number" in wrong.text) == (409, True)
            elsewhere = await ann.send("booked", booked_slot=wednesdays()[1], booked_number=str(number))
            assert elsewhere.status == 409
            assert (await site.stored(visit_id)).step == "with_staff"
            done = await ann.send("booked", booked_slot=slot, booked_number=str(number), not_allowed=["2"])
            assert (done.status, "Booked" in done.text) == (200, True)
            assert await kinds(site, visit_id, 4) == ["staff_booked_copy", "visitor_booked"]
            answer = (await site.get(visit_id))["visit"]
            assert [one["allowed"] for one in answer["visitors"]] == [True, False]
            gone = await ann.send("cancel", cancel_reason="prisoner_cancelled", cancel_message="Sorry")
            assert (gone.status, "Cancelled" in gone.text) == (200, True)
        await site.until(visit_id, "cancelled")
        gone_there = site.fake.state.world.visits.get(number)
        assert gone_there is not None
        assert gone_there.status == "CANC"
        assert await kinds(site, visit_id, 5) == ["staff_booked_copy", "visitor_booked", "visitor_cancelled"]
        assert (await site.get(visit_id))["visit"]["cancellation_reasons"] == ["prisoner_cancelled"]


async def test_booked_by_hand_without_a_number_tells_the_mailbox_when_it_is_cancelled(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            await ann.send("booked", booked_slot=wednesdays()[1], booked_order="V123")
            await site.mailed(visit_id, 4)  # unsent, they would be superseded
            await ann.send("cancel", cancel_reason="booked_in_error")
        assert (await site.stored(visit_id)).step == "cancelled"
        expected = ["staff_booked_copy", "staff_cancelled", "visitor_booked", "visitor_cancelled"]
        assert await kinds(site, visit_id, 6) == expected


async def test_withdrawn_meanwhile_nothing_is_done_and_what_was_booked_by_hand_is_taken_out(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        slot = wednesdays()[0]
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            await site.delete(visit_id)
            late = await ann.send("booked", booked_slot=slot)
            assert (late.status, "This request has changed" in late.text) == (409, True)
            assert (await site.stored(visit_id)).step == "withdrawn"
            number = by_hand(site, BookByHand(action="book", noms_id=PRISONER, slot=slot))["visit_id"]
            shown = await ann.open()
            assert "Do not book this visit." in shown.text
            assert "Brightwell" not in shown.text
            wrong = await ann.send("take-out", take_out_slot=slot, take_out_number=str(number + 7))
            assert wrong.status == 409
            done = await ann.send("take-out", take_out_slot=slot, take_out_number=str(number))
            assert done.status == 200
        visit = await site.until(visit_id, "withdrawn")
        assert visit.nomis_visit_id is None
        gone_there = site.fake.state.world.visits.get(number)
        assert gone_there is not None
        assert gone_there.status == "CANC"
        taken = [row for row in await site.history(visit_id) if row.event == "take_out"]
        assert [json.loads(row.detail or "{}")["nomis_visit_id"] for row in taken] == [number]
        assert await kinds(site, visit_id, 4) == ["staff_withdrawn", "visitor_withdrawn"]
