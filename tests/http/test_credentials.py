"""Who may call: static tokens and signed ones; what is open to everybody; nothing is told to who has no credential."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import jwt
import pytest
from jwt.utils import base64url_encode

from adapter.config.api import ApiAuthSettings, ApiSettings
from tests.support import login_keys
from tests.support.api_client import ApiClient, api_client
from tests.support.api_site import Site
from tests.support.login_keys import AUDIENCE, ISSUER, Provider, public_ec, public_rsa, sign
from tests.support.tokens import tokens_file

OPEN = ["/api/openapi.json", "/api/docs", "/healthcheck", "/health", "/health/liveness", "/health/readiness"]
OPEN += ["/ping", "/info"]
CLOSED = ["/api/prisons", "/api/visits/x", "/api/mode", "/api/nothing", "/api"]


@asynccontextmanager
async def _with_tokens(site: Site, folder: Path) -> AsyncIterator[tuple[ApiClient, str, str]]:
    path, first, second = tokens_file(folder)
    site.settings = ApiSettings(auth=ApiAuthSettings(mode="token", tokens_file=path))
    async with api_client(site.app()) as api:
        yield api, first, second


@asynccontextmanager
async def _with_provider(site: Site, provider: Provider, **changes: Any) -> AsyncIterator[ApiClient]:
    async with provider.serving() as url:
        auth = {"jwks_url": url, "issuer": ISSUER, "audience": AUDIENCE, "role": "ROLE_BOOK", **changes}
        site.settings = ApiSettings(auth=ApiAuthSettings(mode="jwt", **auth))
        async with api_client(site.app()) as api:
            yield api


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_what_needs_no_credential_needs_none(site: Site, tmp_path: Path) -> None:
    async with _with_tokens(site, tmp_path) as (api, _, _):
        for path in OPEN:
            assert (await api.get(path)).status == 200, path


async def test_everything_else_under_api_needs_one(site: Site, tmp_path: Path) -> None:
    async with _with_tokens(site, tmp_path) as (api, token, _):
        for path in CLOSED:
            reply = await api.get(path)
            assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, "Bearer"), path
            assert (await api.get(path, headers=_bearer(token))).status != 401
        assert (await api.ask("POST", "/api/visits", data=b"not json")).status == 401
        assert (await api.get("/api/prisons", headers={"Accept": "text/html"})).status == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic {token}", "{token}", "Bearer {token}x", "Bearer \xff"]
)
async def test_a_wrong_credential_is_a_401(site: Site, tmp_path: Path, header: str) -> None:
    async with _with_tokens(site, tmp_path) as (api, token, _):
        reply = await api.get("/api/prisons", headers={"Authorization": header.format(token=token)})
        assert reply.status == 401


async def test_each_token_has_its_name(site: Site, tmp_path: Path) -> None:
    async with _with_tokens(site, tmp_path) as (api, first, second):
        for token in (first, second):
            header = {"Authorization": f"bearer  {token}"}
            assert (await api.get("/api/prisons", headers=header)).status == 200


GOOD: list[dict[str, Any]] = [
    {},
    {"algorithm": "ES256", "kid": "e1"},
    {"aud": ["other", AUDIENCE]},
    {"authorities": ["OTHER", "ROLE_BOOK"]},
    {"authorities": "openid ROLE_BOOK"},
    {"kid": None},
    {"algorithm": "ES256", "kid": None},
]


@pytest.mark.parametrize("changes", GOOD)
async def test_a_good_token_is_let_in(site: Site, changes: dict[str, Any]) -> None:
    async with _with_provider(site, Provider()) as api:
        assert (await api.get("/api/prisons", headers=_bearer(sign(**changes)))).status == 200


BAD: list[dict[str, Any]] = [
    {"exp": 1_000_000_000},
    {"exp": None},
    {"nbf": 33_000_000_000},
    {"iss": "https://elsewhere.example.com"},
    {"iss": None},
    {"aud": "other"},
    {"aud": None},
    {"sub": None},
    {"key": 1},
    {"kid": "unknown"},
    {"kid": "e1"},
    {"algorithm": "RS384"},
    {"algorithm": "none", "key": None},
    {"algorithm": "HS256", "key": "x" * 64},
]


@pytest.mark.parametrize("changes", BAD)
async def test_a_bad_token_is_a_401(site: Site, changes: dict[str, Any]) -> None:
    async with _with_provider(site, Provider()) as api:
        reply = await api.get("/api/prisons", headers=_bearer(sign(**changes)))
        assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("token", ["x", "a.b.c", "..", "e30.e30.", "é" * 9, "A" * 4000])
async def test_what_is_no_token_is_a_401(site: Site, token: str) -> None:
    async with _with_provider(site, Provider()) as api:
        assert (await api.get("/api/prisons", headers=_bearer(token))).status == 401


async def test_a_public_key_is_no_secret(site: Site) -> None:
    """A token signed with the published key as if it were a password."""
    key = login_keys.rsa_pem()
    _, body, _ = sign().split(".")
    forged = base64url_encode(b'{"alg":"HS256","kid":"r1","typ":"JWT"}').decode() + f".{body}"
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = base64url_encode(algorithm.sign(forged.encode(), key)).decode()
    async with _with_provider(site, Provider()) as api:
        assert (await api.get("/api/prisons", headers=_bearer(f"{forged}.{signature}"))).status == 401


@pytest.mark.parametrize("roles", [None, [], "", ["role_book"], "ROLE_BOOKER", {"ROLE_BOOK": True}, 5, [["ROLE_BOOK"]]])
async def test_without_the_role_it_is_a_403(site: Site, roles: Any) -> None:
    async with _with_provider(site, Provider()) as api:
        reply = await api.get("/api/prisons", headers=_bearer(sign(authorities=roles)))
        assert (reply.status, reply.message) == (403, "Forbidden")


async def test_roles_may_lie_deeper(site: Site) -> None:
    async with _with_provider(site, Provider(), role_claim="realm_access.roles") as api:
        token = sign(authorities=None, realm_access={"roles": ["ROLE_BOOK"]})
        assert (await api.get("/api/prisons", headers=_bearer(token))).status == 200
        assert (await api.get("/api/prisons", headers=_bearer(sign(realm_access=["ROLE_BOOK"])))).status == 403


async def test_the_keys_are_fetched_once(site: Site) -> None:
    provider = Provider()
    async with _with_provider(site, provider) as api:
        for _ in range(5):
            assert (await api.get("/api/prisons", headers=_bearer(sign()))).status == 200
    assert provider.asked == 1


async def test_keys_that_are_for_something_else_do_not_count(site: Site) -> None:
    odd: list[Any] = [5, {}, {"kty": "oct", "k": "AAAA", "kid": "r1"}, {"kty": "RSA", "kid": "r1"}]
    provider = Provider([*odd, public_rsa(use="enc"), public_rsa("r1", 1), public_ec()])
    async with _with_provider(site, provider) as api:
        assert (await api.get("/api/prisons", headers=_bearer(sign()))).status == 401
        assert (await api.get("/api/prisons", headers=_bearer(sign(key=1)))).status == 200


@pytest.mark.parametrize(
    "provider",
    [
        Provider(status=500),
        Provider(status=302),
        Provider(body=b"<html>"),
        Provider(body=b"[]"),
        Provider(body=b'{"keys": 5}'),
        Provider([]),
    ],
)
async def test_where_the_keys_cannot_be_had_nobody_is_called_a_liar(site: Site, provider: Provider) -> None:
    async with _with_provider(site, provider) as api:
        reply = await api.get("/api/prisons", headers=_bearer(sign()))
        assert (reply.status, reply.message) == (503, "Service unavailable")
        assert int(reply.headers["Retry-After"]) > 0
