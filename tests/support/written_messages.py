"""Messages written from the samples, on a fixed day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from notifier import Audience, Message, MessageKind, VisitFacts, compose
from notifier.content import Language
from notifier.samples import sample

TODAY = date(2026, 11, 23)
VISITORS = [kind for kind in MessageKind if kind.audience is Audience.VISITOR]
STAFF = [kind for kind in MessageKind if kind.audience is Audience.MAILBOX]


def a_visit(kind: MessageKind, language: Language = "en", **changes: Any) -> VisitFacts:
    facts = sample(kind, language, TODAY)
    assert isinstance(facts, VisitFacts)
    return replace(facts, **changes)


def written(kind: MessageKind, language: Language = "en", **changes: Any) -> Message:
    return compose(kind, a_visit(kind, language, **changes))


def all_of(message: Message) -> str:
    return "\n".join((message.subject, message.text, message.html, *message.personalisation.values()))
