"""The story that the demo's console tells, in a real browser with the page's own script.

With SHOTS naming a folder, a picture of the console is left there (`make screenshots`).
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.support.console_site import LATER, STORY, AtConsole, console_running

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

_STANDARD = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_HANG_GUARD = 30_000  # ms


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page that runs scripts; whatever it complains of or loads from elsewhere fails the test."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    page = await context.new_page()
    page.set_default_timeout(_HANG_GUARD)
    complaints: list[str] = []
    loaded: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: loaded.append(request.url))
    yield page
    assert complaints == []
    assert [url for url in loaded if not url.startswith("http://127.0.0.1:")] == []
    await context.close()


async def test_the_whole_story(page: Page, tmp_path: Path) -> None:
    """Booked; then off, and it waits; in doubt, and found; on, and the waiting one is booked; and what waited for too
    long is answered on the staff page.
    """
    async with console_running(tmp_path, STORY) as console:
        await _open(page, console)
        await _check(page)
        await _ask(page, "A1410AE")
        await _newest_is(page, "Booked")
        await _switch(page, "Lose its answers", "Loses its answers")
        await _ask(page, "A2502CF")
        await _has_been(page, "in_doubt")
        await _newest_is(page, "Booked")
        await _switch(page, "Switch off", "Off")
        await _ask(page, "A3603LC")
        await _newest_is(page, "Waiting for the prison system")
        await _newest_is(page, "With the prison’s staff")
        await expect(page.locator("#mails")).to_contain_text("visits.leicester@example.com")
        await _check(page)
        if os.environ.get("SHOTS"):
            folder = Path(os.environ["SHOTS"])
            folder.mkdir(parents=True, exist_ok=True)
            await page.screenshot(path=folder / "console.png", full_page=True)
        await _ask(page, "A1415VB")
        await _newest_is(page, "Waiting for the prison system")
        await _switch(page, "Switch on", "On")
        await _newest_is(page, "Booked")
        await page.goto(f"{console.demo.at.mails}/")
        await expect(page.locator("td.to", has_text="visits.leicester@example.com")).to_have_count(1)
        await _open(page, console)
        await page.get_by_role("link", name="Open its staff page").click()
        await _rejected_by_staff(page)
        await _open(page, console)
        await expect(page.locator("#visits .cards > li").nth(1).locator(".tag")).to_have_text("Rejected")
        await expect(page.locator("#visits .cards > li .tag.booked")).to_have_count(3)


async def test_by_keyboard_alone(page: Page, tmp_path: Path) -> None:
    """What changes by itself while a button has the focus doesn't take the focus away."""
    async with console_running(tmp_path, LATER) as console:
        await _open(page, console)
        await page.keyboard.press("Tab")
        await expect(page.locator(".skip")).to_be_focused()
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Switch off")).to_be_focused()
        await page.keyboard.press("Tab")
        slow = page.get_by_role("button", name="Make slow")
        await expect(slow).to_be_focused()
        await console.switch("off")
        await expect(page.locator("#prison .tag")).to_have_text("Off")
        await expect(slow).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("#prison .tag")).to_have_text("Slow")


async def _rejected_by_staff(page: Page) -> None:
    """The page that the mailbox's mail leads to takes an answer."""
    await expect(page.locator("h1")).to_contain_text("Visit request")
    await page.get_by_label("Your name").fill("Ann Clark")
    await page.locator("#start").click()
    await page.locator("summary", has_text="Reject").click()
    await page.get_by_label("None of the chosen times is available").check()
    await page.get_by_role("button", name="Reject the request").click()
    await expect(page.locator("main")).to_contain_text("Rejected")


async def _has_been(page: Page, step: str) -> None:
    """Among the steps of the newest visit."""
    steps = page.locator("#visits .cards > li").first.locator(f".steps .{step}")
    await expect(steps).to_have_count(1, timeout=_HANG_GUARD)


async def _open(page: Page, console: AtConsole) -> None:
    await page.goto(f"{console.demo.at.api}/demo")


async def _ask(page: Page, prisoner: str) -> None:
    await page.get_by_label("Prisoner", exact=True).select_option(prisoner)
    await page.get_by_role("button", name="Fill in the form").click()
    await expect(page.get_by_label("Prisoner number")).to_have_value(prisoner)
    shown = await page.locator("#visits .cards > li").count()
    await page.get_by_role("button", name="Ask for this visit").click()
    await expect(page.locator("#visits .cards > li")).to_have_count(shown + 1, timeout=_HANG_GUARD)


async def _switch(page: Page, button: str, tag: str) -> None:
    await page.get_by_role("button", name=button).click()
    await expect(page.locator("#prison .tag")).to_have_text(tag)


async def _newest_is(page: Page, words: str) -> None:
    """Without a reload: the page follows by itself."""
    tag = page.locator("#visits .cards > li").first.locator(".tag")
    await expect(tag).to_have_text(words, timeout=_HANG_GUARD)


async def _check(page: Page) -> None:
    found = await Axe().run(page, options=_STANDARD)
    assert found.violations_count == 0, found.generate_report()
