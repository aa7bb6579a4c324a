"""The three schemes: what is shown with each request, and what happens when it is not accepted."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from nomis_client import (
    AccessDenied,
    Booked,
    CancelAnswer,
    CancellationCode,
    NomisSettings,
    OutcomeUnknown,
    PrisonSystem,
    Unavailable,
)
from nomis_client.rest import make
from tests.support.raw_server import Answer, RawServer, Request, hangs, raw_server, replies
from tests.support.rest_clients import NOW, OFFENDER, Ear, book, rest_client, soon

VERSION = replies(200, {"version": "1"})
KEY = ec.generate_private_key(ec.SECP256R1())


def pem(key: Any = KEY) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    spelled: bytes = key.private_bytes(encoding, form, serialization.NoEncryption())
    return spelled.decode()


ES256 = {"scheme": "es256", "client_token": SecretStr("client-token"), "private_key": SecretStr(pem())}


def bearer(request: Request) -> str:
    kind, _, token = request.headers["authorization"].partition(" ")
    assert kind == "Bearer"
    return token


class TestEs256:
    async def test_the_token_is_signed_now_and_says_no_more_than_agreed(self) -> None:
        async with raw_server(VERSION) as server, rest_client(server, auth=ES256) as client:
            await client.version(soon())
        token = bearer(server.requests[0])
        assert jwt.get_unverified_header(token)["alg"] == "ES256"
        payload = jwt.decode(token, KEY.public_key(), algorithms=["ES256"], options={"verify_iat": False})
        assert payload == {"iat": int(NOW.timestamp()), "token": "client-token"}

    async def test_every_request_and_every_retry_has_its_own(self) -> None:
        answers = (replies(503, b""), VERSION, replies(200, {"visit_id": 1}))
        async with raw_server(*answers) as server, rest_client(server, auth=ES256) as client:
            await client.version(soon())
            await book(client)
        assert len({bearer(request) for request in server.requests}) == 3

    async def test_a_401_is_refused_access_and_not_repeated(self) -> None:
        ear = Ear()
        answer = replies(401, "iat skew too large (11)")
        async with raw_server(answer) as server, rest_client(server, ear, auth=ES256) as client:
            with pytest.raises(AccessDenied):
                await client.version(soon())
        assert len(server.requests) == 1
        assert ear.defects == [("version", "http_401")]

    @pytest.mark.parametrize(
        "settings",
        [
            {"client_token": None},
            {"private_key": None},
            {"private_key": SecretStr("no key")},
            {"private_key": SecretStr(pem(ec.generate_private_key(ec.SECP384R1())))},
        ],
    )
    def test_what_cannot_work_is_said_at_the_start_without_the_secret(self, settings: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r"client_token|private_key") as complaint:
            make(NomisSettings.model_validate({"base_url": "http://127.0.0.1:1", "auth": ES256 | settings}))
        assert "no key" not in str(complaint.value)
        assert complaint.value.__suppress_context__ or complaint.value.__context__ is None


class Issuer:
    """An OAuth server and a prison system in one: hands out numbered tokens, accepts those in `good`."""

    def __init__(self, then: Answer = VERSION, expires_in: int = 3600) -> None:
        self.then = then
        self.expires_in = expires_in
        self.issued = 0
        self.good: set[str] = set()

    async def __call__(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if request.target.startswith("/auth/"):
            self.issued += 1
            self.good = {f"Bearer token-{self.issued}"}
            body = {"access_token": f"token-{self.issued}", "expires_in": self.expires_in, "token_type": "bearer"}
            answer = replies(200, body)
        elif request.headers.get("authorization") in self.good:
            answer = self.then
        else:
            answer = replies(401, b"")
        await answer(request, reader, writer)


def oauth2(server: RawServer) -> dict[str, Any]:
    return {
        "scheme": "oauth2",
        "auth_url": server.url + "/auth",
        "client_id": "visits",
        "client_secret": SecretStr("very-secret"),
    }


async def cancel(client: PrisonSystem) -> CancelAnswer:
    return await client.cancel(OFFENDER, 5984, CancellationCode.VISITOR, soon())


class TestOauth2:
    async def test_the_token_is_asked_for_as_agreed(self) -> None:
        async with raw_server(Issuer()) as server, rest_client(server, auth=oauth2(server)) as client:
            await client.version(soon())
        asked, used = server.requests
        assert (asked.method, asked.target) == ("POST", "/auth/oauth/token?grant_type=client_credentials")
        assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"visits:very-secret").decode()
        assert bearer(used) == "token-1"

    async def test_many_callers_wait_for_one_token(self) -> None:
        issuer = Issuer()
        async with raw_server(issuer) as server, rest_client(server, auth=oauth2(server)) as client:
            await asyncio.gather(*(client.version(soon()) for _ in range(20)))
        assert issuer.issued == 1

    @pytest.mark.parametrize(("expires_in", "tokens"), [(61, 1), (3600, 1), (0, 3)])
    async def test_a_token_is_used_until_a_minute_before_its_end(self, expires_in: int, tokens: int) -> None:
        issuer = Issuer(expires_in=expires_in)
        async with raw_server(issuer) as server, rest_client(server, auth=oauth2(server)) as client:
            for _ in range(3):
                await client.version(soon())
        assert issuer.issued == tokens

    async def test_a_401_to_a_read_fetches_one_token_and_asks_again(self) -> None:
        issuer = Issuer()
        async with raw_server(issuer) as server, rest_client(server, auth=oauth2(server)) as client:
            await client.version(soon())
            issuer.good = set()
            await asyncio.gather(*(client.version(soon()) for _ in range(10)))
        assert issuer.issued == 2

    async def test_a_second_401_is_refused_access(self) -> None:
        issuer = Issuer(then=replies(401, b""))
        async with raw_server(issuer) as server, rest_client(server, auth=oauth2(server)) as client:
            with pytest.raises(AccessDenied):
                await client.version(soon())
        assert issuer.issued == 2

    async def test_a_401_to_a_cancellation_fetches_one_token_and_cancels_again(self) -> None:
        issuer = Issuer(then=replies(200, {"message": "Visit Cancelled"}))
        async with raw_server(issuer) as server, rest_client(server, auth=oauth2(server)) as client:
            await cancel(client)
            issuer.good = set()
            assert await cancel(client) is CancelAnswer.CANCELLED
        assert issuer.issued == 2

    async def test_a_401_to_a_booking_is_never_repeated_but_the_next_booking_has_a_new_token(self) -> None:
        issuer = Issuer(then=replies(200, {"visit_id": 1}))
        async with raw_server(issuer) as server, rest_client(server, auth=oauth2(server)) as client:
            await book(client)
            issuer.good = set()
            with pytest.raises(OutcomeUnknown, match="http_401"):
                await book(client)
            assert issuer.issued == 1
            assert await book(client) == Booked(1)
        assert issuer.issued == 2

    @pytest.mark.parametrize(
        ("answer", "meaning", "reason"),
        [
            (replies(401, b""), AccessDenied, "token_http_401"),
            (replies(503, b""), Unavailable, "token_http_503"),
            (replies(200, b"<html>"), AccessDenied, "token_not_understood"),
            (replies(200, {"access_token": 5, "expires_in": 9}), AccessDenied, "token_not_understood"),
            (replies(200, {"access_token": "a\r\nb", "expires_in": 9}), AccessDenied, "token_not_understood"),
            (replies(200, {"access_token": "café", "expires_in": 9}), AccessDenied, "token_not_understood"),
            (replies(200, {"access_token": "", "expires_in": 9}), AccessDenied, "token_not_understood"),
        ],
    )
    async def test_without_a_token_nothing_is_sent(
        self, answer: Answer, meaning: type[Unavailable], reason: str
    ) -> None:
        ear = Ear()
        async with raw_server(answer) as server, rest_client(server, ear, auth=oauth2(server)) as client:
            with pytest.raises(meaning, match=reason) as failure:
                await book(client)
        assert type(failure.value) is meaning
        assert {request.target.split("?")[0] for request in server.requests} == {"/auth/oauth/token"}
        assert bool(ear.defects) == (meaning is AccessDenied)

    async def test_a_token_server_that_hangs_ends_with_the_deadline_of_each_caller(self) -> None:
        async with raw_server(hangs) as server, rest_client(server, auth=oauth2(server)) as client:
            with pytest.raises(Unavailable):
                await book(client, seconds=0.05)
            with pytest.raises(Unavailable):
                await client.version(soon(0.05))


class TestSecrets:
    def test_a_secret_comes_from_its_file_without_the_last_line_end(self, tmp_path: Path) -> None:
        file = tmp_path / "secret"
        file.write_text("s3cret\n")
        settings = NomisSettings.model_validate({"auth": {"client_secret_file": str(file)}})
        assert settings.auth.secret("client_secret").get_secret_value() == "s3cret"

    @pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff"])
    def test_a_file_without_a_secret_is_a_complaint_about_the_setting(
        self, tmp_path: Path, content: bytes | None
    ) -> None:
        file = tmp_path / "secret"
        if content is not None:
            file.write_bytes(content)
        settings = NomisSettings.model_validate({"soap": {"password_file": str(file)}})
        with pytest.raises(ValueError, match="password"):
            settings.soap.secret("password")

    def test_secrets_print_as_stars(self) -> None:
        settings = NomisSettings.model_validate({"base_url": "http://127.0.0.1:1", "auth": ES256})
        assert "client-token" not in repr(settings) + str(settings) + settings.model_dump_json()
        assert "PRIVATE KEY" not in repr(settings) + str(settings) + settings.model_dump_json()
