"""Dates and times as people read them, in English and Welsh."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from notifier.content import Language

LONDON: Final = ZoneInfo("Europe/London")
ARRIVE_EARLY: Final = timedelta(minutes=45)

_DAYS: Final = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "cy": ("dydd Llun", "dydd Mawrth", "dydd Mercher", "dydd Iau", "dydd Gwener", "dydd Sadwrn", "dydd Sul"),
}
_MONTHS: Final = {
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    "cy": (
        "Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai", "Mehefin",
        "Gorffennaf", "Awst", "Medi", "Hydref", "Tachwedd", "Rhagfyr",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot of the contract, London wall time."""

    begin: datetime
    end: datetime

    @staticmethod
    @lru_cache(maxsize=1024)
    def parse(text: str) -> Slot:
        """`YYYY-MM-DDTHH:MM/HH:MM`; raises ValueError for anything else."""
        begin_text, slash, end_text = text.partition("/")
        begin = datetime.strptime(begin_text, "%Y-%m-%dT%H:%M")  # noqa: DTZ007  wall time, as the contract has it
        end = datetime.combine(begin.date(), datetime.strptime(end_text, "%H:%M").time())  # noqa: DTZ007
        if not slash or end <= begin:
            raise ValueError("not a slot")
        return Slot(begin, end)

    @property
    def day(self) -> date:
        return self.begin.date()

    @property
    def arrive_by(self) -> time:
        """45 minutes before it begins."""
        return (self.begin - ARRIVE_EARLY).time()


def day_text(day: date, language: Language) -> str:
    """`Monday 14 December 2026`, `Dydd Llun 14 Rhagfyr 2026`: on its own, as in a table."""
    text = day_inside(day, language)
    return text[0].upper() + text[1:]


def day_inside(day: date, language: Language) -> str:
    """The same inside a sentence, where Welsh writes `dydd`."""
    return f"{_DAYS[language][day.weekday()]} {date_text(day, language)}"


def day_mutated(day: date, language: Language) -> str:
    """The same where Welsh mutates it: after `ar`, or as an adverb (`ddydd Llun`)."""
    text = day_inside(day, language)
    return f"d{text}" if language == "cy" else text


def date_text(day: date, language: Language) -> str:
    """`14 December 2026`, `14 Rhagfyr 2026`: without the weekday, as for a date of birth."""
    return f"{day.day} {_MONTHS[language][day.month - 1]} {day.year}"


def time_text(at: time, language: Language) -> str:
    """`2pm`, `2:15pm`, `midday` in English; `14:00` in Welsh, which has no short am and pm of its own."""
    if language == "cy":
        return f"{at:%H:%M}"
    if at.minute == 0 and at.hour in {0, 12}:
        return "midnight" if at.hour == 0 else "midday"
    hour = at.hour % 12 or 12
    minutes = f":{at.minute:02}" if at.minute else ""
    return f"{hour}{minutes}{'am' if at.hour < 12 else 'pm'}"


def times_text(slot: Slot, language: Language) -> str:
    """`2pm to 4pm`, `14:00 i 16:00`."""
    to = "to" if language == "en" else "i"
    return f"{time_text(slot.begin.time(), language)} {to} {time_text(slot.end.time(), language)}"


@lru_cache(maxsize=1024)
def slot_text(text: str, language: Language) -> str:
    """`Monday 14 December 2026, 2pm to 4pm`, from a slot of the contract."""
    slot = Slot.parse(text)
    return f"{day_text(slot.day, language)}, {times_text(slot, language)}"


def spelled_out(text: str) -> str:
    """English text from elsewhere with its slots and ISO dates as people read them; what only looks like one stays."""
    return _ISO.sub(_spelled, text)


_ISO: Final = re.compile(r"(?P<born>\bborn )?\b(?P<slot>\d{4}-\d\d-\d\dT\d\d:\d\d/\d\d:\d\d|\d{4}-\d\d-\d\d)\b")


def _spelled(match: re.Match[str]) -> str:
    born, text = match["born"] or "", match["slot"]
    try:
        if "/" in text:
            return f"{born}{slot_text(text, 'en')}"
        day = date.fromisoformat(text)
    except ValueError:
        return match[0]
    return f"{born}{date_text(day, 'en') if born else day_text(day, 'en')}"


@lru_cache(maxsize=256)
def instant_text(at: datetime, language: Language) -> str:
    """A UTC instant as London reads it: `Monday 14 December 2026, 2:03pm`."""
    local = at.astimezone(LONDON)
    return f"{day_text(local.date(), language)}, {time_text(local.time(), language)}"
