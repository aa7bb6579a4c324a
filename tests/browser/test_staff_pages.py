"""Staff answer with a real browser: without scripts, and nothing on any page is against WCAG 2.2 AA.

With SHOTS naming a folder, a picture of every page is left there (`make screenshots`).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from nomis_client.fake.actions import BookByHand
from tests.support.browsing import AtDesk, at_desk
from tests.support.site import Site, running_site, wednesdays
from tests.support.staff_site import AT_ONCE, back_again, by_hand, given_to_staff, in_doubt_with_staff, staff_link

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SHOTS = Path(os.environ["SHOTS"]) if os.environ.get("SHOTS") else None


@pytest_asyncio.fixture(loop_scope="module")
async def site(sqlite_database: str) -> AsyncIterator[Site]:
    async with running_site(sqlite_database, config=AT_ONCE) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def ann(browser: Browser) -> AsyncIterator[AtDesk]:
    desk = await at_desk(browser, SHOTS)
    yield desk
    await desk.close()


async def test_books_by_hand_then_cancels(site: Site, ann: AtDesk) -> None:
    visit_id = await given_to_staff(site)
    number = by_hand(site, BookByHand(action="book", noms_id="A1410AE", slot=wednesdays()[0]))["visit_id"]
    await ann.open(await staff_link(site, visit_id))
    assert "Nora Brightwell (lead)" in await ann.check("request")
    await ann.start("Ann Clark")
    assert f"visit {number}" in await ann.check("started")
    await ann.unfold("I have booked it in NOMIS")
    await ann.page.get_by_label("Visit number in NOMIS").fill(str(number + 1))
    await ann.press("Confirm that it is booked")
    assert "NOMIS has no visit with this number" in await ann.check("booked-by-hand-error")
    await ann.page.get_by_label("Visit number in NOMIS").fill(str(number))
    await ann.page.get_by_label("Message to the visitor").nth(1).fill("Please bring your passport.")
    await ann.press("Confirm that it is booked")
    answered = await ann.check("booked")
    assert "Ann Clark" in answered
    assert "Brightwell" not in answered
    await ann.unfold("Cancel this visit")
    await ann.press("Cancel the visit")
    assert "Choose why the visit is cancelled" in await ann.check("cancel-error")
    await ann.page.get_by_label("Not enough room").check()
    await ann.press("Cancel the visit")
    assert "Not enough room" in await ann.check("cancelled")
    await site.until(visit_id, "cancelled")


async def test_has_it_booked(site: Site, ann: AtDesk) -> None:
    visit_id = await given_to_staff(site)
    await ann.open(await staff_link(site, visit_id))
    await ann.start("Ann Clark")
    await ann.unfold("Book it for me")
    await ann.check("book-it-for-me")
    await ann.page.get_by_label("Slot to book").select_option(wednesdays()[1])
    await ann.press("Book it for me")
    assert "Booked" in await ann.check()
    assert (await site.stored(visit_id)).slot_granted == wednesdays()[1]


async def test_has_it_booked_and_is_told_why_not(site: Site, ann: AtDesk) -> None:
    visit_id = await given_to_staff(site)
    await ann.open(await staff_link(site, visit_id))
    await ann.start("Ann Clark")
    site.arm("locked")
    await ann.unfold("Book it for me")
    await ann.press("Book it for me")
    assert "Somebody has the record open in NOMIS" in await ann.check("book-it-for-me-refused")


async def test_rejects_with_reasons(site: Site, ann: AtDesk) -> None:
    visit_id = await given_to_staff(site)
    await ann.open(await staff_link(site, visit_id))
    await ann.start("Ann Clark")
    await ann.unfold("Reject")
    await ann.press("Reject the request")
    assert "Choose at least one reason" in await ann.check("reject-error")
    await ann.page.get_by_label("The prisoner has no visiting allowance left").check()
    for part, value in (("Day", "14"), ("Month", "12"), ("Year", "2026")):
        await ann.page.get_by_label(part, exact=True).fill(value)
    await ann.press("Reject the request")
    assert "Rejected" in await ann.check("rejected")
    assert (await site.stored(visit_id)).step == "rejected"


async def test_writes_to_the_visitor(site: Site, ann: AtDesk) -> None:
    visit_id = await given_to_staff(site)
    await ann.open(await staff_link(site, visit_id))
    await ann.start("Ann Clark")
    await ann.unfold("Write to the visitor")
    await ann.page.get_by_label("Message", exact=True).fill("Which of the two dates would suit you better?")
    await ann.press("Send the message")
    assert "on its way to the visitor" in await ann.check("message-sent")


async def test_meets_a_withdrawn_request(site: Site, ann: AtDesk) -> None:
    visit_id = await given_to_staff(site)
    await ann.open(await staff_link(site, visit_id))
    await ann.start("Ann Clark")
    await site.delete(visit_id)
    await ann.unfold("I have booked it in NOMIS")
    await ann.press("Confirm that it is booked")
    assert "This request has changed" in await ann.check("changed")
    await ann.page.get_by_role("link", name="See how it stands now").click()
    assert "Do not book this visit." in await ann.check("withdrawn")
    number = by_hand(site, BookByHand(action="book", noms_id="A1410AE", slot=wednesdays()[0]))["visit_id"]
    await ann.unfold("I had already booked it in NOMIS")
    await ann.page.get_by_label("Visit number in NOMIS").fill(str(number))
    await ann.press("Take it out of NOMIS")
    await ann.check("taken-out")
    await site.until(visit_id, "withdrawn")


async def test_meets_one_that_turned_out_booked(site: Site, ann: AtDesk) -> None:
    visit_id = await in_doubt_with_staff(site, there=True)
    await ann.open(await staff_link(site, visit_id))
    assert "This visit may already be in NOMIS." in await ann.check("in-doubt")
    await back_again(site)
    await site.until(visit_id, "booked")  # the watch finds it, for nobody has started
    await ann.start("Ann Clark")
    assert "This request has changed" in await ann.check()
    await ann.page.get_by_role("link", name="See how it stands now").click()
    assert "this service" in await ann.check("turned-out-booked")


async def test_reads_what_nomis_shows_before_a_no(site: Site, ann: AtDesk) -> None:
    visit_id = await in_doubt_with_staff(site, there=False)
    await ann.open(await staff_link(site, visit_id))
    await ann.start("Ann Clark")
    await back_again(site)
    await ann.unfold("Reject")
    await ann.page.get_by_label("None of the chosen times is available").check()
    await ann.press("Reject the request")
    assert "It is not in NOMIS at the moment." in await ann.check("look-first")
    await ann.press("Reject the request")
    assert "Rejected" in await ann.check()


async def test_two_browsers_race_for_one_request(site: Site, browser: Browser, ann: AtDesk) -> None:
    visit_id = await given_to_staff(site)
    link = await staff_link(site, visit_id)
    bob = await at_desk(browser, SHOTS)
    await ann.open(link)
    await bob.open(link)
    await asyncio.gather(ann.start("Ann Clark"), bob.start("Bob Dean"))
    winner = (await site.stored(visit_id)).claimed_by
    assert winner is not None
    first, second = (ann, bob) if winner.startswith("Ann Clark") else (bob, ann)
    name = winner.partition("#")[0]
    assert f"{name} is working on this request." in await second.check("taken")
    await second.page.get_by_role("link", name="See how it stands now").click()
    assert f"{name} has been working on this request since" in await second.check("taken-page")
    await first.unfold("Write to the visitor")
    assert await first.page.get_by_role("button", name="Send the message").is_visible()
    await bob.close()


async def test_two_browsers_answer_at_the_same_moment(site: Site, ann: AtDesk) -> None:
    """Two windows of one person: one says no, the other says booked."""
    visit_id = await given_to_staff(site)
    await ann.open(await staff_link(site, visit_id))
    await ann.start("Ann Clark")
    other = await ann.another_window()
    await other.open(ann.page.url)
    await ann.unfold("Reject")
    await ann.page.get_by_label("There is no adult among the visitors").check()
    await other.unfold("I have booked it in NOMIS")
    await asyncio.gather(ann.press("Reject the request"), other.press("Confirm that it is booked"))
    step = (await site.stored(visit_id)).step
    assert step in ("rejected", "booked")
    lost = other if step == "rejected" else ann
    assert "Nothing of what you sent was done." in await lost.check()


async def test_gives_it_back(site: Site, ann: AtDesk) -> None:
    visit_id = await given_to_staff(site)
    await ann.open(await staff_link(site, visit_id))
    await ann.start("Ann Clark")
    await ann.press("Give it back")
    assert "You have given it back" in await ann.check("given-back")
    assert (await site.stored(visit_id)).claimed_by is None


async def test_the_queue_and_links_that_do_not_work(site: Site, ann: AtDesk) -> None:
    visit_id = await in_doubt_with_staff(site, there=False)
    link = await staff_link(site, visit_id, "q")
    await ann.open(link)
    text = await ann.check("queue")
    human_id = (await site.stored(visit_id)).human_id
    assert human_id in text
    assert "May already be in NOMIS" in text
    await ann.page.get_by_role("link", name=human_id).click()
    assert f"Visit request {human_id}" in await ann.check()
    await ann.open(f"{link}x")
    assert "This link doesn’t work" in await ann.check("bad-link")
    await ann.open(f"{site.url}/staff/elsewhere")
    assert "Page not found" in await ann.check("not-found")
