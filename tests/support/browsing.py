"""What tests with a browser share: a member of staff at their desk, checks that hold on every page, screenshots."""

from __future__ import annotations

from pathlib import Path

from axe_playwright_python.async_playwright import Axe
from axe_playwright_python.base import AxeResults
from playwright.async_api import Browser, BrowserContext, Page, Route, ViewportSize

_AXE = Axe()
_STANDARD = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_WIDTH, _HEIGHT = 1100, 900
_NARROW: ViewportSize = {"width": 320, "height": 640}
"""CSS pixels: a small phone, and a window of 1,280 at a zoom of 400%."""
_UNFOLD = "() => document.querySelectorAll('details').forEach(one => { one.open = true })"
_TOO_WIDE = """() => [...document.querySelectorAll('body, main *')]
  .filter(e => !e.closest('table') && e.getBoundingClientRect().right > innerWidth + 1 && e.checkVisibility())
  .map(e => `${e.tagName} ${e.id || e.textContent.trim().slice(0, 40)}`)"""


class AtDesk:
    """A browser of one person. The pages' own scripts are off: they must do without."""

    def __init__(self, browser: Browser, context: BrowserContext, page: Page, shots: Path | None) -> None:
        self._browser = browser
        self._context = context
        self.page = page
        self._shots = shots
        self.elsewhere: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.elsewhere.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))

    async def open(self, link: str) -> None:
        await self.page.goto(link)

    async def check(self, shot: str = "") -> str:
        """Nothing against WCAG 2.2 AA on this page, wide or narrow; nothing loaded from elsewhere. Gives its text."""
        await self._against_standard()
        if shot and self._shots is not None:
            self._shots.mkdir(parents=True, exist_ok=True)
            await self.page.screenshot(path=self._shots / f"{shot}.png", full_page=True)
        host = self.page.url.split("/staff/")[0]
        assert all(url.startswith(host) for url in self.elsewhere)
        assert not [text for text in self.complaints if "Content Security Policy" in text]
        return await self.page.inner_text("main")

    async def _against_standard(self) -> None:
        """The page just as it is here, looked at in a context where the checker's script may run.

        Then once more on a narrow screen with everything unfolded, where it must fit without scrolling sideways
        (only tables may scroll, each in a box of its own).
        """
        looked_at = await self._browser.new_context(viewport={"width": _WIDTH, "height": _HEIGHT})
        page, html = await looked_at.new_page(), await self.page.content()

        async def the_same(route: Route) -> None:
            await route.fulfill(body=html, content_type="text/html; charset=utf-8")

        await page.route(self.page.url, the_same)
        await page.goto(self.page.url)
        _nothing_in(await _AXE.run(page, options=_STANDARD))
        await page.set_viewport_size(_NARROW)
        await page.evaluate(_UNFOLD)
        assert await page.evaluate(_TOO_WIDE) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= _NARROW["width"]
        _nothing_in(await _AXE.run(page, options=_STANDARD))
        await looked_at.close()

    async def start(self, name: str) -> None:
        field = self.page.get_by_label("Your name")
        if await field.count():
            await field.fill(name)
        await self.page.locator("#start").click()

    async def unfold(self, summary: str) -> None:
        await self.page.locator("summary", has_text=summary).click()

    async def press(self, button: str) -> None:
        await self.page.get_by_role("button", name=button, exact=True).click()

    async def another_window(self) -> AtDesk:
        """A second window of the same person."""
        return AtDesk(self._browser, self._context, await self._context.new_page(), self._shots)

    async def close(self) -> None:
        await self._context.close()


def _nothing_in(found: AxeResults) -> None:
    assert found.violations_count == 0, found.generate_report()


async def at_desk(browser: Browser, shots: Path | None = None) -> AtDesk:
    """A browser of its own for one person, without scripts."""
    context = await browser.new_context(
        java_script_enabled=False, viewport={"width": _WIDTH, "height": _HEIGHT}, locale="en-GB"
    )
    context.set_default_timeout(20_000)
    return AtDesk(browser, context, await context.new_page(), shots)
