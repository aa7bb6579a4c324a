"""An identity provider: signs tokens and publishes its keys over HTTP. Both can be changed while it runs."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from adapter.web import listen

ISSUER = "https://login.example.com"
AUDIENCE = "visits"

_RSA = [rsa.generate_private_key(65537, 2048) for _ in range(2)]  # slow to make, and the same for every test
_EC = ec.generate_private_key(ec.SECP256R1())


def public_rsa(kid: str | None = "r1", key: int = 0, **more: Any) -> dict[str, Any]:
    return _jwk(RSAAlgorithm.to_jwk(_RSA[key].public_key()), kid, more)


def public_ec(kid: str | None = "e1", **more: Any) -> dict[str, Any]:
    return _jwk(ECAlgorithm.to_jwk(_EC.public_key()), kid, more)


def rsa_pem() -> bytes:
    from cryptography.hazmat.primitives import serialization

    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return _RSA[0].public_key().public_bytes(serialization.Encoding.PEM, form)


def sign(algorithm: str = "RS256", kid: str | None = "r1", key: Any = 0, **changes: Any) -> str:
    """A token that is good for an hour; a claim set to None is left out."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "frontend",
        "exp": time.time() + 3600,
        "authorities": ["ROLE_BOOK"],
        **changes,
    }
    headers = {} if kid is None else {"kid": kid}
    private: Any = key
    if isinstance(key, int):
        private = _EC if algorithm.startswith("ES") else _RSA[key]
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, private, algorithm=algorithm, headers=headers)


def _jwk(published: Any, kid: str | None, more: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = {**json.loads(published), "use": "sig", **more}
    entry.pop("key_ops", None)
    return entry if kid is None else {**entry, "kid": kid}


@dataclass
class Provider:
    """`keys` is what it publishes, or with `status` not 200 or a `body`, what it answers instead."""

    keys: list[dict[str, Any]] = field(default_factory=lambda: [public_rsa(), public_ec()])
    status: int = 200
    body: bytes | None = None
    asked: int = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Gives the address of the keys."""
        app = web.Application()
        app.router.add_get("/keys", self._answer)
        async with listen(app, "127.0.0.1", 0) as url:
            yield f"{url}/keys"

    async def _answer(self, _request: web.Request) -> web.Response:
        self.asked += 1
        body = json.dumps({"keys": self.keys}).encode() if self.body is None else self.body
        return web.Response(status=self.status, body=body, content_type="application/json")
