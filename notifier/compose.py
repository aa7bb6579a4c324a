"""From facts to a message."""

from __future__ import annotations

from notifier.content import FeedbackFacts, VisitFacts
from notifier.kinds import MessageKind
from notifier.messages import Message


def compose(kind: MessageKind, facts: VisitFacts | FeedbackFacts) -> Message:
    """The message of this kind: visitors' in the language of the facts, all others in English. No clock, no I/O."""
    raise NotImplementedError(kind, facts)
