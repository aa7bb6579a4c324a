"""A message: words, in one language, ready for any channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from notifier.content import Language
from notifier.kinds import MessageKind


@dataclass(frozen=True, slots=True)
class Message:
    """`text` and `html` say the same; their lines end with a line feed alone.

    `calendar` is an iCalendar object (UTF-8, CRLF) or None.
    """

    kind: MessageKind
    language: Language
    subject: str
    text: str
    html: str
    calendar: bytes | None
    calendar_method: Literal["REQUEST", "CANCEL"] | None
    personalisation: Mapping[str, str]
    """For channels that keep the words elsewhere: the facts, formatted in `language`, and the whole as `body`."""
    high_priority: bool
    written_at: datetime
    """UTC; becomes the Date header."""
