"""Where a message goes, and under which names."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from notifier.kinds import MessageKind

_NAMESPACE = uuid.UUID("5a0f3d0e-6c1b-5b9e-9a51-3f1d0c7e5d42")


@dataclass(frozen=True, slots=True)
class Envelope:
    """`thread` holds the message ids of earlier messages of this visit to this audience, oldest first."""

    message_id: str
    recipient: str
    reply_to: str
    sender: str
    thread: tuple[str, ...] = ()
    visit_id: str = ""


def message_id(visit_id: str, kind: MessageKind, number: int, domain: str) -> str:
    """The Message-ID, angle brackets included: the same for the same visit, kind and number, for ever."""
    name = uuid.uuid5(_NAMESPACE, f"{visit_id}/{kind.value}/{number}")
    return f"<{name}@{domain}>"
