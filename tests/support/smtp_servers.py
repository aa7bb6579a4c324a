"""Mail servers: a real one (aiosmtpd), and one that goes wrong where it is told to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.stream_server import stream_server

USER, PASSWORD = "prison-visits", "correct horse"


@dataclass
class Received:
    sender: str
    recipients: list[str]
    content: bytes
    encrypted: bool
    user: str


@dataclass
class MailServer:
    """What arrived, in order."""

    port: int = 0
    mails: list[Received] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        user = session.auth_data.login.decode() if session.authenticated and session.auth_data else ""
        content = envelope.original_content or b""
        self.mails.append(
            Received(envelope.mail_from or "", list(envelope.rcpt_tos), content, session.ssl is not None, user)
        )
        return "250 OK"


def _authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
) -> AuthResult:
    known = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=False, auth_data=data)


@asynccontextmanager
async def mail_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[MailServer]:
    """A real server on loopback. With `tls` it takes mail only after STARTTLS and a login as `USER` with `PASSWORD`."""
    running = MailServer()
    loop = asyncio.get_running_loop()
    secure: dict[str, Any] = {
        "tls_context": tls,
        "require_starttls": tls is not None,
        "authenticator": _authenticate,
        "auth_required": tls is not None,
    }
    server = await loop.create_server(lambda: SMTP(running, hostname="mail.example.com", **secure), "127.0.0.1", 0)
    running.port = server.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        server.close()


DROP, HANG = "drop", "hang"

_USUAL = {
    "connect": "220 mail.example.com ESMTP",
    "EHLO": "250-mail.example.com\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN",
    "STARTTLS": "220 go on",
    "AUTH": "235 welcome",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    "body": "250 taken",
    "QUIT": "221 bye",
}


@dataclass
class ScriptedServer:
    """`script` says what to answer at a step instead of the usual; `DROP` hangs up there, `HANG` never answers.

    A step is a command, or the whole line. `bodies` are all that came, `taken` those that weren't refused then.
    """

    script: Mapping[str, str]
    port: int = 0
    bodies: list[bytes] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(writer, "connect")
            while line := await reader.readline():
                said = line.decode().strip()
                step = said.split()[0].upper()
                await self._answer(writer, said if said in self.script else step)
                if step == "DATA" and self._reply("DATA").startswith("354"):
                    self.bodies.append(await reader.readuntil(b"\r\n.\r\n"))
                    if not self._reply("body").startswith(("4", "5")):
                        self.taken.append(self.bodies[-1])
                    await self._answer(writer, "body")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _reply(self, step: str) -> str:
        return self.script.get(step, _USUAL.get(step, "500 what?"))

    async def _answer(self, writer: asyncio.StreamWriter, step: str) -> None:
        self.steps.append(step)
        reply = self._reply(step)
        if reply == DROP:
            raise ConnectionAbortedError
        if reply == HANG:
            await asyncio.Event().wait()
        writer.write(reply.encode() + b"\r\n")
        await writer.drain()


@asynccontextmanager
async def scripted_server(**script: str) -> AsyncIterator[ScriptedServer]:
    running = ScriptedServer(script)
    async with stream_server(running.serve) as running.port:
        yield running
