"""A demo on free ports, and a person at its console whose browser runs no scripts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path

import aiohttp

from adapter.demo.site import QUICK, Demo, Ports, demo_running

ROOT = Path(__file__).parents[2]
HANG_GUARD = 60.0

SOON = {**QUICK, "decision__handover_after": "1", "decision__budget": "8"}
"""A request that can't be decided is with staff as good as at once; wide for one that can."""
LATER = {
    **QUICK,
    "decision__handover_after": "600",
    "decision__in_doubt_handover_after": "900",
    "decision__budget": "8",
}
"""A request that can't be decided waits for as long as a test takes."""

STORY = {**QUICK, "decision__handover_after": "12", "decision__budget": "8"}
"""A request that can't be decided waits long enough for a person to switch the prison system on, and no longer."""


@asynccontextmanager
async def console_running(folder: Path, waits: dict[str, str]) -> AsyncIterator[AtConsole]:
    """A demo whose files are in `folder`, with an HTTP client."""
    async with (
        demo_running([ROOT / "config.toml"], Ports(0, 0, 0, 0), folder / "demo", waits) as demo,
        aiohttp.ClientSession(demo.at.api) as http,
    ):
        yield AtConsole(demo, http)


class AtConsole:
    """What a person can do by forms alone, and what they read then."""

    def __init__(self, demo: Demo, http: aiohttp.ClientSession) -> None:
        self.demo = demo
        self.http = http

    async def page(self, prisoner: str = "") -> str:
        async with self.http.get("/demo", params={"prisoner": prisoner}) as reply:
            assert reply.status == 200
            return await reply.text()

    async def switch(self, position: str) -> str:
        async with self.http.post("/demo/prison-system", data={"position": position}) as reply:
            assert (reply.status, reply.url.path) == (200, "/demo")
            return await reply.text()

    async def ask(self, prisoner: str = "A1410AE", **changes: str) -> tuple[int, str]:
        """Send the form as it is served for `prisoner`, with `changes`."""
        form = {**form_of(await self.page(prisoner)), **changes}
        async with self.http.post("/demo/visits", data=form) as reply:
            return reply.status, await reply.text()

    async def until(self, text: str) -> str:
        """The page once it says `text`."""
        async with asyncio.timeout(HANG_GUARD):
            while text not in (page := await self.page()):
                await asyncio.sleep(0.05)
            return page


def form_of(page: str) -> dict[str, str]:
    """What the booking form would send as it is served."""
    form = page.partition('action="/demo/visits"')[2].partition("</form>")[0]
    fields = {}
    for tag in re.findall(r"<input [^>]+>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        assert name is not None
        fields[name[1]] = unescape(value[1]) if value is not None else ""
    for name, options in re.findall(r'<select id="\w+" name="(\w+)">(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name] = chosen[1] if chosen is not None else ""
    return fields
