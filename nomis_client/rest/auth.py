"""The three ways to show who we are. A secret never leaves this file but in a header."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import SecretStr

from nomis_client.errors import AccessDenied, Unavailable
from nomis_client.rest.decoding import Object, count_of, decode, text_of
from nomis_client.settings import AuthSettings
from nomis_client.statuses import asked_to_wait
from nomis_client.values import Malformed
from nomis_client.wire import NoReply, Wire

EARLY = 60.0
"""Seconds before its end from which an access token is not used any more."""


Told = Callable[[str, Callable[[], Awaitable[None]]], Awaitable[None]]
"""Makes one try on the wire under a name that the observer hears."""


class Auth(Protocol):
    async def prepare(self, deadline: float) -> None:
        """Have what `header` needs. May ask the network; raises `Unavailable`, and then nothing was sent."""
        ...

    def header(self) -> str | None:
        """The `Authorization` of one request on the wire; a fresh one for each."""
        ...

    def drop(self, header: str | None, /) -> bool:
        """A request with this header was answered 401. True if `prepare` may bring something better."""
        ...


class NoAuth:
    async def prepare(self, deadline: float) -> None: ...

    def header(self) -> str | None:
        return None

    def drop(self, _: str | None, /) -> bool:
        return False


class SignedToken:
    """ES256: our client token and the time, signed anew for every request."""

    def __init__(self, client_token: SecretStr, private_key: SecretStr, now: Callable[[], datetime]) -> None:
        self._key = _signing_key(private_key)
        self._token = client_token
        self._now = now

    async def prepare(self, deadline: float) -> None: ...

    def header(self) -> str | None:
        payload = {"iat": int(self._now().timestamp()), "token": self._token.get_secret_value()}
        return "Bearer " + jwt.encode(payload, self._key, algorithm="ES256")

    def drop(self, _: str | None, /) -> bool:
        return False


def _signing_key(private_key: SecretStr) -> ec.EllipticCurvePrivateKey:
    complaint = "[nomis.auth] private_key must be a P-256 key in PEM, without a password"
    try:
        key = load_pem_private_key(private_key.get_secret_value().encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError(complaint) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise ValueError(complaint)
    return key


class AccessTokens:
    """OAuth 2 client credentials: one token for all, fetched by one caller while the others wait."""

    def __init__(
        self,
        wire: Wire,
        settings: AuthSettings,
        client_secret: SecretStr,
        *,
        monotonic: Callable[[], float],
        now: Callable[[], datetime],
        told: Told,
    ) -> None:
        self._wire = wire
        self._told = told
        self._url = settings.auth_url.rstrip("/") + "/oauth/token?grant_type=client_credentials"
        pair = f"{settings.client_id}:{client_secret.get_secret_value()}".encode()
        self._basic = SecretStr("Basic " + base64.b64encode(pair).decode())
        self._monotonic = monotonic
        self._now = now
        self._fetching = asyncio.Lock()
        self._header: str | None = None
        self._good_until = 0.0

    async def prepare(self, deadline: float) -> None:
        if self._is_good():
            return
        try:
            async with asyncio.timeout(deadline - self._monotonic()), self._fetching:
                if not self._is_good():  # whoever held the lock before us may have fetched it
                    await self._told("token", lambda: self._fetch(deadline))
        except TimeoutError:
            raise Unavailable("token_timeout") from None

    def header(self) -> str | None:
        return self._header

    def drop(self, header: str | None, /) -> bool:
        if header == self._header:
            self._good_until = 0.0
        return True

    def _is_good(self) -> bool:
        return self._monotonic() < self._good_until

    async def _fetch(self, deadline: float) -> None:
        headers = {
            "Authorization": self._basic.get_secret_value(),
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        asked_at = self._monotonic()
        try:
            reply = await self._wire.read("POST", self._url, headers, b"", deadline)
        except NoReply as failure:
            raise Unavailable(f"token_{failure.reason}") from None
        if reply.status in {400, 401, 403}:
            raise AccessDenied(f"token_http_{reply.status}")
        if reply.status != 200:
            raise Unavailable(f"token_http_{reply.status}", retry_after=asked_to_wait(reply, self._now))
        try:
            members = decode(reply.body, reply.headers.get("Content-Type", ""))
            token, lifetime = _token_of(members), count_of(members, "expires_in")
        except Malformed:
            raise AccessDenied("token_not_understood") from None
        self._header = f"Bearer {token}"
        # A token that lives shorter than our margin is still good for the calls that are waiting for it now.
        self._good_until = asked_at + max(lifetime - EARLY, min(lifetime / 2, 1.0))


def _token_of(members: Object) -> str:
    """The token, fit for a header: one that isn't would fail each request that carries it."""
    token = text_of(members, "access_token")
    if not (token and token.isascii() and token.isprintable()):
        raise Malformed("access_token_is_no_token")
    return token


def make_auth(
    settings: AuthSettings, wire: Wire, *, monotonic: Callable[[], float], now: Callable[[], datetime], told: Told
) -> Auth:
    """The scheme that is configured. Raises ValueError, without naming a secret, if something is missing."""
    match settings.scheme:
        case "none":
            return NoAuth()
        case "es256":
            return SignedToken(settings.secret("client_token"), settings.secret("private_key"), now)
        case "oauth2":
            return AccessTokens(
                wire, settings, settings.secret("client_secret"), monotonic=monotonic, now=now, told=told
            )
