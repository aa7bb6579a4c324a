"""Every way in which staff answer: what becomes of the visit, who is told, and what is kept of who did it."""

from __future__ import annotations

import json

import pytest

from nomis_client.fake.actions import BookByHand
from tests.support.site import Site, running_site, wednesdays
from tests.support.staff_site import (
    AT_ONCE,
    Clerk,
    back_again,
    by_hand,
    given_to_staff,
    in_doubt_with_staff,
    staff_link,
)

PRISONER = "A1410AE"


async def kinds(site: Site, visit_id: str, count: int) -> list[str]:
    """The mails after the receipt and the request."""
    return sorted(mail["X-Message-Kind"] for mail in (await site.mailed(visit_id, count))[2:])


async def last_by_staff(site: Site, visit_id: str) -> tuple[str, str]:
    row = [row for row in await site.history(visit_id) if row.who.startswith("staff:")][-1]
    return row.event, row.who


async def test_start_claims_it_for_one_person_and_tells_the_others(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        link = await staff_link(site, visit_id)
        async with Clerk(link, "Ann Clark") as ann, Clerk(link, "Bob Dean") as bob:
            await ann.open()
            await bob.open()
            assert (await ann.send("start", name="Ann Clark")).status == 200
            assert "You are working on this as" in ann.page.text
            lost = await bob.send("start", name="Bob Dean")
            assert (lost.status, "Ann Clark is working on this request" in lost.text) == (409, True)
            shown = await bob.open()
            assert "has been working on this request since Monday 30 November 2026" in shown.text
            assert set(shown.forms) == set()
        assert await last_by_staff(site, visit_id) == ("claimed", "staff:Ann Clark")


async def test_given_back_a_colleague_can_start_and_old_forms_do_nothing(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        link = await staff_link(site, visit_id)
        async with Clerk(link, "Ann Clark") as ann, Clerk(link, "Bob Dean") as bob:
            await ann.start()
            old = list(ann.page.forms["reject"].items())
            assert (await bob.post("release", old)).status == 403, "her form is not his"
            freed = await ann.send("release")
            assert (freed.status, "You have given it back" in freed.text) == (200, True)
            assert set(freed.forms) == {"start"}
            assert await last_by_staff(site, visit_id) == ("released", "staff:Ann Clark")
            late = await ann.post("reject", [*old, ("reasons", "no_adult")])
            assert (late.status, "This request has changed" in late.text) == (409, True)
            assert "You are working on this as" in (await bob.start()).text
        assert (await site.stored(visit_id)).step == "with_staff"
        await site.mailed(visit_id, 2)


async def test_rejected_with_reasons_a_date_and_a_message(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            done = await ann.send(
                "reject",
                reasons=["no_allowance", "prisoner_non_association"],
                renews_day="7",
                renews_month="12",
                renews_year="2026",
                reject_message="Ask again then.",
            )
            assert (done.status, "Rejected" in done.text) == (200, True)
            assert "Brightwell" not in done.text
            assert "Ann Clark" in done.text
        visit = await site.get(visit_id)
        assert visit["visit"]["processing_state"] == "rejected"
        assert visit["outcome"]["reasons"] == ["no_allowance", "visit_not_possible"]
        assert await kinds(site, visit_id, 3) == ["visitor_rejected"]
        text = (await site.mailed(visit_id))[2].get_body(("plain",))
        assert text is not None
        assert "7 December 2026" in text.get_content()
        assert "Ask again then." in text.get_content()
        assert await last_by_staff(site, visit_id) == ("staff_rejected", "staff:Ann Clark")


async def test_a_message_leaves_the_request_with_staff(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            for text in ("Please call us.", "Please call us again."):
                sent = await ann.send("message", message_text=text)
                assert (sent.status, "on its way to the visitor" in sent.text) == (200, True)
        assert (await site.stored(visit_id)).step == "with_staff"
        assert await kinds(site, visit_id, 4) == ["visitor_message", "visitor_message"]
        assert (await site.get(visit_id))["visit"]["messages"] == [
            {"body": "Please call us."},
            {"body": "Please call us again."},
        ]


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
            await ann.send("cancel", cancel_reason="booked_in_error")
        assert (await site.stored(visit_id)).step == "cancelled"
        expected = ["staff_booked_copy", "staff_cancelled", "visitor_booked", "visitor_cancelled"]
        assert await kinds(site, visit_id, 6) == expected


@pytest.mark.parametrize("there", [True, False])
async def test_in_doubt_the_references_are_shown_before_a_no(database: str, there: bool) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await in_doubt_with_staff(site, there=there)
        reference = f"{visit_id}-1"
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            await back_again(site)
            await ann.open()
            assert "This visit may already be in NOMIS." in ann.page.text
            assert reference in ann.page.text
            first = await ann.send("reject", reasons=["slot_unavailable"])
            assert first.status == 409
            assert "Read what NOMIS shows" in first.text
            assert ("It is in NOMIS as visit" in first.text) is there
            again = await ann.send("reject", reasons=["slot_unavailable"])
            assert (again.status, "Rejected" in again.text) == (200, True)
        if there:
            await site.mailed(visit_id, 4)  # and what turned up is taken out, and staff are told
        assert (await site.stored(visit_id)).step == "rejected"
        assert site.in_nomis(visit_id) == []


async def test_a_booking_of_ours_that_is_there_can_be_taken_for_the_visits(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await in_doubt_with_staff(site, there=True)
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            await back_again(site)
            await ann.open()
            refused = await ann.send("book", book_slot=wednesdays()[1])
            assert (refused.status, "may be in NOMIS" in refused.text) == (409, True)
            await ann.send("booked", booked_slot=wednesdays()[0])
            done = await ann.send("booked", booked_slot=wednesdays()[0])
            assert (done.status, "Booked" in done.text) == (200, True)
        (held,) = site.in_nomis(visit_id)
        visit = await site.stored(visit_id)
        assert (visit.step, visit.nomis_visit_id) == ("booked", held.id)
        assert [item.state for item in await site.attempts(visit_id)] == ["held"]


async def test_a_booking_proven_absent_lets_staff_have_it_booked(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await in_doubt_with_staff(site, there=False)
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            await back_again(site)
            await ann.open()
            done = await ann.send("book", book_slot=wednesdays()[0])
            assert (done.status, "Booked" in done.text) == (200, True)
        (held,) = site.in_nomis(visit_id)
        assert held.reference == f"{visit_id}-s1"


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
