"""A sentence in both languages."""

from __future__ import annotations

from typing import NamedTuple

from notifier.content import Language


class Words(NamedTuple):
    """A sentence in both languages; there is no way to make one with a language missing."""

    en: str
    cy: str

    def in_(self, language: Language) -> str:
        return self.en if language == "en" else self.cy


def humanised(code: str) -> str:
    """A code that nobody has worded yet, readable at least: `some_code` → `Some code`."""
    text = " ".join(code.replace("_", " ").split())
    return text[:1].upper() + text[1:]
