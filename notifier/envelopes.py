"""Where a message goes, and under which names."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final

from notifier.content import FeedbackFacts, VisitFacts
from notifier.kinds import Audience, MessageKind
from notifier.settings import MailSettings

_NAMESPACE: Final = uuid.UUID("5a0f3d0e-6c1b-5b9e-9a51-3f1d0c7e5d42")


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


def envelope_for(
    kind: MessageKind,
    facts: VisitFacts | FeedbackFacts,
    settings: MailSettings,
    number: int,
    thread: tuple[str, ...] = (),
    recipient: str = "",
) -> Envelope:
    """Who gets this message and where answers go. `recipient` only where it isn't the usual one (the second address).

    Answers to a visitor's message go to the prison; answers to anything else to the unattended address, never to the
    visitor: a quoted reply would hand over other people's details.
    """
    if isinstance(facts, FeedbackFacts):
        subject_id, usual, reply_to = facts.feedback_id, settings.feedback_address, settings.unattended_address
    elif kind.audience is Audience.VISITOR:
        subject_id, usual, reply_to = facts.visit_id, facts.email, facts.prison_mailbox or settings.unattended_address
    else:
        subject_id, usual, reply_to = facts.visit_id, facts.prison_mailbox, settings.unattended_address
    return Envelope(
        message_id=message_id(subject_id, kind, number, settings.domain),
        recipient=recipient or usual,
        reply_to=reply_to,
        sender=settings.from_address,
        thread=thread,
        visit_id="" if isinstance(facts, FeedbackFacts) else facts.visit_id,
    )
