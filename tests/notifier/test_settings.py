"""The `[mail]` section: what it refuses, what it answers, and that it keeps its secrets."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from notifier import MessageKind, compose, envelope_for
from notifier.channels import make
from notifier.samples import sample
from notifier.settings import MailSettings

ID = "00000000-0000-4000-8000-000000000001"
KINDS = [kind.value for kind in MessageKind if kind.value.startswith("visitor_")]
TEMPLATES = {language: dict.fromkeys(KINDS, ID) for language in ("en", "cy")}


def test_the_shipped_values_need_nothing() -> None:
    settings = MailSettings()
    assert settings.smtp.loopback
    assert set(make(settings)) == {"smtp"}
    assert settings.domain == "example.com"


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"colour": "red"}, "Extra inputs"),
        ({"visitor_channel": "pigeon"}, "Input should be"),
        ({"from_address": "Ada <a@example.com>"}, "plain email address"),
        ({"from_address": "a@example.com\n"}, "plain email address"),
        ({"from_address": ""}, "must not be empty"),
        ({"unattended_address": ""}, "must not be empty"),
        ({"from_name": "Visits\r\nBcc: x"}, "one line"),
        ({"visit_url": "https://example.com/visits"}, "{id}"),
        ({"visit_url": "https://example.com/{id}/{name}"}, "nothing else"),
        ({"visit_url": "javascript:{id}"}, "absolute"),
        ({"retry_first": 0}, "greater than 0"),
        ({"smtp": {"username": "u"}}, "go together"),
        ({"smtp": {"password": "p"}}, "go together"),
        ({"smtp": {"host": "mail.example.com", "username": "u", "password": "p"}}, "starttls"),
        ({"smtp": {"port": 0}}, "greater than or equal"),
        ({"visitor_channel": "govuk_notify"}, "api_key_file, templates.en.visitor_booked"),
        (
            {"visitor_channel": "govuk_notify", "govuk_notify": {"api_key": "k", "templates": {"en": TEMPLATES["en"]}}},
            "templates.cy.visitor_booked",
        ),
        ({"govuk_notify": {"templates": {"cy": {"visitor_booked": "not an id"}}}}, "UUID"),
    ],
)
def test_what_is_refused(values: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError) as refused:
        MailSettings.model_validate(values)
    assert complaint in str(refused.value)


def test_a_login_on_loopback_needs_no_encryption() -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        MailSettings.model_validate({"smtp": {"host": host, "username": "u", "password": "p"}})


def test_secrets_do_not_print(tmp_path: Path) -> None:
    settings = MailSettings.model_validate(
        {"smtp": {"username": "u", "password": "hush", "starttls": True}, "govuk_notify": {"api_key": "hush too"}}
    )
    assert "hush" not in f"{settings!r} {settings.model_dump_json()}"
    assert settings.smtp.password_text() == "hush"
    file = tmp_path / "key"
    file.write_text("  from a file\n")
    assert MailSettings.model_validate({"govuk_notify": {"api_key_file": file}}).govuk_notify.api_key_text() == (
        "from a file"
    )


@pytest.mark.parametrize(("channel", "name"), [("smtp", "smtp"), ("govuk_notify", "notify"), ("console", "console")])
def test_the_settings_choose_the_visitors_channel_and_never_the_mailbox_s(channel: str, name: str) -> None:
    settings = MailSettings.model_validate(
        {"visitor_channel": channel, "govuk_notify": {"api_key": "k", "templates": TEMPLATES}}
    )
    for kind in MessageKind:
        chosen = settings.channel_for(kind)
        assert chosen == (name if kind.value in KINDS else "smtp")
        assert make(settings)[chosen].name == chosen


def test_links_to_a_visit() -> None:
    settings = MailSettings(visit_url="https://visits.example.com/{language}/visits/{id}")
    assert settings.visit_link("7KQ2M4XP", "cy") == "https://visits.example.com/cy/visits/7KQ2M4XP"
    assert MailSettings(visit_url="https://v.example.com/{id}").visit_link("x", "en") == "https://v.example.com/x"


async def test_the_console_prints_the_message() -> None:
    settings, out = MailSettings(visitor_channel="console"), io.StringIO()
    kind = MessageKind.VISITOR_BOOKED
    facts = sample(kind, "cy", date(2026, 11, 23))
    envelope = envelope_for(kind, facts, settings, 1)
    channel = make(settings, out)["console"]
    message = compose(kind, facts)
    await channel.deliver(channel.prepare(message, envelope), envelope.recipient, envelope.message_id, asked=False)
    assert out.getvalue().startswith(f"To: ada@example.com\nSubject: {message.subject}\n")
    assert message.text in out.getvalue()
