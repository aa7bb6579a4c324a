"""From a message and its envelope to the bytes of an email (RFC 5322), the same bytes every time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import Header
from email.headerregistry import Address
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from typing import Final

from notifier.envelopes import Envelope
from notifier.kinds import Audience
from notifier.messages import Message

_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_ADDRESS: Final = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PLAIN: Final = re.compile(r"[ -~]*")
_LINE: Final = 78
_SHORT_SUBJECT: Final = 76 - len("Subject: ")
_EOL: Final = "\r\n"


def build(message: Message, envelope: Envelope, from_name: str) -> bytes:
    """The whole email: CRLF, ASCII throughout, whatever the names in it.

    Put together here, because the standard library's message takes every header apart again, at ten times the cost
    (docs/decisions/0011-what-a-booking-costs.md); what needs encoding is encoded by the library.
    Raises ValueError for an address or message id that isn't one: nothing from outside can add a header.
    """
    # "=_" can't occur in quoted-printable nor in base64, so the boundary occurs nowhere else.
    boundary = f"=_{hashlib.sha256(envelope.message_id.encode()).hexdigest()[:32]}"
    parts = (
        _text(message.text, "plain"),
        _text(message.html, "html"),
        *([_calendar(message.calendar, message.calendar_method)] if message.calendar is not None else []),
    )
    whole = "".join(_headers(message, envelope, from_name, boundary)) + _EOL
    return (whole + "".join(f"--{boundary}{_EOL}{part}{_EOL}" for part in parts) + f"--{boundary}--{_EOL}").encode(
        "ascii"
    )


def _headers(message: Message, envelope: Envelope, from_name: str, boundary: str) -> Iterator[str]:
    yield _sender(envelope.sender, from_name)
    yield _address("To", envelope.recipient)
    yield _address("Reply-To", envelope.reply_to)
    yield _subject(message.subject)
    yield _header("Date", format_datetime(message.written_at))
    yield _header("Message-ID", _checked(envelope.message_id))
    if envelope.thread:
        yield _header("In-Reply-To", _checked(envelope.thread[-1]))
        yield _header("References", " ".join(_checked(earlier) for earlier in envelope.thread))
    if message.kind.audience is not Audience.FEEDBACK:
        yield _header("X-Visit-Id", envelope.visit_id)
    yield _header("X-Message-Kind", message.kind.value)
    yield _header("Auto-Submitted", "auto-generated")
    yield _header("X-Auto-Response-Suppress", "All")
    if message.high_priority:
        yield _header("X-Priority", "1")
        yield _header("Importance", "high")
    yield _header("MIME-Version", "1.0")
    yield f'Content-Type: multipart/alternative;{_EOL} boundary="{boundary}"{_EOL}'
    yield _header("Content-Language", message.language)


def _header(name: str, value: str) -> str:
    """One header. Raises ValueError for a value that would end it, or isn't ASCII."""
    if not _PLAIN.fullmatch(value):
        raise ValueError("not a plain header")
    line = f"{name}: {value}{_EOL}"
    if len(line) <= _LINE + len(_EOL):
        return line
    return str(SMTP.fold(name, value))


def _subject(subject: str) -> str:
    """As it is given. The library's newer way decodes what looks encoded (`=?utf-8?q?x?=`): a name may."""
    if len(subject.splitlines()) > 1:
        raise ValueError("a subject is one line")
    plain = subject.isascii() and "=?" not in subject
    if plain and len(subject) <= _SHORT_SUBJECT and _PLAIN.fullmatch(subject):
        return f"Subject: {subject}{_EOL}"  # what the library comes to as well, at 30 times the cost
    encoded = Header(subject, "us-ascii" if plain else "utf-8", header_name="Subject").encode(linesep=_EOL)
    return f"Subject: {encoded}{_EOL}"


@lru_cache(maxsize=8)
def _sender(address: str, name: str) -> str:
    """The same in every message."""
    return _address("From", address, name)


def _address(header: str, address: str, name: str = "") -> str:
    """A header with one address, and the display name encoded where it has to be."""
    if not name and _ADDRESS.fullmatch(address):
        return _header(header, address)
    if not address.isascii():
        raise ValueError("not a plain address")
    try:
        whole = Address(name, addr_spec=address)
    except (HeaderParseError, IndexError):
        raise ValueError("not a plain address") from None
    return str(SMTP.fold(*SMTP.header_store_parse(header, whole)))


def _text(text: str, subtype: str) -> str:
    *lines, rest = text.split("\n")
    encoded = "".join(map(_quoted, lines)) + _quoted_printable(rest)
    return _part(f'text/{subtype}; charset="utf-8"', "quoted-printable", encoded)


@lru_cache(maxsize=2048)
def _quoted(line: str) -> str:
    """A line and its end. Kept, for all but some ten lines of a message are those of the one before."""
    return _quoted_printable(f"{line}\n")


def _quoted_printable(text: str) -> str:
    return binascii.b2a_qp(text.encode(), istext=True).decode("ascii").replace("\n", _EOL)


def _calendar(content: bytes, method: str | None) -> str:
    encoded = base64.encodebytes(content).decode("ascii").replace("\n", _EOL)
    return _part(f'text/calendar; charset="utf-8"; method="{method}"', "base64", encoded)


def _part(kind: str, encoding: str, content: str) -> str:
    return f"Content-Type: {kind}{_EOL}Content-Transfer-Encoding: {encoding}{_EOL}{_EOL}{content}"


def _checked(message_id: str) -> str:
    if not _MESSAGE_ID.fullmatch(message_id):
        raise ValueError("not a message id")
    return message_id
