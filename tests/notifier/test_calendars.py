"""The calendar part: right on every day of the year, and read by another library."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from notifier import MessageKind, VisitFacts
from notifier.calendars import invitation
from notifier.samples import VISIT_ID, sample
from tests.support.any_facts import VISIT_FACTS
from tests.support.written_calendar import written_by_the_library

BOOKED, CANCELLED = MessageKind.VISITOR_BOOKED, MessageKind.VISITOR_CANCELLED
TODAY = date(2026, 11, 23)


def a_visit(kind: MessageKind = BOOKED, **changes: Any) -> VisitFacts:
    facts = sample(kind, "en", TODAY)
    assert isinstance(facts, VisitFacts)
    return replace(facts, **changes)


def entry(kind: MessageKind = BOOKED, **changes: Any) -> bytes:
    made = invitation(kind, a_visit(kind, **changes))
    assert made is not None
    return made.content


def read(content: bytes) -> Any:
    """By the other library, which checks what must be there."""
    calendar = vobject.readOne(content.decode())
    calendar.validate(raiseException=True)
    return calendar


def test_an_invitation() -> None:
    content = entry()
    calendar = read(content)
    event = calendar.vevent
    assert calendar.method.value == "REQUEST"
    assert event.uid.value == VISIT_ID
    assert event.sequence.value == "0"
    assert event.status.value == "CONFIRMED"
    assert event.summary.value == "Prison visit: Cardiff"
    assert event.location.value == "Cardiff, 1 Example Road, Cardiff, CF24 0ZZ"
    assert "by 1:15pm" in event.description.value
    assert "7KQ2M4XP" in event.description.value
    assert event.organizer.value == "mailto:visits.cardiff@example.com"
    assert "RSVP" not in event.organizer.params
    assert event.attendee.value == "mailto:ada@example.com"
    assert event.attendee.params["RSVP"] == ["FALSE"]
    assert event.dtstamp.value == datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    assert event.dtstart.value.astimezone(UTC) == datetime(2026, 12, 14, 14, tzinfo=UTC)
    assert event.dtend.value.astimezone(UTC) == datetime(2026, 12, 14, 16, tzinfo=UTC)


def test_a_cancellation_is_of_the_same_entry_and_later() -> None:
    event = read(entry(CANCELLED)).vevent
    assert read(entry(CANCELLED)).method.value == "CANCEL"
    assert event.uid.value == VISIT_ID
    assert event.status.value == "CANCELLED"
    assert int(event.sequence.value) > int(read(entry()).vevent.sequence.value)


@pytest.mark.parametrize(
    ("slot", "begins"),
    [
        ("2026-03-28T14:00/16:00", datetime(2026, 3, 28, 14, tzinfo=UTC)),
        ("2026-03-29T00:30/04:00", datetime(2026, 3, 29, 0, 30, tzinfo=UTC)),
        ("2026-03-29T14:00/16:00", datetime(2026, 3, 29, 13, tzinfo=UTC)),
        ("2026-07-01T09:15/10:15", datetime(2026, 7, 1, 8, 15, tzinfo=UTC)),
        ("2026-10-24T14:00/16:00", datetime(2026, 10, 24, 13, tzinfo=UTC)),
        ("2026-10-25T14:00/16:00", datetime(2026, 10, 25, 14, tzinfo=UTC)),
        ("2031-03-30T02:30/03:30", datetime(2031, 3, 30, 1, 30, tzinfo=UTC)),
    ],
)
def test_days_around_the_change_of_clocks(slot: str, begins: datetime) -> None:
    """Read by the zone that the entry brings along, not by one the reader knows."""
    content = entry(slot_granted=slot).replace(b"Europe/London", b"Of its own")
    assert read(content).vevent.dtstart.value.astimezone(UTC) == begins


@settings(deadline=None)
@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1)).map(
        lambda at: at.replace(hour=4 + at.hour % 16, second=0, microsecond=0)
    )
)
def test_the_hour_is_london_s_on_every_day(begin: datetime) -> None:
    slot = f"{begin:%Y-%m-%dT%H:%M}/{begin + timedelta(hours=1):%H:%M}"
    event: Any = next(iter(Calendar.from_ical(entry(slot_granted=slot)).walk("VEVENT")))
    assert event["dtstart"].dt.replace(tzinfo=None) == begin
    assert event["dtstart"].params["TZID"] == "Europe/London"


def test_lines_and_hostile_text_keep_to_the_format() -> None:
    content = entry(prison_name="A;B,C\nATTENDEE:mailto:x@example.com", prison_address="1\r\nEND:VEVENT\n" + "é" * 200)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    event = read(content).vevent
    assert len(event.attendee_list) == 1
    assert event.summary.value == "Prison visit: A;B,C ATTENDEE:mailto:x@example.com"


def test_welsh_entries_are_welsh() -> None:
    facts = sample(BOOKED, "cy", TODAY)
    assert isinstance(facts, VisitFacts)
    made = invitation(BOOKED, facts)
    assert made is not None
    assert read(made.content).vevent.summary.value == "Ymweliad â charchar: Caerdydd"


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (MessageKind.VISITOR_REQUESTED, {}),
        (MessageKind.VISITOR_REJECTED, {}),
        (CANCELLED, {"slot_granted": None}),
        (BOOKED, {"prison_mailbox": ""}),
    ],
)
def test_nothing_to_put_into_a_calendar(kind: MessageKind, changes: dict[str, object]) -> None:
    assert invitation(kind, a_visit(kind, **changes)) is None


ADDRESSES = ["", "1 Long Lane\nA town", "é" * 40, "\nCLASS:PRIVATE\n", *("x" * length for length in range(40, 90))]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_line_is_as_the_library_would_write_it(address: str) -> None:
    content = entry(prison_address=address)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert content == Calendar.from_ical(content).to_ical(sorted=False)


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from([BOOKED, CANCELLED]),
    VISIT_FACTS,
    st.text(st.sampled_from("ab\\^,;:\" '\u00e9\u2019"), max_size=120),
    st.integers(0, 120),
)
def test_the_whole_is_as_the_library_would_write_it(kind: MessageKind, facts: VisitFacts, odd: str, plain: int) -> None:
    """Whatever the texts, and wherever a line is folded: in plain text, in an escape, around what takes two bytes."""
    facts = replace(facts, slot_granted=facts.slot_granted or "2026-12-14T14:00/16:00")
    facts = replace(facts, visit_link=f"https://{'x' * plain}{odd}", prison_mailbox=facts.prison_mailbox or "a@b")
    made = invitation(kind, facts)
    assert made is not None
    assert made.content == written_by_the_library(facts, cancelled=kind is CANCELLED)
    assert len(read(made.content).vevent_list) == 1
