"""SMTP against real servers: what arrives, and what each way of failing means."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import date
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import trustme

from notifier import DeliveryFailed, MessageKind, NoAnswer, OurOutage, Permanent, Temporary, compose, envelope_for
from notifier.channels import make
from notifier.channels.smtp import SmtpChannel
from notifier.content import Language
from notifier.samples import sample
from notifier.settings import MailSettings
from tests.support.smtp_servers import DROP, HANG, PASSWORD, USER, MailServer, mail_server, scripted_server

TODAY = date(2026, 11, 23)
CA = trustme.CA()
EVERY: list[tuple[MessageKind, Language]] = [
    (kind, language)
    for kind in MessageKind
    for language in (("en", "cy") if kind.value.startswith("visitor_") else ("en",))
]


@pytest.fixture(scope="module")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    CA.cert_pem.write_to_path(file)
    return file


def server_tls(name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    CA.issue_cert(name).configure_cert(context)
    return context


@pytest.fixture
async def secure_server() -> AsyncIterator[MailServer]:
    async with mail_server(server_tls()) as server:
        yield server


def settings(port: int, **changes: Any) -> MailSettings:
    return MailSettings.model_validate({"smtp": {"port": port, "timeout": 5.0, **changes}})


def secure(port: int, ca_file: Path, password: str = PASSWORD) -> MailSettings:
    return settings(port, starttls=True, ca_file=ca_file, username=USER, password=password)


async def deliver(
    mail: MailSettings, kind: MessageKind = MessageKind.VISITOR_BOOKED, language: Language = "en"
) -> bytes:
    facts = sample(kind, language, TODAY)
    envelope = envelope_for(kind, facts, mail, 1)
    channel = make(mail)["smtp"]
    payload = channel.prepare(compose(kind, facts), envelope)
    await channel.deliver(payload, envelope.recipient, envelope.message_id, asked=False)
    return payload


@pytest.mark.parametrize(("kind", "language"), EVERY)
async def test_every_message_arrives_encrypted_and_byte_for_byte(
    secure_server: MailServer, ca_file: Path, kind: MessageKind, language: Language
) -> None:
    mail = secure(secure_server.port, ca_file)
    payload = await deliver(mail, kind, language)
    (received,) = secure_server.mails
    assert received.content == payload
    assert received.encrypted
    assert received.user == USER
    assert received.sender == "prison-visits@example.com"
    assert received.recipients == [envelope_for(kind, sample(kind, language, TODAY), mail, 1).recipient]
    assert message_from_bytes(received.content, policy=default)["X-Message-Kind"] == kind.value


async def test_without_encryption_on_loopback() -> None:
    async with mail_server() as server:
        payload = await deliver(settings(server.port))
    assert [(mail.content, mail.encrypted) for mail in server.mails] == [(payload, False)]


async def test_a_repeat_sends_the_same_again(secure_server: MailServer, ca_file: Path) -> None:
    mail = secure(secure_server.port, ca_file)
    await deliver(mail)
    await deliver(mail)
    first, second = secure_server.mails
    assert first == second


async def test_a_line_that_begins_with_a_dot_stays_whole() -> None:
    payload = b"From: a@example.com\r\n\r\n.\r\n..\r\n.x\r\n"
    async with mail_server() as server:
        await SmtpChannel(settings(server.port)).deliver(payload, "b@example.com", "<x@example.com>", asked=False)
    assert server.mails[0].content == payload


@pytest.mark.parametrize(
    ("step", "reply", "failure", "reason"),
    [
        ("connect", "421 too busy", Temporary, "connect 421"),
        ("connect", "554 go away", OurOutage, "connect 554"),
        ("connect", DROP, OurOutage, "connect failed"),
        ("connect", "what", OurOutage, "connect -1"),
        ("EHLO", "421 too busy", Temporary, "ehlo 421"),
        ("EHLO", "550 who are you", OurOutage, "ehlo 550"),
        ("EHLO", DROP, OurOutage, "ehlo connection lost"),
        ("AUTH", "535 wrong", OurOutage, "login 535"),
        ("AUTH", "454 not now", OurOutage, "login 454"),
        ("AUTH", DROP, OurOutage, "login connection lost"),
        ("MAIL", "421 too busy", Temporary, "mail 421"),
        ("MAIL", "451 not now", Temporary, "mail 451"),
        ("MAIL", "530 log in first", OurOutage, "mail 530"),
        ("MAIL", "550 not this sender", OurOutage, "mail 550"),
        ("MAIL", DROP, Temporary, "mail connection lost"),
        ("RCPT", "421 too busy", Temporary, "rcpt 421"),
        ("RCPT", "451 not now", Temporary, "rcpt 451"),
        ("RCPT", "550 nobody here", Permanent, "rcpt 550"),
        ("RCPT", "530 log in first", OurOutage, "rcpt 530"),
        ("RCPT", "535 log in first", OurOutage, "rcpt 535"),
        ("RCPT", DROP, Temporary, "rcpt connection lost"),
        ("DATA", "421 too busy", Temporary, "data 421"),
        ("DATA", "451 not now", Temporary, "data 451"),
        ("DATA", "550 no", Permanent, "data 550"),
        ("DATA", DROP, NoAnswer, "data connection lost"),
        ("body", "421 too busy", Temporary, "data 421"),
        ("body", "451 not now", Temporary, "data 451"),
        ("body", "550 looks like spam", Permanent, "data 550"),
        ("body", "what", NoAnswer, "data malformed reply"),
        ("body", DROP, NoAnswer, "data connection lost"),
    ],
)
async def test_what_a_failure_means(step: str, reply: str, failure: type[DeliveryFailed], reason: str) -> None:
    login = {"username": USER, "password": PASSWORD} if step == "AUTH" else {}
    async with scripted_server(**{step: reply}) as server:
        with pytest.raises(failure) as failed:
            await deliver(settings(server.port, **login))
    assert failed.value.reason == reason
    assert type(failed.value) is failure


SILENT = {
    "connect": OurOutage,
    "EHLO": OurOutage,
    "MAIL": Temporary,
    "RCPT": Temporary,
    "DATA": NoAnswer,
    "body": NoAnswer,
}


async def test_a_server_that_says_nothing() -> None:
    """All at once: each has to wait for its own time to be up, which must be long enough for the steps before."""

    async def failure_at(step: str) -> type[BaseException]:
        async with scripted_server(**{step: HANG}) as server:
            with pytest.raises(DeliveryFailed, match="timed out") as failed:
                await deliver(settings(server.port, timeout=1.0))
        return failed.type

    failures = await asyncio.gather(*map(failure_at, SILENT))
    assert dict(zip(SILENT, failures, strict=True)) == SILENT


@pytest.mark.parametrize("reply", ["250 taken", "251 taken", "200 taken"])
async def test_any_yes_is_a_yes(reply: str) -> None:
    async with scripted_server(body=reply) as server:
        payload = await deliver(settings(server.port))
    assert [body.replace(b"\r\n..", b"\r\n.") for body in server.bodies] == [payload + b".\r\n"]


@pytest.mark.parametrize("reply", [DROP, "500 what"])
async def test_how_we_part_does_not_matter(reply: str) -> None:
    async with scripted_server(QUIT=reply) as server:
        await deliver(settings(server.port))
    assert len(server.bodies) == 1


async def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(OurOutage):
            await deliver(settings(taken.getsockname()[1]))


async def test_encryption_that_is_refused_is_never_done_without() -> None:
    for reply in ("454 not now", "500 what", DROP):
        async with scripted_server(STARTTLS=reply) as server:
            with pytest.raises(OurOutage, match="starttls"):
                await deliver(settings(server.port, starttls=True))
        assert "MAIL" not in server.steps


async def test_encryption_that_is_not_offered_is_never_done_without() -> None:
    async with scripted_server(EHLO="250 mail.example.com") as server:
        with pytest.raises(OurOutage, match="starttls failed"):
            await deliver(settings(server.port, starttls=True))
    assert "MAIL" not in server.steps


async def test_a_certificate_of_somebody_else(ca_file: Path) -> None:
    async with mail_server(server_tls("mail.example.org")) as server:
        with pytest.raises(OurOutage, match="starttls certificate"):
            await deliver(secure(server.port, ca_file))
    assert server.mails == []


async def test_a_certificate_that_nobody_vouches_for(secure_server: MailServer) -> None:
    with pytest.raises(OurOutage, match="starttls certificate"):
        await deliver(settings(secure_server.port, starttls=True, username=USER, password=PASSWORD))
    assert secure_server.mails == []


async def test_a_wrong_password(secure_server: MailServer, ca_file: Path) -> None:
    with pytest.raises(OurOutage, match="login 535"):
        await deliver(secure(secure_server.port, ca_file, "wrong"))
    assert secure_server.mails == []


async def test_the_password_is_read_from_its_file_each_time(
    secure_server: MailServer, ca_file: Path, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    mail = settings(secure_server.port, starttls=True, ca_file=ca_file, username=USER, password_file=file)
    with pytest.raises(OurOutage, match="login failed"):
        await deliver(mail)
    file.write_text(f"{PASSWORD}\n")
    await deliver(mail)
    assert len(secure_server.mails) == 1


async def test_failures_repeat_nothing_that_was_said() -> None:
    async with scripted_server(RCPT="550 ada@example.com is unknown to Oscar Wilde") as server:
        with pytest.raises(Permanent) as failed:
            await deliver(settings(server.port))
    assert "ada" not in f"{failed.value!r} {failed.value.__cause__!r}"
    assert failed.value.__suppress_context__
