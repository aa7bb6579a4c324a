"""The seam for a sign-in, on a listener of the pages' own."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from adapter.booking.staffing_views import Member
from adapter.staff.app import make_staff_pages
from adapter.web.server import listen
from tests.support.site import running_site
from tests.support.staff_site import AT_ONCE, Clerk, given_to_staff, path_of, staff_link


@dataclass(frozen=True)
class TrustedProxy:
    """A proxy in front has asked who it is."""

    asks_name: bool = False

    def member(self, request: web.Request) -> Member | None:
        name = request.headers.get("X-Signed-In-As", "")
        return Member(name, name.casefold().replace(" ", "-")) if name else None

    def remember(self, response: web.StreamResponse, member: Member) -> None:
        """The proxy does."""


async def test_a_sign_in_in_front_says_who_it_is_and_no_name_is_asked(sqlite_database: str) -> None:
    async with running_site(sqlite_database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        pages = make_staff_pages(site.service.staffing, site.service.links, sign_in=TrustedProxy())
        async with listen(pages, "127.0.0.1", 0) as url:
            link = f"{url}{path_of(await staff_link(site, visit_id))}"
            async with Clerk(link) as nobody:
                page = await nobody.open()
                assert "Your name" not in page.text
                assert (await nobody.send("start", name="Ann")).status == 403
            async with Clerk(link) as ann:
                ann.http.headers["X-Signed-In-As"] = "Ann Clark"
                await ann.open()
                assert "Start as Ann Clark" in ann.page.text
                started = await ann.send("start")
                assert "You are working on this as <strong>Ann Clark</strong>" in started.text
                done = await ann.send("reject", reasons=["no_adult"])
                assert (done.status, "Rejected" in done.text) == (200, True)
                lost = await ann.open(f"{url}/")
                assert (lost.status, "Page not found" in lost.text) == (404, True)
        assert (await site.stored(visit_id)).answered_by == "Ann Clark"
        await site.mailed(visit_id, 3)
