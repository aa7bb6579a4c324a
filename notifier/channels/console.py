"""Messages printed instead of sent. They hold personal data: for the demo and for loopback only."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from typing import Final, TextIO

from notifier.envelopes import Envelope
from notifier.messages import Message
from notifier.mime import build


class ConsoleChannel:
    """A `Channel` that writes each message, headers and plain text, to a stream. It never fails to deliver."""

    name: Final = "console"

    def __init__(self, stream: TextIO, from_name: str) -> None:
        self._stream = stream
        self._from_name = from_name

    def prepare(self, message: Message, envelope: Envelope) -> bytes:
        """The email that would have been sent."""
        return build(message, envelope, self._from_name)

    async def deliver(self, payload: bytes, recipient: str, message_id: str, asked: bool) -> None:  # noqa: ARG002
        """Writes and flushes in one go, so that messages don't run into each other."""
        email = message_from_bytes(payload, policy=default)
        body = email.get_body(("plain",))
        assert body is not None
        lines = [f"To: {recipient}", f"Subject: {email['Subject']}", f"X-Message-Kind: {email['X-Message-Kind']}"]
        self._stream.write("\n".join((*lines, "", *body.get_content().splitlines(), "", "")))
        self._stream.flush()
