"""From a message and its envelope to the bytes of an email (RFC 5322), the same bytes every time."""

from __future__ import annotations

import hashlib
import re
from email.errors import HeaderParseError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from typing import Any, Final

from notifier.envelopes import Envelope
from notifier.kinds import Audience
from notifier.messages import Message

_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")


class _WholeSubject(EmailPolicy):
    """Keeps a subject as it is given. The standard policy decodes what looks encoded (`=?utf-8?q?x?=`): a name may."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        if name.lower() != "subject":
            return super().header_store_parse(name, value)
        if len(value.splitlines()) > 1:
            raise ValueError("a subject is one line")
        return name, value

    def header_fetch_parse(self, name: str, value: str) -> Any:
        return value if name.lower() == "subject" else super().header_fetch_parse(name, value)

    def fold(self, name: str, value: str) -> str:
        if name.lower() != "subject":
            return str(super().fold(name, value))
        plain = value.isascii() and "=?" not in value
        encoded = Header(value, "us-ascii" if plain else "utf-8", header_name=name).encode(linesep=self.linesep)
        return f"{name}: {encoded}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() != "subject":
            return super().fold_binary(name, value)
        return self.fold(name, value).encode("ascii")


def build(message: Message, envelope: Envelope, from_name: str) -> bytes:
    """The whole email: CRLF, ASCII throughout, whatever the names in it.

    Raises ValueError for an address or message id that isn't one: nothing from outside can add a header.
    """
    email = EmailMessage(policy=_WholeSubject(linesep=SMTP.linesep, cte_type="7bit"))
    email["From"] = _address(envelope.sender, from_name)
    email["To"] = _address(envelope.recipient)
    email["Reply-To"] = _address(envelope.reply_to)
    email["Subject"] = message.subject
    email["Date"] = format_datetime(message.written_at)
    email["Message-ID"] = _checked(envelope.message_id)
    if envelope.thread:
        email["In-Reply-To"] = _checked(envelope.thread[-1])
        email["References"] = " ".join(_checked(earlier) for earlier in envelope.thread)
    if message.kind.audience is not Audience.FEEDBACK:
        email["X-Visit-Id"] = envelope.visit_id
    email["X-Message-Kind"] = message.kind.value
    email["Auto-Submitted"] = "auto-generated"
    email["X-Auto-Response-Suppress"] = "All"
    if message.high_priority:
        email["X-Priority"] = "1"
        email["Importance"] = "high"
    _add_body(email, message, envelope.message_id)
    return email.as_bytes()


def _add_body(email: EmailMessage, message: Message, message_id: str) -> None:
    email.set_content(message.text, cte="quoted-printable")
    email.add_alternative(message.html, subtype="html", cte="quoted-printable")
    if message.calendar is not None and message.calendar_method is not None:
        method = {"method": message.calendar_method}
        email.add_alternative(message.calendar.decode(), subtype="calendar", cte="base64", params=method)
    email["Content-Language"] = message.language
    for part in email.iter_parts():
        del part["MIME-Version"]  # belongs to the whole
    # "=_" can't occur in quoted-printable nor in base64, so the boundary occurs nowhere else.
    email.set_boundary(f"=_{hashlib.sha256(message_id.encode()).hexdigest()[:32]}")


def _address(address: str, name: str = "") -> Address:
    if not address.isascii():
        raise ValueError("not a plain address")
    try:
        return Address(name, addr_spec=address)
    except (HeaderParseError, IndexError):
        raise ValueError("not a plain address") from None


def _checked(message_id: str) -> str:
    if not _MESSAGE_ID.fullmatch(message_id):
        raise ValueError("not a message id")
    return message_id
