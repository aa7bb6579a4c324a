"""The JSON API as one application."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

from aiohttp import web

from adapter.booking.fingerprints import Fingerprinter
from adapter.booking.port import BookingsPort
from adapter.clock import Clock
from adapter.config.api import ApiAuthSettings, ApiSettings
from adapter.http.context import BuildInfo, Context
from adapter.http.description import description
from adapter.http.endpoint import Endpoint, serve
from adapter.http.health import show_metrics
from adapter.http.openapi import Security
from adapter.http.routes import ENDPOINTS
from adapter.web.addresses import ClientAddresses
from adapter.web.app import make_app
from adapter.web.credentials import Anyone, Authenticator, Tokens
from adapter.web.front import Face, Observe, observe_nothing
from adapter.web.gate import Gate
from adapter.web.headers import security_headers
from adapter.web.jwt_login import PublishedKeys, SignedTokens
from adapter.web.limits import Limits
from booking_rules.calendar import BankHolidays

_PREFIX = "/api"
TOKENS = web.AppKey("tokens", Tokens)
"""The static tokens of an application that asks for them, to be read again while it serves."""


def make_api(
    bookings: BookingsPort,
    settings: ApiSettings,
    *,
    clock: Clock,
    holidays: Callable[[date], BankHolidays],
    fingerprint_key: bytes,
    budget: float,
    grace: float = 0.7,
    build: BuildInfo,
    metrics: Callable[[], bytes] | None = None,
    observe: Observe = observe_nothing,
) -> web.Application:
    """The application, ready for `adapter.web.server.listen`; other faces may be mounted below it.

    `holidays` gives the bank holidays around a day. `budget` is seconds from a request's arrival to its answer;
    `grace` seconds later it is a 503 (together less than the 3 s after which the frontend leaves).
    `metrics` renders the page at `/metrics`; without it there is none. `observe` is told of each answer.
    Raises `BadTokensFile` for a tokens file that can't be used.
    """
    public_url = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
    limits = Limits(settings.rate_limit_per_minute)
    context = Context(
        bookings=bookings,
        clock=clock,
        holidays=holidays,
        fingerprinter=Fingerprinter(fingerprint_key),
        limits=limits,
        public_url=public_url,
        budget=budget,
        grace=grace,
        build=build,
        metrics=metrics,
    )
    security: Security = "none" if settings.auth.mode == "none" else "bearer"
    served = (*ENDPOINTS, *description(build.version, public_url, security).endpoints)
    authenticator = _authenticator(settings.auth)
    gate = Gate(
        authenticator=authenticator,
        limits=limits,
        prefix=_PREFIX,
        open_routes=frozenset(endpoint.path for endpoint in served if endpoint.open),
    )
    app = make_app(
        Face(
            name="api",
            headers=security_headers(https=public_url.startswith("https:")),
            admit=gate.admit,
            observe=observe,
            addresses=ClientAddresses(settings.trusted_proxies),
        )
    )
    if isinstance(authenticator, Tokens):
        app[TOKENS] = authenticator
    for endpoint in served if metrics is None else (*served, _METRICS):
        add = app.router.add_get if endpoint.method == "GET" else partial(app.router.add_route, endpoint.method)
        add(endpoint.path, serve(endpoint, context))
    return app


_METRICS = Endpoint("GET", "/metrics", show_metrics, "What is counted", str, open=True, negotiates=False)


def _authenticator(settings: ApiAuthSettings) -> Authenticator:
    match settings.mode:
        case "none":
            return Anyone()
        case "token":
            assert settings.tokens_file is not None, "the settings are checked when they are read"
            return Tokens.read(settings.tokens_file)
        case "jwt":
            keys = PublishedKeys(settings.jwks_url)
            return SignedTokens(keys, settings.issuer, settings.audience, settings.role_claim, settings.role)
