"""What every handler of the staff pages has at hand, and who may see what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web

from adapter.booking.staffing_port import StaffDesk
from adapter.booking.staffing_views import Member, NotDone, PrisonAnswer, StaffRequest, Why
from adapter.staff import words
from adapter.staff.forms import Entered
from adapter.staff.links import PREFIX, StaffLinks
from adapter.staff.render import page, plain
from adapter.staff.sign_in import SignIn
from adapter.staff.tokens import BadToken, ExpiredToken, Form, Link, Signer, digest


@dataclass(frozen=True, slots=True)
class Context:
    desk: StaffDesk
    signer: Signer
    links: StaffLinks
    sign_in: SignIn


CONTEXT = web.AppKey("staff", Context)


class TurnedAway(Exception):
    """Ends a request with a page that says what to do. Nothing was shown and nothing was done."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__("turned away")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Opened:
    """The page of one request, opened with a good link."""

    context: Context
    token: str
    request: StaffRequest
    member: Member | None

    @property
    def path(self) -> str:
        return f"{PREFIX}/v/{self.token}"

    @property
    def mine(self) -> bool:
        """Whoever looks at it has started work on it."""
        claim = self.request.claim
        return claim is not None and self.member is not None and claim.session == self.member.session

    @property
    def session(self) -> str:
        return self.member.session if self.member is not None else ""

    def form(self) -> str:
        """What each form on this page carries: good for this visit as it is now, this page and this person."""
        form = Form(self.request.id, self.request.version, digest(self.token), self.session)
        return self.context.signer.form(form)


@dataclass(slots=True)
class Trouble:
    """What went wrong with the form `action`; its fields are shown again as they were sent."""

    action: str
    entered: Entered = field(default_factory=Entered)
    refused: NotDone | None = None


def link_of(request: web.Request, purpose: Literal["visit", "queue"]) -> Link:
    """What the link in the address names. Raises `TurnedAway`."""
    context = request.app[CONTEXT]
    try:
        return context.signer.read_link(purpose, request.match_info["token"])
    except ExpiredToken:
        lines = (
            "For security, links in emails stop working after some time.",
            "Open the link in a newer email, or find the visit in NOMIS by its reference.",
        )
        raise TurnedAway(plain("This link has expired", lines, 410)) from None
    except BadToken:
        raise TurnedAway(bad_link()) from None


def bad_link() -> web.Response:
    lines = (
        "Check that the whole link was opened: some email programs break long links over two lines.",
        "Nothing was done.",
    )
    return plain("This link doesn’t work", lines, 404)


async def opened(request: web.Request) -> Opened:
    """The request that the link in the address names. Raises `TurnedAway`."""
    context = request.app[CONTEXT]
    link = link_of(request, "visit")
    found = await context.desk.request(link.subject)
    if found is None or digest(found.mailbox) != link.mailbox:
        raise TurnedAway(bad_link())
    return Opened(context, request.match_info["token"], found, context.sign_in.member(request))


def show(
    here: Opened,
    now: PrisonAnswer | None = None,
    trouble: Trouble | None = None,
    said: str = "",
    status: int = 200,
) -> web.Response:
    """The page of a request: to be answered, or with the answer it was given."""
    found = here.request
    entered = trouble.entered if trouble else Entered()
    values: dict[str, object] = {
        "r": found,
        "o": found.open,
        "now": now,
        "path": here.path,
        "form": here.form(),
        "mine": here.mine,
        "member": here.member,
        "asks_name": here.context.sign_in.asks_name and here.member is None,
        "queue": here.context.links.queue_path(found),
        "said": said,
        "action": trouble.action if trouble else "",
        "entered": entered,
        "errors": _errors(trouble),
        "looks": trouble.refused.looks if trouble and trouble.refused else (),
        "looked": trouble.refused.looked if trouble and trouble.refused else entered.one("looked"),
    }
    return page("request.html.j2" if found.open is not None else "answered.html.j2", values, status)


def _errors(trouble: Trouble | None) -> Mapping[str, str]:
    """Field → what is wrong with it, in the order of the form."""
    if trouble is None:
        return {}
    if trouble.refused is None:
        return trouble.entered.errors
    return {_FIELD_OF.get((trouble.action, trouble.refused.why), trouble.action): words.not_done(trouble.refused)}


_FIELD_OF = {
    ("book", Why.RULES): "book-slot",
    ("book", Why.NO_SUCH_SLOT): "book-slot",
    ("booked", Why.NO_SUCH_SLOT): "booked-slot",
    ("booked", Why.NO_SUCH_VISIT): "booked-number",
    ("booked", Why.OTHERS_VISIT): "booked-number",
    ("take-out", Why.NO_SUCH_SLOT): "take-out-slot",
    ("take-out", Why.NO_SUCH_VISIT): "take-out-number",
    ("take-out", Why.OTHERS_VISIT): "take-out-number",
}
"""The field that a refusal is about; else the form as a whole."""
