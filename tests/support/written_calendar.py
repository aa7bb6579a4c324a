"""A visit's calendar entry written by the library from beginning to end: what ours is held against, byte by byte."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vRecur, vText

from notifier import VisitFacts, dates
from notifier.view import clean, clean_lines


def written_by_the_library(facts: VisitFacts, *, cancelled: bool) -> bytes:
    """The invitation for these facts, or its cancellation."""
    calendar = Calendar()
    calendar.add("prodid", "-//Prison visits adapter//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "REQUEST")
    calendar.add_component(_london())
    calendar.add_component(_event(facts, cancelled))
    content: bytes = calendar.to_ical()
    return content


def _event(facts: VisitFacts, cancelled: bool) -> Event:
    assert facts.slot_granted is not None
    slot, prison, welsh = dates.Slot.parse(facts.slot_granted), clean(facts.prison_name), facts.language == "cy"
    arrive_by, human_id = dates.time_text(slot.arrive_by, facts.language), clean(facts.human_id)
    description = (
        f"Dylech gyrraedd 45 munud yn gynnar, erbyn {arrive_by}. Cyfeirnod yr ymweliad: {human_id}."
        if welsh
        else f"Arrive 45 minutes early, by {arrive_by}. Visit reference: {human_id}."
    )
    link = f"\n{clean(facts.visit_link)}" if facts.visit_link else ""
    whole = (prison, *clean_lines(facts.prison_address), clean(facts.prison_postcode))
    event = Event()
    event.add("uid", facts.visit_id)
    event.add("sequence", facts.calendar_sequence)
    event.add("dtstamp", facts.at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", slot.begin.replace(tzinfo=dates.LONDON))
    event.add("dtend", slot.end.replace(tzinfo=dates.LONDON))
    event.add("summary", f"Ymweliad â charchar: {prison}" if welsh else f"Prison visit: {prison}")
    event.add("location", ", ".join(line for line in whole if line))
    event.add("description", f"{description}{link}")
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    event.add("class", "PRIVATE")
    event.add("organizer", _address(facts.prison_mailbox, CN=prison))
    attendee = _address(facts.email, PARTSTAT="ACCEPTED", RSVP="FALSE", ROLE="REQ-PARTICIPANT")
    event.add("attendee", attendee, encode=False)
    return event


def _address(address: str, **parameters: str) -> vCalAddress:
    value = vCalAddress(f"mailto:{clean(address)}")
    for name, text in parameters.items():
        value.params[name] = vText(text)
    return value


def _london() -> Timezone:
    zone = Timezone()
    zone.add("tzid", "Europe/London")
    zone.add_component(_change(TimezoneDaylight(), "BST", 0, 1, datetime.fromisoformat("1996-03-31T01:00"), 3))
    zone.add_component(_change(TimezoneStandard(), "GMT", 1, 0, datetime.fromisoformat("1996-10-27T02:00"), 10))
    return zone


def _change(
    part: TimezoneDaylight | TimezoneStandard, name: str, before: int, after: int, first: datetime, month: int
) -> TimezoneDaylight | TimezoneStandard:
    part.add("tzname", name)
    part.add("tzoffsetfrom", timedelta(hours=before))
    part.add("tzoffsetto", timedelta(hours=after))
    part.add("dtstart", first)
    part.add("rrule", vRecur(freq="YEARLY", bymonth=month, byday="-1SU"))
    return part
