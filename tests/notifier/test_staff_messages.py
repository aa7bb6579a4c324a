"""What staff read, and what the team reads of feedback."""

from __future__ import annotations

import pytest

from notifier import FeedbackFacts, MessageKind, compose
from notifier.samples import sample
from tests.support.written_messages import STAFF, TODAY, written

every_staff_message = pytest.mark.parametrize("kind", STAFF)


def test_a_request_to_staff_has_everything_in_its_order() -> None:
    message = written(MessageKind.STAFF_REQUEST)
    parts = [
        "Oscar Wilde", "A1234BC", "1 January 1982",
        "1. Monday 14 December 2026, 2pm to 4pm: has room", "2. Tuesday 15 December 2026, 2pm to 4pm: full",
        "3. Wednesday 16 December 2026, 2pm to 4pm: not looked at",
        "Ada Lovelace", "1 January 1986", "Age: 40", "On the list", "Siân Ó Briain", "Age: 11", "Almost as on the list",
        "ada@example.com", "+447700900123",
        "Prisoner found", "Pass", "Monday 23 November 2026, 9:30am",
        "On the contact list (visitor 2)", "Fail", "Unknown",
        "A visitor is almost, but not exactly, as on the contact list.",
        "7KQ2M4XP", "6f1c2f0a-9a55-4c57-8e4f-3b1d5a7c9e21-1",
        "may already be in NOMIS",
        "https://staff.example.com/staff/v/EXAMPLE",
    ]  # fmt: skip
    places = [message.text.find(part) for part in parts]
    assert -1 not in places, parts[places.index(-1)]
    assert places == sorted(places)
    assert message.subject == "Visit request for Oscar Wilde on Monday 14 December 2026"


@every_staff_message
def test_staff_read_english_whatever_the_visitor_reads(kind: MessageKind) -> None:
    message = written(kind, "cy")
    assert message.language == "en"
    assert message.calendar is None
    assert message.personalisation == {}
    assert "Oscar Wilde" in message.subject
    assert "7KQ2M4XP" in message.text


@pytest.mark.parametrize(
    ("kind", "doubt", "urgent"),
    [
        (MessageKind.STAFF_REQUEST, False, False),
        (MessageKind.STAFF_REQUEST, True, True),
        (MessageKind.STAFF_WITHDRAWN, False, False),
        (MessageKind.STAFF_WITHDRAWN, True, True),
        (MessageKind.STAFF_CANCELLED, False, True),
        (MessageKind.STAFF_SETTLED, True, False),
        (MessageKind.STAFF_BOOKED_COPY, True, False),
        (MessageKind.STAFF_DRIFT, False, False),
        (MessageKind.STAFF_DRIFT, True, True),
        (MessageKind.VISITOR_BOOKED, True, False),
    ],
)
def test_only_what_may_wrongly_be_in_nomis_is_urgent(kind: MessageKind, doubt: bool, urgent: bool) -> None:
    assert written(kind, may_be_booked=doubt).high_priority is urgent


def test_doubt_is_said_only_where_there_is_one() -> None:
    assert "may already be in NOMIS" not in written(MessageKind.STAFF_REQUEST, may_be_booked=False).text


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (MessageKind.STAFF_SETTLED, "No action needed"),
        (MessageKind.STAFF_WITHDRAWN, "Do not book it. If you already have, or reference 6f1c2f0a"),
        (MessageKind.STAFF_CANCELLED, "cancelled by the visitor, and we could not take it out of NOMIS"),
        (MessageKind.STAFF_BOOKED_COPY, "May not come: Grace Hopper"),
        (MessageKind.STAFF_DRIFT, "The visit was moved to another time in NOMIS."),
    ],
)
def test_what_staff_are_told(kind: MessageKind, said: str) -> None:
    assert said in written(kind).text


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("unproven", "We have not touched it."),
        ("stray_removed", "You do not need to do anything."),
        ("stray_left", "Please cancel it in NOMIS. The reference is 6f1c2f0a"),
        ("moved", "We have changed nothing"),
        ("something_new", "We have changed nothing"),
    ],
)
def test_what_staff_should_do_about_a_drift(code: str, said: str) -> None:
    assert said in written(MessageKind.STAFF_DRIFT, drift=code).text


def test_why_a_visit_could_not_be_taken_out() -> None:
    assert "NOMIS does not find the visit." in written(MessageKind.STAFF_CANCELLED, why="not_found").text
    assert "Why we could not" not in written(MessageKind.STAFF_CANCELLED, why="").text


def test_several_whys_are_all_said() -> None:
    text = written(MessageKind.STAFF_REQUEST, why="tie,visitor_banned").text
    assert "could be more than one person" in text
    assert "A visitor is banned." in text


def test_buttons_without_a_link_are_left_out() -> None:
    message = written(MessageKind.STAFF_REQUEST, staff_link="", queue_link="")
    assert "Process this visit" not in message.text
    assert "<a " not in message.html


def test_feedback_says_what_there_is() -> None:
    facts = sample(MessageKind.FEEDBACK, "en", TODAY)
    assert isinstance(facts, FeedbackFacts)
    full = compose(MessageKind.FEEDBACK, facts).text
    bare = compose(MessageKind.FEEDBACK, FeedbackFacts(feedback_id="x", body="<b>Good</b>", at=facts.at))
    assert "Prisoner number: A1234BC" in full
    assert "> I would like more weekend visits." in full
    assert "Prisoner number" not in bare.text
    assert "&lt;b&gt;Good&lt;/b&gt;" in bare.html
