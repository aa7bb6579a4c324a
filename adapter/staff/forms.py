"""Reading what staff typed: a value, or what to put right. Nothing that was typed is ever repeated in an error."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import parse_qs

from aiohttp import web

from adapter.web.body import read_bytes
from adapter.web.failure import Failure

LONGEST_MESSAGE = 1000
_MOST_FIELDS = 60
_FORM = "application/x-www-form-urlencoded"
_FURTHEST = timedelta(days=366)
_LARGEST_ID = 2**63 - 1
_MOST_DIGITS = 20
"""Python refuses to read a number of thousands of digits."""


@dataclass(slots=True)
class Entered:
    """What a form sent. Reading a field notes in `errors` (field → sentence) what is wrong with it."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """The field's text, trimmed; "" where it wasn't sent."""
        values = self.fields.get(name, ())
        return values[0].strip() if values else ""

    def many(self, name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.fields.get(name, ())))

    def wrong(self, name: str, sentence: str) -> None:
        self.errors.setdefault(name, sentence)

    def message(self, name: str, *, needed: bool = False) -> str:
        """What staff write to the visitor: several lines, no control characters."""
        text = "\n".join(line.rstrip() for line in self.one(name).replace("\r\n", "\n").split("\n")).strip()
        if needed and not text:
            self.wrong(name, "Enter the message")
        elif len(text) > LONGEST_MESSAGE:
            self.wrong(name, f"The message must be {LONGEST_MESSAGE} characters or fewer")
        elif any(unicodedata.category(c) in ("Cc", "Cs", "Co") for c in text if c not in "\n\t"):
            self.wrong(name, "The message contains characters that can’t be sent")
        return text

    def slot(self, name: str, allowed: Sequence[str]) -> str:
        if self.one(name) not in allowed:
            self.wrong(name, "Choose a slot")
        return self.one(name)

    def visit_number(self, name: str, *, needed: bool = False) -> int | None:
        """A visit id of NOMIS."""
        text = self.one(name)
        if not text and not needed:
            return None
        digits = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
        if not digits or not 0 < int(text) <= _LARGEST_ID:
            self.wrong(name, "Enter the visit’s number in NOMIS, digits only")
            return None
        return int(text)

    def one_of(self, name: str, allowed: Sequence[str], sentence: str) -> str:
        if self.one(name) not in allowed:
            self.wrong(name, sentence)
        return self.one(name)

    def some_of(self, name: str, allowed: Sequence[str], sentence: str) -> tuple[str, ...]:
        chosen = self.many(name)
        if not chosen or not set(chosen) <= set(allowed):
            self.wrong(name, sentence)
        return chosen

    def coming_date(self, name: str, today: date) -> date | None:
        """A day, month and year in three fields; none where all are empty. Not before today."""
        parts = [self.one(f"{name}-{part}") for part in ("year", "month", "day")]
        if not any(parts):
            return None
        try:
            day = date(*(int(part) for part in parts if part.isascii() and part.isdigit()))
        except (TypeError, ValueError, OverflowError):
            self.wrong(f"{name}-day", "Enter a real date, such as 27 3 2027")
            return None
        if not today <= day <= today + _FURTHEST:
            self.wrong(f"{name}-day", "The date must lie ahead, within a year")
        return day


async def read_form(request: web.Request) -> Entered:
    """The fields of a form. Raises `Failure` for anything that our pages don't send."""
    if request.content_type != _FORM:
        raise Failure(415, "Unsupported media type")
    body = await read_bytes(request)
    try:
        fields = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        raise Failure(400, "Bad request") from None
    return Entered(fields)
