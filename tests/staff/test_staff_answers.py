"""How staff answer, but for bookings: what becomes of the visit, who is told, and what is kept of who did it."""

from __future__ import annotations

import pytest

from tests.support.site import Site, running_site, wednesdays
from tests.support.staff_site import (
    AT_ONCE,
    Clerk,
    back_again,
    given_to_staff,
    in_doubt_with_staff,
    kinds,
    staff_link,
)


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
            kept = await ann.open(f"{await staff_link(site, visit_id)}?done=booked")
            assert (kept.status, "The visitor gets a confirmation" in kept.text) == (200, False)
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
