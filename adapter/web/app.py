"""An aiohttp application with a face's front before it."""

from __future__ import annotations

from aiohttp import web

from adapter.web.body import MAX_BODY
from adapter.web.front import FACE, Face, front


def make_app(face: Face) -> web.Application:
    """An application for `face`; routes are the caller's. It serves alone (`server.listen`) or mounted under a prefix
    of another face's application (`add_subapp`), which then leaves its requests alone."""
    app = web.Application(middlewares=[front(face)], client_max_size=MAX_BODY)
    app[FACE] = face
    return app
