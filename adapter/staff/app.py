"""The staff pages as one application, to be mounted under `/staff` of a listener's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from adapter.booking.staffing_port import StaffDesk
from adapter.staff.actions import act
from adapter.staff.context import CONTEXT, Context, TurnedAway, bad_link, link_of, opened, show
from adapter.staff.links import PREFIX, StaffLinks
from adapter.staff.render import POLICY, failure_page, page, stylesheet, stylesheet_path
from adapter.staff.sign_in import NamedByThemselves, SignIn
from adapter.staff.tokens import digest
from adapter.web.addresses import ClientAddresses
from adapter.web.app import make_app
from adapter.web.front import Face, Observe, observe_nothing
from adapter.web.headers import security_headers

_SAYS = {
    "start": ("with_staff", "You have started. Nobody else will be asked to do this one for now."),
    "release": ("with_staff", "You have given it back. A colleague can start on it."),
    "message": ("with_staff", "The message is on its way to the visitor."),
    "book": ("booked", "Booked. The visitor gets a confirmation, and you get a copy by email."),
    "booked": ("booked", "Noted as booked. The visitor gets a confirmation, and you get a copy by email."),
    "reject": ("rejected", "Rejected. The visitor is told by email."),
    "cancel": ("cancelled", "Cancelled. The visitor is told by email."),
    "take-out": ("withdrawn", "We are taking it out of NOMIS."),
    "under-way": ("under_way", "We sent it to NOMIS, which has not answered yet. Open this page again in a moment."),
}
"""What the page says after each action, and the state of the request in which that is true."""

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_staff_pages(
    desk: StaffDesk,
    links: StaffLinks,
    *,
    sign_in: SignIn | None = None,
    observe: Observe = observe_nothing,
    trusted_proxies: tuple[str, ...] = (),
) -> web.Application:
    """An application that has the pages under `/staff`: it serves alone, or `mount` puts them on another's listener.

    `sign_in` tells who somebody is; without one they say it themselves.
    """
    root = make_app(_face(links, observe, trusted_proxies))
    mount(root, desk, links, sign_in=sign_in, observe=observe, trusted_proxies=trusted_proxies)
    return root


def mount(
    root: web.Application,
    desk: StaffDesk,
    links: StaffLinks,
    *,
    sign_in: SignIn | None = None,
    observe: Observe = observe_nothing,
    trusted_proxies: tuple[str, ...] = (),
) -> None:
    """Put the pages under `/staff` of `root`. They keep their own front: headers, error pages, access line."""
    app = make_app(_face(links, observe, trusted_proxies))
    secure = links.public_url.startswith("https:")
    app[CONTEXT] = Context(desk, links.signer, links, sign_in or NamedByThemselves(links.signer, secure))
    app.router.add_get("/v/{token}", _turned_away_told(_show))
    app.router.add_post("/v/{token}/{action}", _turned_away_told(act))
    app.router.add_get("/q/{token}", _turned_away_told(_queue))
    app.router.add_get(stylesheet_path(), _style)
    root.add_subapp(PREFIX, app)


def _face(links: StaffLinks, observe: Observe, trusted_proxies: tuple[str, ...]) -> Face:
    return Face(
        name="staff",
        render_failure=failure_page,
        headers=security_headers(POLICY, https=links.public_url.startswith("https:")),
        observe=observe,
        addresses=ClientAddresses(trusted_proxies),
    )


def _turned_away_told(handler: _Handler) -> _Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except TurnedAway as turned:
            return turned.answer

    return answer


async def _show(request: web.Request) -> web.Response:
    """One request. Opening it changes nothing, however often and by whatever it is opened."""
    here = await opened(request)
    ask = request.method == "GET" and here.request.open is not None
    now = await here.context.desk.prison_answer(here.request, ask=True, by=here.member) if ask else None
    state, said = _SAYS.get(request.query.get("done", ""), ("", ""))
    return show(here, now, said=said if here.request.state == state else "")


async def _queue(request: web.Request) -> web.Response:
    """The queue of one prison, as of now."""
    context = request.app[CONTEXT]
    link = link_of(request, "queue")
    found = await context.desk.queue(link.subject)
    if found is None or digest(found.mailbox) != link.mailbox:
        raise TurnedAway(bad_link())
    return page("queue.html.j2", {"q": found, "path": context.links.visit_path})


async def _style(_request: web.Request) -> web.Response:
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return web.Response(body=stylesheet(), content_type="text/css", charset="utf-8", headers=headers)
