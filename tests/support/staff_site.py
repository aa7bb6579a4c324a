"""Requests that are with staff, and a member of staff who fills in the forms of their pages without a browser."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from nomis_client.fake import hand
from tests.support.site import Site, a_body

AT_ONCE = {"ADAPTER__DECISION__HANDOVER_AFTER": "0", "ADAPTER__DECISION__IN_DOUBT_HANDOVER_AFTER": "1.9"}
"""Whatever can't be settled within the request goes to staff."""


async def given_to_staff(site: Site, request_id: str = "", **changes: Any) -> str:
    """The id of a request that could not be decided by us: the prison system was away when it came."""
    site.arm("outage")
    answer = await site.post(a_body(**changes), request_id)
    visit_id: str = answer["visit"]["id"]
    await site.until(visit_id, "with_staff")
    await site.mailed(visit_id, 2)
    await back_again(site)
    return visit_id


async def in_doubt_with_staff(site: Site, *, there: bool) -> str:
    """The id of a request given to staff with a booking that may be there; `there`: it is.

    The prison system is still away, so that nothing is found out before a test says `back_again`.
    """
    site.arm("drop", operation="book", when="after" if there else "before", count=1)
    site.arm("outage", operation="find_by_reference")  # from the first: what was dropped is looked up at once
    answer_to = asyncio.create_task(site.post(a_body(), "doubt"))
    async with asyncio.timeout(10):
        while not any(entry.operation == "book" for entry in site.fake.engine.log.entries()):
            await asyncio.sleep(0.005)
    site.arm("outage")
    visit_id: str = (await answer_to)["visit"]["id"]
    await site.until(visit_id, "with_staff")
    await site.mailed(visit_id, 2)
    return visit_id


def by_hand(site: Site, action: Any) -> dict[str, int]:
    """What a colleague does in the prison system itself."""
    return hand.by_hand(site.fake.state.world, action, site.fake.engine.time.now())


async def back_again(site: Site) -> None:
    """Faults are gone, and calls to the prison system let through."""
    site.heal()
    nomis = site.service.desk.nomis
    async with asyncio.timeout(10):
        while not nomis.is_open("LEI"):
            await nomis.probe("LEI", asyncio.get_running_loop().time() + 1)
            await asyncio.sleep(0.02)


async def staff_link(site: Site, visit_id: str, which: str = "v") -> str:
    """The link in the email to the mailbox, on this site's address."""
    mails = await site.mailed(visit_id)
    (mail,) = (mail for mail in mails if mail["X-Message-Kind"] == "staff_request")
    part = mail.get_body(("plain",))
    assert part is not None
    found = re.search(rf"https?://\S+(/staff/{which}/\S+)", part.get_content())
    assert found is not None
    return f"{site.url}{found[1]}"


class _Forms(HTMLParser):
    """The forms of a page with what they would send."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self._at = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._at = values["action"].rpartition("/")[2]
            self.forms[self._at] = {}
        elif not self._at:
            return
        elif tag == "input" and values["type"] in ("hidden", "text"):
            self.forms[self._at][values["name"]] = values.get("value", "")
        elif tag == "select":
            self._select = values["name"]
        elif tag == "option" and (self._select not in self.forms[self._at] or "selected" in values):
            self.forms[self._at][self._select] = values["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._at = ""


def forms_of(page: str) -> dict[str, dict[str, str]]:
    """The forms of a page by their action, each with its fields as it was served."""
    parser = _Forms()
    parser.feed(page)
    return parser.forms


@dataclass
class Reply:
    status: int
    text: str
    headers: Mapping[str, str]
    forms: dict[str, dict[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        self.forms = forms_of(self.text)


class Clerk:
    """A member of staff with a browser of their own that runs no scripts."""

    def __init__(self, link: str, name: str = "Ann Clark") -> None:
        self.link = link
        self.name = name
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.page = Reply(0, "", {})

    async def __aenter__(self) -> Clerk:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.http.close()

    async def open(self, link: str = "") -> Reply:
        async with self.http.get(link or self.link) as reply:
            self.page = Reply(reply.status, await reply.text(), reply.headers)
            return self.page

    async def send(self, action: str, **fields: str | list[str]) -> Reply:
        """Send a form of the page that is open, with `fields` filled in (`_` for `-`)."""
        filled: dict[str, str | list[str]] = {**self.page.forms[action]}
        filled |= {name.replace("_", "-"): value for name, value in fields.items()}
        pairs = [(k, v) for k, values in filled.items() for v in (values if isinstance(values, list) else [values])]
        return await self.post(action, pairs)

    async def post(self, action: str, pairs: list[tuple[str, str]], link: str = "") -> Reply:
        async with self.http.post(f"{link or self.link}/{action}", data=pairs) as reply:
            self.page = Reply(reply.status, await reply.text(), reply.headers)
            return self.page

    async def start(self) -> Reply:
        await self.open()
        return await self.send("start", name=self.name)


def path_of(link: str) -> str:
    return urlsplit(link).path


async def kinds(site: Site, visit_id: str, count: int) -> list[str]:
    """What was mailed after the receipt and the request, `count` with those two, by kind."""
    return sorted(mail["X-Message-Kind"] for mail in (await site.mailed(visit_id, count))[2:])
