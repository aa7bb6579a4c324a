"""What carries a message."""

from __future__ import annotations

from typing import Protocol

from notifier.envelopes import Envelope
from notifier.messages import Message


class Channel(Protocol):
    """One way out. Preparing and delivering are apart: a repeat sends what the first try sent, byte for byte."""

    @property
    def name(self) -> str:
        """`smtp`, `notify` or `console`; kept beside the bytes."""
        ...

    def prepare(self, message: Message, envelope: Envelope) -> bytes:
        """Everything fixed, the same bytes for the same arguments; no I/O."""
        ...

    async def deliver(self, payload: bytes, recipient: str, message_id: str, asked: bool) -> None:
        """Returns once the other side has taken responsibility for the message.

        `asked`: an earlier try was begun and may have arrived; a channel that can ask whether it did asks before it
        sends. Raises `Temporary`, `Permanent`, `OurOutage` or `NoAnswer`.
        """
        ...
