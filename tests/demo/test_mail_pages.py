"""The mail sink's pages: for a person who looks, and for scripts; hostile mails stay in their frame."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiohttp
import aiosmtplib
import pytest

from adapter.clock import SystemClock
from adapter.demo.mail_pages import linked
from adapter.demo.mail_sink import MailSink, sink_running

ALICE = "alice@example.com"
NASTY = '<script>alert("x")</script>'


@pytest.fixture
async def sink() -> AsyncIterator[MailSink]:
    async with sink_running(SystemClock()) as sink:
        yield sink


@pytest.fixture
async def browser(sink: MailSink) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{sink.pages_port}") as session:
        yield session


async def send(sink: MailSink, text: str = "Hello", html: str = "", to: str = ALICE, subject: str = "Hi") -> None:
    message = EmailMessage()
    message["From"] = "visits@example.org"
    message["To"] = to
    message["Subject"] = subject
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    await aiosmtplib.send(message, hostname="127.0.0.1", port=sink.port, start_tls=False)


async def test_scripts_get_json_by_recipient(sink: MailSink, browser: aiohttp.ClientSession) -> None:
    await send(sink, "See https://visits.example/v/1", "<b>See</b>")
    await send(sink, to="bob@example.com")
    async with browser.get("/mails") as answer:
        assert [mail["recipients"] for mail in await answer.json()] == [[ALICE], ["bob@example.com"]]
    async with browser.get("/mails", params={"to": ALICE}) as answer:
        (mail,) = await answer.json()
    assert (mail["subject"], mail["from"], mail["calendar"]) == ("Hi", "visits@example.org", "")
    assert mail["text"].strip() == "See https://visits.example/v/1"
    assert mail["html"].strip() == "<b>See</b>"


async def test_mails_can_be_forgotten(sink: MailSink, browser: aiohttp.ClientSession) -> None:
    await send(sink)
    async with browser.delete("/mails") as answer:
        assert answer.status == 204
    assert sink.mails == ()
    async with browser.get("/mails/1") as answer:
        assert answer.status == 404


async def test_a_person_finds_the_mail_and_its_links(sink: MailSink, browser: aiohttp.ClientSession) -> None:
    async with browser.get("/") as answer:
        assert "Nothing has arrived yet" in await answer.text()
    await send(sink, "Go to https://visits.example/v/1?a=1&b=2.", "<b>Go</b>")
    async with browser.get("/") as answer:
        assert '<a href="/mails/1">Hi</a>' in await answer.text()
    async with browser.get("/mails/1") as answer:
        page = await answer.text()
    assert 'href="https://visits.example/v/1?a=1&amp;b=2"' in page
    assert 'src="/mails/1/html"' in page
    async with browser.get("/mails/1/raw") as answer:
        assert answer.content_type == "text/plain"
        assert "Subject: Hi" in await answer.text()


async def test_what_a_mail_says_is_never_part_of_the_page(sink: MailSink, browser: aiohttp.ClientSession) -> None:
    await send(sink, NASTY, subject=NASTY)
    for path in ("/", "/mails/1"):
        async with browser.get(path) as answer:
            page = await answer.text()
            assert NASTY not in page
            assert "&lt;script&gt;" in page
            assert "script-src" not in answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_a_mails_html_is_shut_in(sink: MailSink, browser: aiohttp.ClientSession) -> None:
    await send(sink, html=f"<p>Hello</p>{NASTY}")
    async with browser.get("/mails/1") as answer:
        page = await answer.text()
        assert NASTY not in page
        assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    async with browser.get("/mails/1/html") as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("sandbox ")
        assert "default-src 'none'" in policy
        assert "allow-scripts" not in policy
        assert "allow-same-origin" not in policy


async def test_only_this_machine_is_answered_by_name(sink: MailSink, browser: aiohttp.ClientSession) -> None:
    async with browser.get("/mails", headers={"Host": "attacker.example"}) as answer:
        assert answer.status == 403
    async with browser.get("/mails", headers={"Host": "localhost:8025"}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nothing", "nothing"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        (
            "see https://a.example/x.",
            'see <a href="https://a.example/x" target="_blank" rel="noopener noreferrer">https://a.example/x</a>.',
        ),
    ],
)
def test_links_in_text(text: str, shown: str) -> None:
    assert linked(text) == shown
