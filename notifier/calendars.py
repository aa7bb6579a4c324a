"""The calendar entry of a visit (RFC 5545, RFC 5546): an invitation when it is booked, its cancellation later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final, Literal

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vRecur, vText

from notifier import dates
from notifier.content import Language, VisitFacts
from notifier.kinds import MessageKind
from notifier.view import clean, clean_lines

Method = Literal["REQUEST", "CANCEL"]

_SHORT: Final = 74
"""Characters: a line of ASCII as short as this is never folded."""
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
    before, after = _frame(method)
    event = _event(method, facts, dates.Slot.parse(facts.slot_granted))
    return Invitation(method, before + _text(event) + after)


def _text(event: Event) -> bytes:
    """As `to_ical`, which looks at each character of each line for where to fold it: most lines are too short."""
    lines = [line for line in event.content_lines() if line]
    return b"".join(
        (line.encode("ascii") if len(line) <= _SHORT and line.isascii() else line.to_ical()) + b"\r\n" for line in lines
    )


@cache
def _frame(method: Method) -> tuple[bytes, bytes]:
    """What stands before and after the event, the same in every entry: made once, for it is most of the work."""
    calendar = Calendar()
    calendar.add("prodid", "-//Prison visits adapter//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(_london())
    before, end, after = calendar.to_ical().rpartition(b"END:VCALENDAR")
    return before, end + after


def _event(method: Method, facts: VisitFacts, slot: dates.Slot) -> Event:
    language: Language = facts.language
    prison = clean(facts.prison_name)
    arrive_by = dates.time_text(slot.arrive_by, language)
    description = _DESCRIPTION[language].format(arrive_by=arrive_by, human_id=clean(facts.human_id))
    if facts.visit_link:
        description += f"\n{clean(facts.visit_link)}"
    address = (*clean_lines(facts.prison_address), clean(facts.prison_postcode))

    event = Event()
    event.add("uid", facts.visit_id)
    event.add("sequence", facts.calendar_sequence)
    event.add("dtstamp", facts.at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", slot.begin.replace(tzinfo=dates.LONDON))
    event.add("dtend", slot.end.replace(tzinfo=dates.LONDON))
    event.add("summary", _SUMMARY[language].format(prison=prison))
    event.add("location", ", ".join(line for line in (prison, *address) if line))
    event.add("description", description)
    event.add("status", "CONFIRMED" if method == "REQUEST" else "CANCELLED")
    event.add("transp", "OPAQUE" if method == "REQUEST" else "TRANSPARENT")
    event.add("class", "PRIVATE")
    event.add("organizer", _address(facts.prison_mailbox, CN=prison))
    event.add(
        "attendee", _address(facts.email, PARTSTAT="ACCEPTED", RSVP="FALSE", ROLE="REQ-PARTICIPANT"), encode=False
    )
    return event


def _address(address: str, **parameters: str) -> vCalAddress:
    value = vCalAddress(f"mailto:{clean(address)}")
    for name, text in parameters.items():
        value.params[name] = vText(text)
    return value


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
