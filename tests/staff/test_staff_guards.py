"""Forms that are old, foreign, incomplete or too late: the page says so, and nothing is done."""

from __future__ import annotations

import asyncio

from adapter.booking.staffing_guard import CLAIM_FOR
from tests.support.site import a_body, running_site, wednesdays
from tests.support.staff_site import AT_ONCE, Clerk, given_to_staff, staff_link


async def test_a_form_without_its_mark_or_with_anothers_does_nothing(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        other = await given_to_staff(
            site,
            "other",
            prisoner={"first_name": "B", "last_name": "C", "date_of_birth": "1970-01-01", "number": "B2222BB"},
        )
        link, other_link = await staff_link(site, visit_id), await staff_link(site, other)
        version = (await site.stored(visit_id)).version
        async with Clerk(link) as ann, Clerk(other_link) as bob:
            await bob.open()
            foreign = bob.page.forms["start"]["form"]
            for mark in ("", "x", foreign):
                sent = await ann.post("start", [("name", "Ann"), ("form", mark)])
                assert (sent.status, "Open the page again" in sent.text) == (403, True)
            await ann.open()
            mark = ann.page.forms["start"]["form"]
            for site_of_form in ("cross-site", "same-site"):
                async with site.http.post(
                    f"{link}/start", data={"name": "Ann", "form": mark}, headers={"Sec-Fetch-Site": site_of_form}
                ) as reply:
                    assert reply.status == 403
            assert (await ann.post("burn", [("form", mark)])).status == 404
        assert (await site.stored(visit_id)).version == version


async def test_an_old_form_is_refused_after_somebody_answered(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            form = ann.page.forms["reject"]
            await ann.send("booked", booked_slot=wednesdays()[0])
            pairs = [*form.items(), ("reasons", "no_adult")]
            late = await ann.post("reject", pairs)
            assert (late.status, "This request has changed" in late.text) == (409, True)
        assert (await site.stored(visit_id)).step == "booked"
        await site.mailed(visit_id, 4)


async def test_what_is_missing_is_said_and_what_was_typed_stays(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.open()
            nameless = await ann.send("start", name=" ")
            assert (nameless.status, "Enter your name" in nameless.text) == (422, True)
            await ann.start()
            wrong = await ann.send(
                "reject", renews_day="31", renews_month="2", renews_year="2027", reject_message="Kept as typed"
            )
            assert wrong.status == 422
            for sentence in ("There is a problem", "Choose at least one reason", "Enter a real date", "Kept as typed"):
                assert sentence in wrong.text
            assert "<title>Error: " in wrong.text
            silent = await ann.send("reject", reasons=["other"], reject_message="")
            assert (silent.status, "says nothing to the visitor" in silent.text) == (422, True)
            empty = await ann.send("message", message_text="")
            assert (empty.status, "Enter the message" in empty.text) == (422, True)
            for number in ("12a", "9" * 5000):
                digits = await ann.send("booked", booked_number=number)
                assert (digits.status, "digits only" in digits.text) == (422, True)
            nowhere = await ann.send("book", book_slot="2026-12-10T03:00/04:00")
            assert (nowhere.status, "Choose a slot" in nowhere.text) == (422, True)
        assert (await site.stored(visit_id)).step == "with_staff"
        await site.mailed(visit_id, 2)


async def test_markup_in_what_was_typed_is_text(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            shown = await ann.send("message", message_text="<i>hello</i>")
            assert "&lt;i&gt;hello&lt;/i&gt;" in shown.text
            assert "<i>" not in shown.text


async def test_two_answers_at_the_same_moment_are_one_answer(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            forms = ann.page.forms
            yes = [*forms["booked"].items()]
            no = [*forms["reject"].items(), ("reasons", "no_adult")]
            replies = await asyncio.gather(*(_post(ann, *one) for one in (("booked", yes), ("reject", no)) * 3))
            assert sorted(replies) == [200, 409, 409, 409, 409, 409]
        await site.mailed(visit_id, 4 if (await site.stored(visit_id)).step == "booked" else 3)


async def test_it_booked_for_me_twice_at_once_books_once(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            pairs = [*ann.page.forms["book"].items()]
            replies = await asyncio.gather(*(_post(ann, "book", pairs) for _ in range(5)))
            assert sorted(replies) == [200, 409, 409, 409, 409]
        assert len(site.in_nomis(visit_id, status="")) == 1
        await site.mailed(visit_id, 4)


async def test_the_visitor_withdraws_while_staffs_booking_is_under_way(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            site.arm("delay", operation="book", when="after", seconds=0.4)
            sending = asyncio.create_task(ann.send("book"))
            await site.until(visit_id, "booking")
            await site.delete(visit_id)
            shown = await sending
            assert (shown.status, "Withdrawn by the visitor" in shown.text) == (200, True)
        await site.until(visit_id, "withdrawn")
        assert site.in_nomis(visit_id) == []
        kinds = sorted(mail["X-Message-Kind"] for mail in (await site.mailed(visit_id, 4))[2:])
        assert kinds == ["staff_withdrawn", "visitor_withdrawn"]


async def _post(clerk: Clerk, action: str, pairs: list[tuple[str, str]]) -> int:
    async with clerk.http.post(f"{clerk.link}/{action}", data=pairs) as reply:
        return reply.status


async def test_staffs_booking_in_doubt_comes_back_with_its_reference_and_without_another_email(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            site.arm("drop", operation="book", when="before")
            site.arm("outage", operation="find_by_reference")
            await ann.send("book")
            await site.until(visit_id, "with_staff")
            back = await ann.open()
            assert f"{visit_id}-1" in back.text
            assert "This visit may already be in NOMIS." in back.text
            assert (await site.stored(visit_id)).acting_for == "visitor"
        await site.mailed(visit_id, 2)


async def test_staff_who_ask_for_a_booking_in_doubt_are_told_of_a_withdrawal(database: str) -> None:
    async with running_site(database, config=AT_ONCE | {"ADAPTER__DECISION__IN_DOUBT_HANDOVER_AFTER": "60"}) as site:
        visit_id = await given_to_staff(site)
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            site.arm("drop", operation="book", when="after", count=1)
            site.arm("outage", operation="find_by_reference")
            sending = asyncio.create_task(ann.send("book"))
            await site.until(visit_id, "in_doubt")
            await site.delete(visit_id)
            site.heal()
            await sending
        await site.until(visit_id, "withdrawn")
        assert site.in_nomis(visit_id) == []
        withdrawn = next(m for m in await site.mailed(visit_id, 4) if m["X-Message-Kind"] == "staff_withdrawn")
        part = withdrawn.get_body(("plain",))
        assert part is not None
        assert f"{visit_id}-1" in part.get_content()


async def test_a_colleagues_claim_ends_by_itself(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        link = await staff_link(site, visit_id)
        async with Clerk(link, "Ann Clark") as ann, Clerk(link, "Bob Dean") as bob:
            await ann.start()
            site.clock.move(CLAIM_FOR)
            assert "You are working on this as" not in (await ann.open()).text
            assert "Bob Dean" in (await bob.start()).text
            lost = await ann.open()
            assert "<strong>Bob Dean</strong> has been working on this request" in lost.text


async def test_a_prison_that_books_everything_itself_is_not_offered_that_we_do(sqlite_database: str) -> None:
    async with running_site(sqlite_database, config={"ADAPTER__PRISONS__LEI__REAL_TIME": "false"}) as site:
        visit_id = (await site.post(a_body()))["visit"]["id"]
        await site.mailed(visit_id, 2)
        async with Clerk(await staff_link(site, visit_id)) as ann:
            await ann.start()
            assert sorted(ann.page.forms) == ["booked", "message", "reject", "release"]
            done = await ann.send("booked", booked_slot=wednesdays()[0])
            assert done.status == 200
        assert (await site.stored(visit_id)).step == "booked"
        await site.mailed(visit_id, 4)
