"""What a message says, read back from its text or HTML: the facts in it, however they are written, and its words."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import lxml.html

_MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    "cy": (
        "Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai", "Mehefin",
        "Gorffennaf", "Awst", "Medi", "Hydref", "Tachwedd", "Rhagfyr",
    ),
}  # fmt: skip
_DAYS = {
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    "cy": ["Llun", "Mawrth", "Mercher", "Iau", "Gwener", "Sadwrn", "Sul"],
}
_SAME_PLACE = {"Caerdydd": "Cardiff"}
_URL = re.compile(r"https?://\S+")
_EMAIL = re.compile(r"[\w.+-]+@[\w.-]+\w")


def visible(html: str) -> str:
    """The text of the body as a reader sees it, pieces apart from each other."""
    (body,) = lxml.html.document_fromstring(html).iter("body")
    return " ".join(map(str, body.itertext()))


def words(text: str) -> Counter[str]:
    """The words, without what plain text draws instead of markup: underlines, bullets, quote marks, numbering."""
    lines = [re.sub(r"^\s*(?:[-*>^#] |\d+\. |-+$)", "", line) for line in text.splitlines()]
    # A label's colon is drawn by the text form only.
    return Counter(word.rstrip(":") for word in " ".join(lines).split())


def facts(text: str, language: str, names: tuple[str, ...] = ()) -> Counter[str]:
    """Every date, time, address, link, number and name in the text, each in one spelling for both languages."""
    found: Counter[str] = Counter()

    def take(pattern: str, spelled: object) -> None:
        nonlocal text
        for match in re.finditer(pattern, text):
            found[spelled(match)] += 1  # type: ignore[operator]
        text = re.sub(pattern, " ", text)

    take(_URL.pattern, lambda m: "link " + re.sub(r"/(en|cy)/", "/", m.group()).rstrip("."))
    take(_EMAIL.pattern, lambda m: "email " + m.group())
    for name in names:
        take(rf"(?<!\w){re.escape(name)}(?!\w)", lambda m: f"name {m.group()}")
    for place in ("Cardiff", "Caerdydd"):
        take(place, lambda m: "place " + _SAME_PLACE.get(m.group(), m.group()))
    take(r"(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:-\w+)?", lambda m: "id " + m.group())
    take(r"\b(?=[A-Z]*\d)[0-9A-HJKMNP-TV-Z]{8}\b", lambda m: "id " + m.group())
    take(r"\+?\d[\d ]{9,}\d", lambda m: "phone " + m.group().replace(" ", ""))
    take(*_dates(language))
    take(*_times(language))
    take(r"\b\d+\b", lambda m: "number " + m.group())
    return found


def _dates(language: str) -> tuple[str, object]:
    days, months = "|".join(_DAYS[language]), "|".join(_MONTHS[language])
    before = "(?:[Dd]ydd|ddydd) " if language == "cy" else ""

    def spelled(match: re.Match[str]) -> str:
        weekday, day, month, year = match.groups()
        found = date(int(year), _MONTHS[language].index(month) + 1, int(day))
        if weekday:
            assert _DAYS[language].index(weekday) == found.weekday(), match.group()
        return f"date {found}"

    return rf"(?:{before}({days}) )?\b(\d{{1,2}}) ({months}) (\d{{4}})\b", spelled


def _times(language: str) -> tuple[str, object]:
    if language == "cy":
        return r"\b(\d\d):(\d\d)\b", lambda m: f"time {m.group()}"

    def spelled(match: re.Match[str]) -> str:
        if match.group() in {"midday", "midnight"}:
            return "time 12:00" if match.group() == "midday" else "time 00:00"
        hour, minute, half = match.groups()
        return f"time {int(hour) % 12 + (12 if half == 'pm' else 0):02}:{minute or '00'}"

    return r"\b(?:(\d{1,2})(?::(\d\d))?(am|pm)|midday|midnight)\b", spelled
