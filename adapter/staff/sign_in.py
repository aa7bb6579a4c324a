"""Who is at the page. Signed links let people in and they say their name; a sign-in in front can take both over."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from adapter.booking.staffing_views import Member
from adapter.staff.links import PREFIX
from adapter.staff.tokens import MEMBER_FOR, BadToken, Signer

LONGEST_NAME = 60
_COOKIE = "staff"
_NAME = re.compile(r"[^\W_][\w .,'’()/-]*")


class SignIn(Protocol):
    """The seam for a sign-in (OpenID Connect, or a proxy that does it): it knows who somebody is, and asks no name."""

    @property
    def asks_name(self) -> bool:
        """Forms have to ask somebody who isn't known yet for a name."""
        ...

    def member(self, request: web.Request) -> Member | None:
        """Who sends this request; None while that isn't known."""
        ...

    def remember(self, response: web.StreamResponse, member: Member) -> None:
        """Makes `member` known to the requests after this answer."""
        ...


@dataclass(frozen=True, slots=True)
class NamedByThemselves:
    """Whoever has the link says a name, which a signed cookie keeps for the day."""

    signer: Signer
    secure: bool
    asks_name: bool = True

    def member(self, request: web.Request) -> Member | None:
        token = request.cookies.get(_COOKIE, "")
        try:
            return self.signer.read_member(token) if token else None
        except BadToken:
            return None

    def remember(self, response: web.StreamResponse, member: Member) -> None:
        response.set_cookie(
            _COOKIE,
            self.signer.member(member),
            path=PREFIX,
            max_age=int(MEMBER_FOR.total_seconds()),
            httponly=True,
            secure=self.secure,
            samesite="Lax",
        )


def new_member(name: str) -> Member:
    """Somebody who has just said their name."""
    return Member(name, secrets.token_hex(8))


def checked_name(text: str) -> str | None:
    """A name that may stand in the history, blanks put right; None for what isn't one."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    return name if len(name) <= LONGEST_NAME and _NAME.fullmatch(name) else None
