"""The service's figures with a year in them: nothing against WCAG 2.2 AA, wide, narrow and on paper.

With SHOTS naming a folder, pictures are left there (`make screenshots`).
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from tests.support.made_up_year import store_year
from tests.support.site import TODAY, Site, running_site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

_STANDARD = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SHOTS = Path(os.environ["SHOTS"]) if os.environ.get("SHOTS") else None


@pytest_asyncio.fixture(loop_scope="module")
async def site(sqlite_database: str) -> AsyncIterator[Site]:
    async with running_site(sqlite_database, worker=False) as running:
        await store_year(running.service.desk.store, TODAY)
        yield running


@pytest.mark.parametrize(
    ("shot", "width", "media"),
    [("performance", 1100, "screen"), ("performance-narrow", 360, "screen"), ("performance-print", 800, "print")],
)
async def test_a_year_of_figures(site: Site, browser: Browser, shot: str, width: int, media: str) -> None:
    context = await browser.new_context(viewport={"width": width, "height": 900}, locale="en-GB", bypass_csp=True)
    page = await context.new_page()
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    await page.emulate_media(media="print" if media == "print" else "screen")
    await page.goto(f"{site.url}/performance")
    assert await page.locator("svg").count() == 3
    assert await page.locator("#all ~ tbody tr").count() == 52  # the current week has only begun
    assert all(url.startswith(site.url) for url in loaded)
    await _fits(page)
    found = await Axe().run(page, options=_STANDARD)
    assert found.violations_count == 0, found.generate_report()
    if SHOTS is not None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        height = 1500 if width > 500 else 1400
        clip = {"x": 0, "y": 0, "width": width, "height": height}
        await page.screenshot(path=SHOTS / f"{shot}.png", full_page=True, clip=clip)  # type: ignore[arg-type]
    await context.close()


async def _fits(page: Page) -> None:
    """Nobody has to scroll sideways, but within a table."""
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
