"""How people are told: messages in both languages and the channels that carry them.

`compose` turns facts into a `Message`. A `Channel` turns that and an `Envelope` into bytes to keep, and delivers them.
"""

from notifier.compose import compose
from notifier.content import CheckFacts, ChoiceFacts, FeedbackFacts, VisitFacts, VisitorFacts
from notifier.envelopes import Envelope, envelope_for, message_id
from notifier.errors import DeliveryFailed, NoAnswer, OurOutage, Permanent, Temporary
from notifier.kinds import Audience, MessageKind
from notifier.messages import Message
from notifier.port import Channel

__all__ = [
    "Audience",
    "Channel",
    "CheckFacts",
    "ChoiceFacts",
    "DeliveryFailed",
    "Envelope",
    "FeedbackFacts",
    "Message",
    "MessageKind",
    "NoAnswer",
    "OurOutage",
    "Permanent",
    "Temporary",
    "VisitFacts",
    "VisitorFacts",
    "compose",
    "envelope_for",
    "message_id",
]
