"""Every action on the staff pages by keyboard alone, without scripts: reached by Tab, seen to have the focus, done."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from nomis_client.fake.actions import BookByHand
from tests.support.browsing import AtDesk, at_desk
from tests.support.site import Site, running_site, wednesdays
from tests.support.staff_site import AT_ONCE, by_hand, given_to_staff, staff_link

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def site(sqlite_database: str) -> AsyncIterator[Site]:
    async with running_site(sqlite_database, config=AT_ONCE) as running:
        yield running


class Keys:
    """Somebody who has no mouse."""

    def __init__(self, desk: AtDesk) -> None:
        self.desk = desk
        self.page: Page = desk.page

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def to(self, wanted: str) -> None:
        """Tab until the control with this id or text has the focus; each one on the way must show that it has it."""
        for _ in range(90):
            await self.page.keyboard.press("Tab")
            text, shows = await self.page.evaluate(_FOCUSED)
            assert shows, text
            if text == wanted:
                return
        raise AssertionError(f"{wanted} can't be reached by keyboard")

    async def write(self, field: str, text: str) -> None:
        await self.to(field)
        await self.page.keyboard.type(text)

    async def send(self, button: str, then: str) -> None:
        await self.to(button)
        await self.press("Enter")
        await self.page.get_by_text(then).wait_for()

    async def unfold(self, summary: str) -> None:
        await self.to(summary)
        await self.press("Enter")

    async def start(self, link: str) -> None:
        """From the link in the email past the name to *You are working on this*."""
        await self.desk.open(link)
        await self.press("Tab")
        assert (await self.page.evaluate(_FOCUSED))[0] == "Skip to main content"
        await self.press("Enter")
        await self.write("start-name", "Ann Clark")
        await self.press("Enter")
        await self.page.get_by_text("You are working on this as").wait_for()


@pytest_asyncio.fixture(loop_scope="module")
async def keys(browser: Browser) -> AsyncIterator[Keys]:
    desk = await at_desk(browser)
    yield Keys(desk)
    await desk.close()


async def test_start_give_back_start_again_write_and_reject(site: Site, keys: Keys) -> None:
    visit_id = await given_to_staff(site)
    await keys.start(await staff_link(site, visit_id))
    await keys.send("Give it back", "You have given it back.")
    await keys.send("Start as Ann Clark", "You are working on this as")
    await keys.unfold("Write to the visitor")
    await keys.write("message-text", "Which date suits you better?")
    await keys.send("Send the message", "on its way to the visitor")
    await keys.unfold("Reject")
    await keys.to("reasons")
    await keys.press("Space")
    await keys.write("renews-day", "14")
    await keys.write("renews-month", "12")
    await keys.write("renews-year", "2026")
    await keys.send("Reject the request", "The visitor is told by email")
    assert (await site.stored(visit_id)).step == "rejected"


async def test_have_it_booked_then_cancel(site: Site, keys: Keys) -> None:
    visit_id = await given_to_staff(site)
    await keys.start(await staff_link(site, visit_id))
    await keys.unfold("Book it for me")
    await keys.to("book-slot")
    await keys.press("ArrowDown")
    await keys.send("Book it for me", "The visitor gets a confirmation")
    assert (await site.stored(visit_id)).slot_granted == wednesdays()[1]
    await keys.unfold("Cancel this visit")
    await keys.to("cancel-reason")
    await keys.press("ArrowDown", "Space")
    await keys.write("cancel-message", "We are sorry.")
    await keys.send("Cancel the visit", "Cancelled. The visitor is told by email.")
    await site.until(visit_id, "cancelled")


async def test_booked_by_hand_after_a_mistake(site: Site, keys: Keys) -> None:
    visit_id = await given_to_staff(site)
    number = by_hand(site, BookByHand(action="book", noms_id="A1410AE", slot=wednesdays()[0]))["visit_id"]
    await keys.start(await staff_link(site, visit_id))
    await keys.unfold("I have booked it in NOMIS")
    await keys.write("booked-number", f"{number}x")
    await keys.send("Confirm that it is booked", "There is a problem")
    await keys.to("Enter the visit’s number in NOMIS, digits only")
    await keys.press("Enter")
    assert (await keys.page.evaluate(_FOCUSED))[0] == "booked-number", "the summary leads to the field"
    await keys.press("End", "Backspace")
    await keys.send("Confirm that it is booked", "Noted as booked.")
    assert (await site.stored(visit_id)).nomis_visit_id == number


async def test_take_out_what_was_booked_by_hand(site: Site, keys: Keys) -> None:
    visit_id = await given_to_staff(site)
    number = by_hand(site, BookByHand(action="book", noms_id="A1410AE", slot=wednesdays()[0]))["visit_id"]
    await site.delete(visit_id)
    await keys.desk.open(await staff_link(site, visit_id))
    await keys.unfold("I had already booked it in NOMIS")
    await keys.write("take-out-number", str(number))
    await keys.write("take-out-name", "Ann Clark")
    await keys.send("Take it out of NOMIS", "We are taking it out of NOMIS.")
    await site.until(visit_id, "withdrawn")


async def test_from_the_queue_to_a_request_and_back(site: Site, keys: Keys) -> None:
    visit_id = await given_to_staff(site)
    human_id = (await site.stored(visit_id)).human_id
    await keys.desk.open(await staff_link(site, visit_id, "q"))
    await keys.send(human_id, f"Visit request {human_id}")
    await keys.send("All requests that wait at Leeds", "1 waiting, oldest first.")


_FOCUSED = """() => { const e = document.activeElement, s = getComputedStyle(e);
  const text = e.matches('input,select,textarea') ? e.id : e.textContent.trim().replace(/\\s+/g, ' ').slice(0, 80);
  return [text, s.outlineStyle !== 'none' && s.outlineWidth !== '0px' || s.boxShadow !== 'none'] }"""
