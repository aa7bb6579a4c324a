"""A mail server that keeps what it gets in memory: for the demo, and for tests, which can make it go wrong."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal, cast
from weakref import WeakSet

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from adapter.clock import Clock
from adapter.demo.mail import Mail
from adapter.demo.mail_pages import pages

KEPT = 500  # mails; older ones are dropped
LARGEST = 5_000_000  # bytes of one mail

Stage = Literal["MAIL", "RCPT", "DATA"]


@dataclass
class Fault:
    """What goes wrong, the next `times` times that this stage is reached (for this recipient, where one is named).

    `reply` is sent instead of the usual answer and the mail isn't kept; one that begins with 421 ends the connection.
    With `lose` the connection breaks instead of an answer; at DATA the mail is kept, and its 250 lost. With `hang` no
    answer comes at all until the client goes.
    """

    stage: Stage
    reply: str = ""
    lose: bool = False
    hang: bool = False
    recipient: str | None = None
    times: int = 1


class MailSink:
    """What arrived, oldest first, and what is to go wrong."""

    def __init__(self, clock: Clock, kept: int = KEPT) -> None:
        self.port = 0
        self.pages_port = 0
        self._clock = clock
        self._mails: deque[Mail] = deque(maxlen=kept)
        self._count = 0
        self._faults: list[Fault] = []
        self._changed = asyncio.Condition()
        self._connections: WeakSet[_Connection] = WeakSet()

    @property
    def mails(self) -> tuple[Mail, ...]:
        """What is kept, oldest first."""
        return tuple(self._mails)

    def mails_to(self, recipient: str) -> tuple[Mail, ...]:
        """Those whose envelope names this address."""
        return tuple(mail for mail in self._mails if recipient in mail.recipients)

    async def arrived(self, number: int) -> tuple[Mail, ...]:
        """Waits until so many are kept."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._mails) >= number)
        return self.mails

    def clear(self) -> None:
        """Forgets the mails, not the faults."""
        self._mails.clear()

    def arm(self, fault: Fault) -> None:
        """From now on this goes wrong, after the faults that were armed before."""
        self._faults.append(fault)

    def disarm(self) -> None:
        """Nothing goes wrong any more."""
        self._faults.clear()

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Called by the server for MAIL FROM."""
        answer = await self._fault(server, "MAIL", ())
        if not answer:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Called by the server for each RCPT TO."""
        answer = await self._fault(server, "RCPT", (address,))
        if not answer:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Called by the server with the whole mail."""
        fault = self._next_fault("DATA", tuple(envelope.rcpt_tos))
        if fault is None or fault.lose:
            await self._keep(envelope)
        return await self._carry_out(fault, server) or "250 OK"

    def connection(self) -> SMTP:
        """The protocol of a new connection."""
        connection = _Connection(self, hostname="mail-sink.example", ident="SMTP", data_size_limit=LARGEST)
        self._connections.add(connection)
        return connection

    async def break_all(self) -> None:
        """Breaks every connection that is open now."""
        for connection in list(self._connections):
            await connection.broken()

    async def _keep(self, envelope: Envelope) -> None:
        self._count += 1
        content = envelope.original_content or b""
        self._mails.append(
            Mail(self._count, self._clock.now(), envelope.mail_from or "", tuple(envelope.rcpt_tos), content)
        )
        async with self._changed:
            self._changed.notify_all()

    async def _fault(self, server: SMTP, stage: Stage, recipients: tuple[str, ...]) -> str:
        return await self._carry_out(self._next_fault(stage, recipients), server)

    def _next_fault(self, stage: Stage, recipients: tuple[str, ...]) -> Fault | None:
        for fault in self._faults:
            if fault.stage == stage and (fault.recipient is None or fault.recipient in recipients):
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None

    async def _carry_out(self, fault: Fault | None, server: SMTP) -> str:
        """The reply to give, or nothing where all is well."""
        if fault is None:
            return ""
        if fault.lose:
            cast("_Connection", server).abort()
        if fault.lose or fault.hang:
            await asyncio.Event().wait()  # until the connection is gone
        if fault.reply.startswith("421"):
            asyncio.get_running_loop().call_soon(cast("_Connection", server).close)  # after the reply
        return fault.reply


class _Connection(SMTP):
    """One client's connection, which can be ended from our side."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gone = asyncio.Event()

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._gone.set()

    def close(self) -> None:
        """Once what was written is sent."""
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """At once."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def broken(self) -> None:
        """Aborts and waits for the end."""
        self.abort()
        await self._gone.wait()
        await asyncio.sleep(0)  # what it was doing ends, too


@asynccontextmanager
async def sink_running(
    clock: Clock, *, host: str = "127.0.0.1", port: int = 0, pages_port: int = 0, kept: int = KEPT
) -> AsyncIterator[MailSink]:
    """A sink that takes mail at `port` and shows it at `http://host:pages_port`; 0 takes a free port.

    Of more than `kept` mails the oldest are dropped.
    """
    sink = MailSink(clock, kept)
    server = await asyncio.get_running_loop().create_server(sink.connection, host, port)
    sink.port = server.sockets[0].getsockname()[1]
    runner = web.AppRunner(pages(sink), access_log=None)
    try:
        await runner.setup()
        site = web.TCPSite(runner, host, pages_port)
        await site.start()
        sink.pages_port = runner.addresses[0][1]
        yield sink
    finally:
        await runner.cleanup()
        server.close()
        await sink.break_all()
        await server.wait_closed()
