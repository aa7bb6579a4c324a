"""Email by SMTP, one connection per message."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from email.parser import BytesHeaderParser
from email.policy import default
from typing import Final

from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPServerDisconnected, SMTPTimeoutError

from notifier.envelopes import Envelope
from notifier.errors import NoAnswer, OurOutage, Permanent, Temporary
from notifier.messages import Message
from notifier.mime import build
from notifier.settings import MailSettings

_ABOUT_US: Final = frozenset({530, 534, 535, 538})
"""Replies that speak of our login, not of the recipient, wherever they come."""
_QUIT_TIMEOUT: Final = 2.0


class SmtpChannel:
    """A `Channel`. SMTP can't be asked whether a message arrived, so a repeat is sent: the same bytes, the same id."""

    name: Final = "smtp"

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self._tls_context: ssl.SSLContext | None = None

    def prepare(self, message: Message, envelope: Envelope) -> bytes:
        """The email. Raises ValueError for an address that isn't one."""
        return build(message, envelope, self._settings.from_name)

    async def deliver(self, payload: bytes, recipient: str, message_id: str, asked: bool) -> None:  # noqa: ARG002
        """See `Channel`. A 5xx is permanent only where it answers RCPT or DATA."""
        async with self._session() as session:
            await _announce(session, payload, recipient)
            await _hand_over(session, payload)
            with suppress(SMTPException, OSError):  # it has the message: how we part doesn't matter
                await session.quit(timeout=_QUIT_TIMEOUT)

    async def check(self) -> None:
        """Connect, encrypt and log in as for a message, and send none. Raises `Temporary` or `OurOutage`."""
        async with self._session() as session:
            with suppress(SMTPException, OSError):
                await session.quit(timeout=_QUIT_TIMEOUT)

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[SMTP]:
        smtp = self._settings.smtp
        session = SMTP(
            hostname=smtp.host,
            port=smtp.port,
            timeout=smtp.timeout,
            use_tls=False,
            start_tls=False,
            local_hostname=smtp.ehlo_name or self._settings.domain,
        )
        try:
            await self._open(session)
            yield session
        finally:
            session.close()

    async def _open(self, session: SMTP) -> None:
        """Connected, encrypted, logged in. What goes wrong on the way is ours to repair, but for a plain "not now"."""
        smtp = self._settings.smtp
        step = "connect"
        try:
            await session.connect()
            step = "ehlo"
            await session.ehlo()
            if smtp.starttls:
                step = "starttls"
                await session.starttls(tls_context=await asyncio.to_thread(self._tls))
            if smtp.username:
                step = "login"
                await session.login(smtp.username, await asyncio.to_thread(smtp.password_text))
        except SMTPResponseException as error:
            if 400 <= error.code < 500 and step in {"connect", "ehlo"}:
                raise Temporary(f"{step} {error.code}") from None
            raise OurOutage(f"{step} {error.code}") from None
        except (SMTPException, OSError, ValueError) as error:
            raise OurOutage(f"{step} {_how(error)}") from None

    def _tls(self) -> ssl.SSLContext:
        if self._tls_context is None:
            self._tls_context = ssl.create_default_context(cafile=self._settings.smtp.ca_file)
        return self._tls_context


async def _announce(session: SMTP, payload: bytes, recipient: str) -> None:
    """MAIL and RCPT. Nothing of the message has left yet, so whatever breaks here breaks before any delivery."""
    sender = BytesHeaderParser(policy=default).parsebytes(payload)["From"].addresses[0].addr_spec
    with _before_data("mail"):
        await session.mail(sender)
    with _before_data("rcpt"):
        await session.rcpt(recipient)


@contextmanager
def _before_data(step: str) -> Iterator[None]:
    try:
        yield
    except SMTPResponseException as error:
        if error.code in _ABOUT_US:
            raise OurOutage(f"{step} {error.code}") from None
        if 500 <= error.code < 600:
            raise (Permanent if step == "rcpt" else OurOutage)(f"{step} {error.code}") from None
        raise Temporary(f"{step} {error.code}") from None
    except (SMTPException, OSError) as error:
        raise Temporary(f"{step} {_how(error)}") from None


async def _hand_over(session: SMTP, payload: bytes) -> None:
    """DATA. Once it is on its way, only a well-formed reply says what became of it."""
    try:
        await session.data(payload)
    except SMTPResponseException as error:
        if error.code in _ABOUT_US:
            raise OurOutage(f"data {error.code}") from None
        if 500 <= error.code < 600:
            raise Permanent(f"data {error.code}") from None
        if 400 <= error.code < 500:
            raise Temporary(f"data {error.code}") from None
        if not 200 <= error.code < 300:
            raise NoAnswer("data malformed reply") from None
    except (SMTPException, OSError) as error:
        raise NoAnswer(f"data {_how(error)}") from None


def _how(error: Exception) -> str:
    """In a word, and without what a server or a library wrote."""
    if isinstance(error, SMTPTimeoutError):
        return "timed out"
    if isinstance(error, SMTPServerDisconnected):
        return "connection lost"
    if isinstance(error, ssl.SSLError):
        return "certificate or encryption refused"
    return "failed"
