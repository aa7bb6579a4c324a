"""The sink's mails in a browser, and as JSON for scripts.

`GET /` the list · `GET /mails/1` one mail · `GET /mails?to=ADDRESS` JSON, oldest first · `DELETE /mails` forgets them.
A mail's HTML is shown as in a mail program: without scripts, without anything from elsewhere, away from this page.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Protocol

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from adapter.demo.mail import Mail

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HOSTS = {"127.0.0.1", "localhost", "::1"}
_ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")
_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'"
_MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox;"
    " default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'"
)


class Mails(Protocol):
    """What these pages show."""

    @property
    def mails(self) -> tuple[Mail, ...]:
        """Oldest first."""

    def mails_to(self, recipient: str) -> tuple[Mail, ...]:
        """Those for this address."""

    def clear(self) -> None:
        """Forgets them."""


def pages(sink: Mails) -> web.Application:
    """The application that shows the sink's mails."""
    views = _Views(sink)
    app = web.Application(middlewares=[_only_from_this_machine])
    app.add_routes(
        [
            web.get("/", views.list),
            web.get(r"/mails/{id:\d+}", views.mail),
            web.get(r"/mails/{id:\d+}/html", views.html),
            web.get(r"/mails/{id:\d+}/raw", views.raw),
            web.get("/mails", views.as_json),
            web.delete("/mails", views.clear),
        ]
    )
    return app


class _Views:
    def __init__(self, sink: Mails) -> None:
        self._sink = sink
        templates = Environment(
            loader=PackageLoader("adapter.demo"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        templates.filters["linked"] = linked
        self._list = templates.get_template("mails.html")
        self._mail = templates.get_template("mail.html")

    async def list(self, _request: web.Request) -> web.Response:
        return _page(self._list.render(mails=tuple(reversed(self._sink.mails))))

    async def mail(self, request: web.Request) -> web.Response:
        return _page(self._mail.render(mail=self._find(request)))

    async def html(self, request: web.Request) -> web.Response:
        # Links leave the frame: most sites don't let themselves be framed.
        content = '<base target="_blank">' + self._find(request).html
        return web.Response(text=content, content_type="text/html", headers=_headers(_MAIL_POLICY))

    async def raw(self, request: web.Request) -> web.Response:
        return web.Response(
            body=self._find(request).content, content_type="text/plain", headers=_headers("default-src 'none'; sandbox")
        )

    async def as_json(self, request: web.Request) -> web.Response:
        recipient = request.query.get("to")
        found = self._sink.mails if recipient is None else self._sink.mails_to(recipient)
        return web.json_response([mail.to_json() for mail in found])

    async def clear(self, _request: web.Request) -> web.Response:
        self._sink.clear()
        return web.Response(status=204)

    def _find(self, request: web.Request) -> Mail:
        number = int(request.match_info["id"])
        for mail in self._sink.mails:
            if mail.id == number:
                return mail
        raise web.HTTPNotFound(text="no such mail (any more)")


def linked(text: str) -> Markup:
    """Text with its addresses as links, everything else escaped."""
    parts: list[Markup] = []
    end = 0
    for found in _ADDRESS.finditer(text):
        parts.append(escape(text[end : found.start()]))
        parts.append(Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>').format(found.group()))
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


@web.middleware
async def _only_from_this_machine(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A page elsewhere must not read these mails by giving its own name this machine's address."""
    if request.url.host not in _HOSTS:
        raise web.HTTPForbidden(text="this page is for this machine: ask for it as 127.0.0.1 or localhost")
    return await handler(request)


def _page(content: str) -> web.Response:
    return web.Response(text=content, content_type="text/html", headers=_headers(_PAGE_POLICY))


def _headers(policy: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
