"""The mail sink as a mail server: what it keeps, and what it gets wrong on request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiosmtplib
import pytest

from adapter.clock import SystemClock
from adapter.demo.mail_sink import KEPT, Fault, MailSink, sink_running

ALICE, BOB = "alice@example.com", "bob@example.com"
HANG = 10.0  # seconds


@pytest.fixture
async def sink() -> AsyncIterator[MailSink]:
    async with sink_running(SystemClock()) as sink:
        yield sink


def a_mail(subject: str = "Your visit", text: str = "Dear reader,\nbring a photograph.\n") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "visits@example.org"
    message["To"] = ALICE
    message["Subject"] = subject
    message["Message-ID"] = "<1@example.org>"
    message.set_content(text)
    message.add_alternative(f"<p>{text}</p>", subtype="html")
    return message


async def send(sink: MailSink, *recipients: str, subject: str = "Your visit") -> None:
    async with asyncio.timeout(HANG):
        await aiosmtplib.send(
            a_mail(subject),
            hostname="127.0.0.1",
            port=sink.port,
            recipients=list(recipients or [ALICE]),
            start_tls=False,
        )


async def test_what_arrives_is_kept_in_order_and_can_be_read(sink: MailSink) -> None:
    await send(sink, ALICE, BOB, subject="Ymweliad â charchar")
    await send(sink, BOB, subject="second")
    first, second = await sink.arrived(2)
    assert first.recipients == (ALICE, BOB)
    assert first.header("Subject") == "Ymweliad â charchar"
    assert first.text == "Dear reader,\nbring a photograph.\n"
    assert "<p>Dear reader," in first.html
    assert first.calendar == ""
    assert sink.mails_to(ALICE) == (first,)
    assert (first.id, second.id) == (1, 2)


async def test_only_the_newest_are_kept() -> None:
    async with sink_running(SystemClock()) as sink:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=sink.port, start_tls=False) as client:
            for number in range(KEPT + 2):
                await client.sendmail("visits@example.org", [ALICE], f"Subject: {number}\r\n\r\n.\r\n")
        assert len(sink.mails) == KEPT
        assert sink.mails[0].header("Subject") == "2"


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("code", [421, 451, 550])
async def test_a_refusal_is_given_once_and_the_mail_isnt_kept(sink: MailSink, stage: str, code: int) -> None:
    sink.arm(Fault(stage, reply=f"{code} not now"))  # type: ignore[arg-type]
    with pytest.raises(aiosmtplib.SMTPException) as refused:
        await send(sink)
    answers = (
        refused.value.recipients if isinstance(refused.value, aiosmtplib.SMTPRecipientsRefused) else [refused.value]
    )
    assert [getattr(answer, "code", None) for answer in answers] == [code]
    assert sink.mails == ()
    await send(sink)
    assert len(sink.mails) == 1


async def test_one_recipient_can_be_refused(sink: MailSink) -> None:
    sink.arm(Fault("RCPT", reply="550 unknown here", recipient=BOB, times=2))
    await send(sink, ALICE)
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await send(sink, BOB)
    await send(sink, ALICE, BOB)
    assert [mail.recipients for mail in sink.mails] == [(ALICE,), (ALICE,)]


async def test_an_answer_that_is_lost_after_the_mail_was_taken(sink: MailSink) -> None:
    sink.arm(Fault("DATA", lose=True))
    with pytest.raises((aiosmtplib.SMTPServerDisconnected, ConnectionError)):
        await send(sink)
    assert len(sink.mails) == 1


async def test_a_connection_that_breaks_before_the_mail_is_taken(sink: MailSink) -> None:
    sink.arm(Fault("RCPT", lose=True))
    with pytest.raises((aiosmtplib.SMTPServerDisconnected, ConnectionError)):
        await send(sink)
    assert sink.mails == ()


async def test_a_server_that_never_answers(sink: MailSink) -> None:
    sink.arm(Fault("DATA", hang=True))
    sending = asyncio.create_task(send(sink))
    await asyncio.sleep(0.05)
    assert not sending.done()
    await sink.break_all()
    with pytest.raises((aiosmtplib.SMTPServerDisconnected, ConnectionError)):
        await sending
    sink.arm(Fault("MAIL", reply="451 later", times=100))
    sink.disarm()
    await send(sink)
    assert len(sink.mails) == 1
