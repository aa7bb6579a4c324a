"""The `[mail]` section. Seconds throughout; secrets only from files or the environment."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from string import Formatter
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from notifier.content import Language
from notifier.kinds import Audience, MessageKind

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _secret(value: SecretStr | None, file: Path | None) -> str:
    """The secret itself, read afresh from its file so that it can be rotated; empty if there is none."""
    if value is not None:
        return value.get_secret_value()
    return file.read_text(encoding="utf-8").strip() if file is not None else ""


class SmtpSettings(_Section):
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=1025, ge=1, le=65535)
    starttls: bool = False
    ca_file: Path | None = None
    """Certificates to trust instead of the system's; for a mail server with a certificate of one's own."""
    username: str = ""
    password: SecretStr | None = None
    password_file: Path | None = None
    ehlo_name: str = Field(default="", pattern=r"^[A-Za-z0-9.-]*$")
    """How we introduce ourselves; empty: the domain of `from_address`."""
    timeout: float = Field(default=20.0, gt=0)
    """For connecting, and for each answer of the server."""

    @property
    def loopback(self) -> bool:
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @model_validator(mode="after")
    def _login(self) -> Self:
        has_password = self.password is not None or self.password_file is not None
        if bool(self.username) != has_password:
            raise ValueError("username and password (or password_file) go together")
        if self.username and not self.starttls and not self.loopback:
            raise ValueError("a login needs starttls = true, except on loopback")
        return self

    def password_text(self) -> str:
        """The password, or empty. Raises OSError when its file can't be read."""
        return _secret(self.password, self.password_file)


class NotifyTemplates(_Section):
    """One language's template ids. Each template is `((subject))` over `((body))`, or words of its own."""

    visitor_booked: UUID | None = None
    visitor_requested: UUID | None = None
    visitor_rejected: UUID | None = None
    visitor_message: UUID | None = None
    visitor_withdrawn: UUID | None = None
    visitor_cancelled: UUID | None = None

    def missing(self) -> tuple[str, ...]:
        return tuple(name for name in type(self).model_fields if getattr(self, name) is None)


class NotifyTemplatesByLanguage(_Section):
    en: NotifyTemplates = NotifyTemplates()
    cy: NotifyTemplates = NotifyTemplates()


class NotifySettings(_Section):
    api_key: SecretStr | None = None
    api_key_file: Path | None = None
    base_url: str = "https://api.notifications.service.gov.uk"
    timeout: float = Field(default=20.0, gt=0)
    reply_to: dict[str, UUID] = Field(default_factory=dict)
    """Prison mailbox → the id of that reply-to address in Notify; others get the service's default."""
    templates: NotifyTemplatesByLanguage = NotifyTemplatesByLanguage()

    @property
    def has_key(self) -> bool:
        return self.api_key is not None or self.api_key_file is not None

    def api_key_text(self) -> str:
        """The key, or empty. Raises OSError when its file can't be read."""
        return _secret(self.api_key, self.api_key_file)

    def template_id(self, kind: MessageKind, language: Language) -> str:
        """The id of the template for a visitor's message; they are all there once the settings are checked."""
        templates = self.templates.en if language == "en" else self.templates.cy
        found = getattr(templates, kind.value)
        assert found is not None
        return str(found)


class MailSettings(_Section):
    visitor_channel: Literal["smtp", "govuk_notify", "console"] = "smtp"
    """`console` prints personal data: the start refuses it except in the demo or on loopback."""
    from_name: str = Field(default="Prison visits", max_length=60)
    from_address: str = "prison-visits@example.com"
    unattended_address: str = "no-reply@example.com"
    """Reply-To of everything sent to a prison mailbox."""
    second_address: str = ""
    """Gets what a prison mailbox refuses for good; empty: nobody."""
    feedback_address: str = "feedback@example.com"
    visit_url: str = "http://127.0.0.1:4000/{language}/visits/{id}"
    """Where visitors see and cancel their visit; `{id}` is needed, `{language}` (en, cy) may be used."""
    retry_first: float = Field(default=10.0, gt=0)
    """Pause before the second try; doubles from try to try."""
    retry_longest: float = Field(default=3600.0, gt=0)
    retry_for: float = Field(default=86400.0, gt=0)
    """Tries end this long after the message was written; then it is a dead letter."""
    smtp: SmtpSettings = SmtpSettings()
    govuk_notify: NotifySettings = NotifySettings()

    @field_validator("from_address", "unattended_address", "second_address", "feedback_address")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        if value and not _ADDRESS.fullmatch(value):
            raise ValueError("must be one plain email address")
        return value

    @field_validator("from_address", "unattended_address", "feedback_address")
    @classmethod
    def _needed(cls, value: str) -> str:
        if not value:
            raise ValueError("must not be empty")
        return value

    @field_validator("from_name")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("must be one line of printable characters")
        return value

    @field_validator("visit_url")
    @classmethod
    def _names_the_visit(cls, value: str) -> str:
        fields = {name for _, name, _, _ in Formatter().parse(value) if name is not None}
        if "id" not in fields or not fields <= {"id", "language"}:
            raise ValueError("must contain {id}, and may contain {language}, and nothing else in braces")
        if not value.startswith(("https://", "http://")):
            raise ValueError("must be an absolute http or https address")
        return value

    @model_validator(mode="after")
    def _notify_is_complete(self) -> Self:
        if self.visitor_channel != "govuk_notify":
            return self
        missing = [f"templates.en.{name}" for name in self.govuk_notify.templates.en.missing()]
        missing += [f"templates.cy.{name}" for name in self.govuk_notify.templates.cy.missing()]
        if not self.govuk_notify.has_key:
            missing.insert(0, "api_key_file")
        if missing:
            raise ValueError(f"govuk_notify needs {', '.join(missing)}")
        return self

    @property
    def domain(self) -> str:
        """The domain of our message ids."""
        return self.from_address.rpartition("@")[2]

    def channel_for(self, kind: MessageKind) -> str:
        """The name of the channel (`notifier.channels.make`) for messages of this kind; staff's always go by SMTP."""
        if kind.audience is not Audience.VISITOR or self.visitor_channel == "smtp":
            return "smtp"
        return "notify" if self.visitor_channel == "govuk_notify" else "console"

    def visit_link(self, visit_id: str, language: Language) -> str:
        """Where the visitor sees and cancels this visit."""
        return self.visit_url.format(id=visit_id, language=language)
