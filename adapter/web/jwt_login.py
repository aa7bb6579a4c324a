"""Bearer tokens signed by an identity provider, checked against the keys that it publishes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt
from aiohttp import web
from pydantic_core import from_json

from adapter.log import events, get_logger
from adapter.log.errors import classes
from adapter.web.credentials import bearer_token, unauthenticated, wrong_role
from adapter.web.failure import unavailable

_ALGORITHMS = ("RS256", "ES256")
_LEEWAY = 30.0  # seconds that clocks may differ
_log = get_logger()


class KeysUnavailable(Exception):
    """The provider's keys have never been fetched, and can't be now."""


class PublishedKeys:
    """A provider's public keys, fetched when first needed and kept.

    They are fetched again when they are `max_age` old, or when a token names a key that we don't know, but no more
    often than every `min_age` (or anybody could make us ask without end). Old keys serve while new ones can't be had.
    Times in seconds; a fetch takes at most `timeout`, as a request waits for it.
    """

    def __init__(self, url: str, *, max_age: float = 300.0, min_age: float = 10.0, timeout: float = 1.5) -> None:
        self._url = url
        self._max_age = max_age
        self._min_age = min_age
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._keys: Mapping[str, jwt.PyJWK] | None = None
        self._asked_at = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, name: str | None, algorithm: str) -> jwt.PyJWK | None:
        """The key called `name`; for a token that names none, the only one for `algorithm`.

        Raises `KeysUnavailable`.
        """
        if self._keys is None or self._age() >= self._max_age or (name is not None and name not in self._keys):
            await self._refresh()
        if self._keys is None:
            raise KeysUnavailable
        if name is not None:
            found = self._keys.get(name)
            return found if found is not None and found.algorithm_name == algorithm else None
        fitting = [key for key in self._keys.values() if key.algorithm_name == algorithm]
        return fitting[0] if len(fitting) == 1 else None

    async def _refresh(self) -> None:
        asked_before = self._asked_at
        async with self._lock:
            if self._asked_at != asked_before or self._age() < self._min_age:
                return  # somebody else has just asked
            self._asked_at = asyncio.get_running_loop().time()
            try:
                self._keys = await self._fetch()
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                _log.warning(events.LOGIN_KEYS_UNAVAILABLE, error=classes(error))

    async def _fetch(self) -> Mapping[str, jwt.PyJWK]:
        async with (
            aiohttp.ClientSession(timeout=self._timeout) as session,
            session.get(self._url, allow_redirects=False, headers={"Accept": "application/json"}) as reply,
        ):
            if reply.status != 200:
                raise ValueError("not a 200")
            entries = from_json(await reply.read())
        if not isinstance(entries, dict) or not isinstance(entries.get("keys"), list):
            raise ValueError("not a set of keys")
        keys = {}
        for entry in entries["keys"]:
            if (key := _public_key(entry)) is not None:
                keys[key.key_id or ""] = key
        if not keys:
            raise ValueError("no key that can be used")
        return keys

    def _age(self) -> float:
        return asyncio.get_running_loop().time() - self._asked_at


@dataclass(frozen=True, slots=True)
class SignedTokens:
    """Lets in whoever shows a token signed by `issuer` for `audience`, whose `role_claim` holds `role`."""

    keys: PublishedKeys
    issuer: str
    audience: str
    role_claim: str
    role: str

    async def caller(self, request: web.BaseRequest) -> str:
        token = bearer_token(request)
        claims = await self._claims(token)
        if self.role and self.role not in _roles(claims, self.role_claim):
            raise wrong_role()
        name = claims.get("client_id") or claims.get("azp") or claims["sub"]
        return str(name)

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            name, algorithm = header.get("kid"), header.get("alg")
            if algorithm not in _ALGORITHMS or not (name is None or isinstance(name, str)):
                raise unauthenticated()
            key = await self.keys.find(name, algorithm)
            if key is None:
                raise unauthenticated()
            return jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                issuer=self.issuer,
                audience=self.audience,
                leeway=_LEEWAY,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, ValueError):
            raise unauthenticated() from None
        except KeysUnavailable:
            raise unavailable(5) from None


def _public_key(entry: object) -> jwt.PyJWK | None:
    """The key of one entry of a JWKS; None for those that are not for checking signatures of ours."""
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
        return None
    algorithm = {"RSA": "RS256", "EC": "ES256"}.get(entry.get("kty", ""))
    if algorithm is None or entry.get("alg", algorithm) != algorithm:
        return None
    try:
        return jwt.PyJWK(entry, algorithm)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None


def _roles(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    """The roles in `claim`: a list, or a string of words. `a.b` is also looked for as b inside a."""
    value: Any = claims.get(claim)
    if value is None:
        value = claims
        for part in claim.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, str):
        value = value.split()
    return frozenset(role for role in value if isinstance(role, str)) if isinstance(value, list) else frozenset()
