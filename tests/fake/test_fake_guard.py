"""Who is let in, under each scheme."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.fake_nomis import NOW, Site, a_site

KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())


def pem(key: ec.EllipticCurvePrivateKey) -> str:
    public = key.public_key()
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def signed(payload: dict[str, Any], key: ec.EllipticCurvePrivateKey = KEY) -> dict[str, str]:
    return {"Authorization": "Bearer " + jwt.encode(payload, key, algorithm="ES256")}


@dataclass
class Case:
    headers: dict[str, str]
    status: int
    says: str = ""


IAT = int(NOW.timestamp())
CASES = {
    "a fresh token": Case(signed({"iat": IAT, "token": "ct"}), 200),
    "ten seconds behind": Case(signed({"iat": IAT - 10, "token": "ct"}), 200),
    "ten seconds ahead": Case(signed({"iat": IAT + 10, "token": "ct"}), 200),
    "eleven seconds behind": Case(signed({"iat": IAT - 11, "token": "ct"}), 403, "iat skew too large (11)"),
    "eleven seconds ahead": Case(signed({"iat": IAT + 11, "token": "ct"}), 403, "iat skew too large (11)"),
    "another client": Case(signed({"iat": IAT, "token": "x"}), 403),
    "another key": Case(signed({"iat": IAT, "token": "ct"}, OTHER_KEY), 403),
    "one member too many": Case(signed({"iat": IAT, "token": "ct", "exp": IAT + 60}), 403),
    "one member too few": Case(signed({"token": "ct"}), 403),
    "nothing": Case({}, 401, "Authorization header missing"),
    "another scheme": Case({"Authorization": "Basic Zm9v"}, 401),
    "no token at all": Case({"Authorization": "Bearer nonsense"}, 403),
    "no signature": Case({"Authorization": "Bearer " + jwt.encode({"iat": IAT, "token": "ct"}, "", "none")}, 403),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_a_signed_token(case: Case) -> None:
    async with a_site() as site:
        await site.control(
            "POST",
            "/installation",
            {"auth": {"scheme": "es256", "public_key": pem(KEY), "client_token": "ct"}},
        )
        status, body = await site.get("/version", headers=case.headers)
        assert status == case.status
        assert case.says in str(body)


@pytest.mark.parametrize("scheme", ["es256", "oauth2"])
async def test_who_isnt_let_in_books_nothing_and_is_logged(scheme: str) -> None:
    async with a_site() as site:
        await site.control("POST", "/installation", {"auth": {"scheme": scheme}})
        assert await site.book() == (401, "Authorization header missing")
        assert not list(site.prisons.state.world.visits.values())
        (entry,) = (await site.control("GET", "/requests"))["requests"]
        assert (entry["operation"], entry["outcome"]) == ("book", "http 401")


async def oauth(site: Site, expires_in: int = 600) -> None:
    auth = {"scheme": "oauth2", "client_id": "me", "client_secret": "s3", "expires_in": expires_in}
    await site.control("POST", "/installation", {"auth": auth})


async def token(site: Site, credentials: str = "me:s3", grant: str = "client_credentials") -> tuple[int, Any]:
    basic = "Basic " + base64.b64encode(credentials.encode()).decode()
    url = f"{site.server.auth_url}/oauth/token?grant_type={grant}"
    async with site.http.post(url, headers={"Authorization": basic}) as response:
        return response.status, await response.json()


async def test_an_access_token_opens_until_it_expires() -> None:
    async with a_site() as site:
        await oauth(site)
        status, body = await token(site)
        assert (status, body["token_type"], body["expires_in"]) == (200, "bearer", 600)
        headers = {"Authorization": f"Bearer {body['access_token']}"}
        assert (await site.get("/version", headers=headers))[0] == 200
        site.prisons.pass_time(timedelta(seconds=600).total_seconds())
        assert (await site.get("/version", headers=headers))[0] == 401


@pytest.mark.parametrize(
    ("credentials", "grant", "status"),
    [("me:wrong", "client_credentials", 401), ("you:s3", "client_credentials", 401), ("me:s3", "password", 400)],
)
async def test_no_token_for_others(credentials: str, grant: str, status: int) -> None:
    async with a_site() as site:
        await oauth(site)
        assert (await token(site, credentials, grant))[0] == status


async def test_tokens_can_be_made_to_expire_all_at_once() -> None:
    async with a_site() as site:
        await oauth(site)
        old = (await token(site))[1]["access_token"]
        await site.arm("expired_tokens", operation="reads", count=1)
        for _ in range(2):
            assert (await site.get("/version", headers={"Authorization": f"Bearer {old}"}))[0] == 401
        new = (await token(site))[1]["access_token"]
        assert (await site.get("/version", headers={"Authorization": f"Bearer {new}"}))[0] == 200


async def test_the_token_endpoint_can_fail_too() -> None:
    async with a_site() as site:
        await oauth(site)
        await site.arm("answer", operation="token", status=503, body={"error": "busy"})
        assert (await token(site))[0] == 503
