"""The calendar entry of a visit (RFC 5545, RFC 5546): an invitation when it is booked, its cancellation later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vRecur, vText

from notifier import dates
from notifier.content import Language, VisitFacts
from notifier.kinds import MessageKind
from notifier.view import clean, clean_lines

Method = Literal["REQUEST", "CANCEL"]

_EOL: Final = b"\r\n"
_WIDTH: Final = 74
"""Bytes of a line before it is folded; the library leaves one of the 75 that are allowed."""
_CLASS: Final = b"CLASS:PRIVATE"
"""In every event, and as a whole line nowhere else: no text has line ends, and a folded line goes on with a blank."""
_METHODS: Final[dict[MessageKind, Method]] = {
    MessageKind.VISITOR_BOOKED: "REQUEST",
    MessageKind.VISITOR_CANCELLED: "CANCEL",
}
_SUMMARY: Final = {"en": "Prison visit: {prison}", "cy": "Ymweliad â charchar: {prison}"}
_DESCRIPTION: Final = {
    "en": "Arrive 45 minutes early, by {arrive_by}. Visit reference: {human_id}.",
    "cy": "Dylech gyrraedd 45 munud yn gynnar, erbyn {arrive_by}. Cyfeirnod yr ymweliad: {human_id}.",
}


@dataclass(frozen=True, slots=True)
class Invitation:
    method: Method
    content: bytes


def invitation(kind: MessageKind, facts: VisitFacts) -> Invitation | None:
    """The calendar part of this message; None for a message that moves nothing in a calendar.

    The UID is the visit's, for ever; `calendar_sequence` must grow from one entry to the next of the same visit.
    Without a mailbox there is nobody to name as organiser, and an entry without one is refused by calendars.
    """
    method = _METHODS.get(kind)
    if method is None or facts.slot_granted is None or not facts.prison_mailbox:
        return None
    language, slot = facts.language, dates.Slot.parse(facts.slot_granted)
    before, after = _of_prison(
        method, language, facts.prison_name, facts.prison_address, facts.prison_postcode, facts.prison_mailbox
    )
    lines = (before, *map(_folded, _of_visit(facts, slot)), _CLASS, _folded(_description(facts, slot)), after)
    return Invitation(method, _EOL.join(lines))


def _of_visit(facts: VisitFacts, slot: dates.Slot) -> Iterator[str]:
    """Lines that differ from visit to visit, in the library's order, in which CLASS and the description come next."""
    yield f"DTSTART;TZID=Europe/London:{_second(slot.begin)}"
    yield f"DTEND;TZID=Europe/London:{_second(slot.end)}"
    yield f"DTSTAMP:{_second(facts.at.astimezone(UTC))}Z"
    yield f"UID:{_escaped(facts.visit_id)}"
    yield f"SEQUENCE:{facts.calendar_sequence}"
    yield f"ATTENDEE;PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT;RSVP=FALSE:mailto:{clean(facts.email)}"


def _description(facts: VisitFacts, slot: dates.Slot) -> str:
    arrive_by = dates.time_text(slot.arrive_by, facts.language)
    description = _DESCRIPTION[facts.language].format(arrive_by=arrive_by, human_id=clean(facts.human_id))
    if facts.visit_link:
        description += f"\n{clean(facts.visit_link)}"
    return f"DESCRIPTION:{_escaped(description)}"


@lru_cache(maxsize=1024)
def _of_prison(
    method: Method, language: Language, name: str, address: str, postcode: str, mailbox: str
) -> tuple[bytes, bytes]:
    """What stands before and after the lines of a visit: the same for each of a prison, and most of the work."""
    prison = clean(name)
    whole = (prison, *clean_lines(address), clean(postcode))
    event = Event()
    event.add("summary", _SUMMARY[language].format(prison=prison))
    event.add("location", ", ".join(line for line in whole if line))
    event.add("status", "CONFIRMED" if method == "REQUEST" else "CANCELLED")
    event.add("transp", "OPAQUE" if method == "REQUEST" else "TRANSPARENT")
    event.add("class", "PRIVATE")
    organizer = vCalAddress(f"mailto:{clean(mailbox)}")
    organizer.params["CN"] = vText(prison)
    event.add("organizer", organizer)
    calendar = Calendar()
    calendar.add("prodid", "-//Prison visits adapter//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(_london())
    calendar.add_component(event)
    before, _, after = calendar.to_ical().partition(_EOL + _CLASS + _EOL)
    return before, after


def _second(at: datetime) -> str:
    return f"{at.year:04}{at.month:02}{at.day:02}T{at.hour:02}{at.minute:02}{at.second:02}"


def _escaped(text: str) -> str:
    return vText(text).to_ical().decode()


def _folded(line: str) -> bytes:
    """In pieces of whole characters, as long as they may be, and with what stands behind an escape at its side."""
    rest, pieces = line.encode(), []
    while len(rest) > _WIDTH:
        width = _WIDTH
        while rest[width] & 0xC0 == 0x80:  # inside a character
            width -= 1
        if rest[width - 1] in b"\\^":
            width -= 1
        pieces.append(rest[:width])
        rest = rest[width:]
    return b"\r\n ".join((*pieces, rest))


def _london() -> Timezone:
    """Europe/London by its rule since 1996; slots are never older."""
    zone = Timezone()
    zone.add("tzid", "Europe/London")
    zone.add_component(_change(TimezoneDaylight(), "BST", 0, 1, _local("1996-03-31T01:00"), 3))
    zone.add_component(_change(TimezoneStandard(), "GMT", 1, 0, _local("1996-10-27T02:00"), 10))
    return zone


def _local(text: str) -> datetime:
    """A wall time without a zone: here it defines one."""
    return datetime.fromisoformat(text)


def _change(
    part: TimezoneDaylight | TimezoneStandard, name: str, before: int, after: int, first: datetime, month: int
) -> TimezoneDaylight | TimezoneStandard:
    part.add("tzname", name)
    part.add("tzoffsetfrom", timedelta(hours=before))
    part.add("tzoffsetto", timedelta(hours=after))
    part.add("dtstart", first)
    part.add("rrule", vRecur(freq="YEARLY", bymonth=month, byday="-1SU"))
    return part
