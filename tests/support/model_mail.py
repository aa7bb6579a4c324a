"""Mail in a model: a channel that loses answers and refuses, and remembers every delivery."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random

from notifier import Envelope, Message, NoAnswer, OurOutage, Temporary


@dataclass(frozen=True, slots=True)
class Delivered:
    visit_id: str
    kind: str
    recipient: str
    message_id: str
    audience: str


@dataclass
class ModelMail:
    """Stands for the mail server and the channel to it. `trouble` is the chance that a try goes wrong.

    `lost`: kinds that are taken, and then neither confirmed nor delivered.
    """

    rng: Random
    name: str = "smtp"
    trouble: float = 0.0
    delivered: list[Delivered] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)

    def prepare(self, message: Message, envelope: Envelope) -> bytes:
        return json.dumps([envelope.visit_id, message.kind.value, envelope.recipient, envelope.message_id]).encode()

    async def deliver(self, payload: bytes, recipient: str, message_id: str, asked: bool) -> None:
        visit_id, kind, to, known_id = json.loads(payload)
        assert (to, known_id) == (recipient, message_id)
        if kind in self.lost:
            raise NoAnswer("lost")
        draw = self.rng.random() if self.trouble else 1.0
        if draw < self.trouble / 3:
            raise Temporary("451")
        if draw < self.trouble * 2 / 3:
            raise OurOutage("refused")
        audience = "mailbox" if kind.startswith("staff_") else "visitor"
        self.delivered.append(Delivered(visit_id, kind, recipient, message_id, audience))
        if draw < self.trouble:
            raise NoAnswer("lost")

    def of(self, visit_id: str, audience: str) -> list[str]:
        """Kinds, in order of first acceptance; a repeat with the same Message-ID is one message."""
        seen: dict[str, str] = {}
        for mail in self.delivered:
            if mail.visit_id == visit_id and mail.audience == audience:
                seen.setdefault(mail.message_id, mail.kind)
        return list(seen.values())
