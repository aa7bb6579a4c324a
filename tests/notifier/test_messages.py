"""Every message: complete, in both languages, the same in text and HTML, and no more than its reader may see."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from jinja2 import UndefinedError

from notifier import Audience, FeedbackFacts, Message, MessageKind, VisitFacts, compose
from notifier.content import Language
from notifier.samples import sample
from notifier.templates import render
from tests.support.readings import facts, visible, words

TODAY = date(2026, 11, 23)
VISITORS = [kind for kind in MessageKind if kind.audience is Audience.VISITOR]
STAFF = [kind for kind in MessageKind if kind.audience is Audience.MAILBOX]
EVERY: list[tuple[MessageKind, Language]] = [
    *((kind, language) for kind in VISITORS for language in ("en", "cy")),
    *((kind, "en") for kind in MessageKind if kind not in VISITORS),
]
TEMPLATES = Path(__file__).parents[2] / "notifier" / "templates"
NAMES = ("Ada L", "Siân Ó", "Grace H", "Ada Lovelace", "Siân Ó Briain", "Grace Hopper", "Oscar Wilde")

every_message = pytest.mark.parametrize(("kind", "language"), EVERY)
every_visitor_message = pytest.mark.parametrize("kind", VISITORS)
every_staff_message = pytest.mark.parametrize("kind", STAFF)


def a_visit(kind: MessageKind, language: Language = "en", **changes: Any) -> VisitFacts:
    facts = sample(kind, language, TODAY)
    assert isinstance(facts, VisitFacts)
    return replace(facts, **changes)


def written(kind: MessageKind, language: Language = "en", **changes: Any) -> Message:
    return compose(kind, a_visit(kind, language, **changes))


def all_of(message: Message) -> str:
    return "\n".join((message.subject, message.text, message.html, *message.personalisation.values()))


# -- complete ------------------------------------------------------------------------------------------------


def test_every_message_to_visitors_has_a_twin_in_the_other_language() -> None:
    english = {path.name for path in (TEMPLATES / "en").glob("visitor_*.j2")}
    welsh = {path.name for path in (TEMPLATES / "cy").glob("visitor_*.j2")}
    assert english == welsh == {f"{kind.value}.j2" for kind in VISITORS}


@every_message
def test_nothing_is_left_unfilled(kind: MessageKind, language: Language) -> None:
    message = compose(kind, sample(kind, language, TODAY))
    assert not re.search(r"\{\{|\}\}|\{%|\(\(|\)\)|\{[a-z_]*\}|%\(|None|Undefined", all_of(message))


def test_a_message_with_a_hole_is_never_made() -> None:
    with pytest.raises(UndefinedError):
        render(MessageKind.VISITOR_BOOKED, "cy", {"v": object()})


@every_visitor_message
def test_no_english_is_left_in_the_welsh(kind: MessageKind) -> None:
    message = written(kind, "cy", staff_message="")
    text = re.sub(r"https?://\S+|\S+@\S+", " ", f"{message.subject} {message.text} {visible(message.html)}")
    english = {"the", "and", "you", "your", "of", "visit", "prison", "prisoner", "by", "this", "not", "with", "please"}
    assert not english & {word.strip(".,:").lower() for word in text.split()}
    assert not english & {word.strip(".,:").lower() for word in message.personalisation["body"].split()}


# -- equal ---------------------------------------------------------------------------------------------------


@every_message
def test_text_and_html_say_the_same(kind: MessageKind, language: Language) -> None:
    message = compose(kind, sample(kind, language, TODAY))
    text, html = words(message.text), words(visible(message.html))
    if kind in VISITORS:
        assert text == html
        assert words(message.personalisation["body"]) == text
    else:  # a table says its headings once, plain text in every row
        assert set(text) == set(html)


@every_message
def test_text_and_html_hold_the_same_facts(kind: MessageKind, language: Language) -> None:
    message = compose(kind, sample(kind, language, TODAY))
    in_text = facts(re.sub(r"(?m)^\d+\. ", "", message.text), language, NAMES)
    assert in_text == facts(visible(message.html), language, NAMES)
    assert len(in_text) >= 5


@every_visitor_message
def test_both_languages_hold_the_same_facts(kind: MessageKind) -> None:
    english, welsh = written(kind, "en", staff_message=""), written(kind, "cy", staff_message="")
    assert facts(english.text, "en", NAMES) == facts(welsh.text, "cy", NAMES)
    assert facts(english.subject, "en") == facts(welsh.subject, "cy")
    assert set(english.personalisation) == set(welsh.personalisation)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("14:00", "15:00"),
        lambda text: text.replace("14 Rhagfyr", "15 Rhagfyr").replace("Llun", "Mawrth"),
        lambda text: text.replace("7KQ2M4XP", "7KQ2M4XQ"),
        lambda text: text.replace("Ada L\n", "Ida L\n"),
        lambda text: text.replace("45 munud", "30 munud"),
        lambda text: text.replace("01632 960123", "01632 960124"),
        lambda text: text.replace("/visits/6f", "/visits/7f"),
    ],
)
def test_a_difference_between_the_languages_would_be_seen(change: Callable[[str], str]) -> None:
    english, welsh = written(MessageKind.VISITOR_BOOKED).text, written(MessageKind.VISITOR_BOOKED, "cy").text
    assert change(welsh) != welsh
    assert facts(english, "en", NAMES) != facts(change(welsh), "cy", NAMES)


# -- plain and accessible ------------------------------------------------------------------------------------


@every_message
def test_html_is_plain_and_accessible(kind: MessageKind, language: Language) -> None:
    message = compose(kind, sample(kind, language, TODAY))
    page = lxml.html.document_fromstring(message.html)
    assert page.get("lang") == message.language == language
    assert page.findtext("head/title") == message.subject
    assert len(page.findall(".//h1")) == 1
    assert len(page.findall(".//main")) == 1
    assert all(cell.get("scope") in {"row", "col"} for cell in page.iter("th"))
    assert all(row.find("th") is not None for row in page.iter("tr"))
    assert not {str(element.tag) for element in page.iter()} & {"img", "script", "style", "link", "iframe", "form"}
    assert not [
        name for element in page.iter() for name in map(str, element.attrib) if name.startswith("on") or name == "src"
    ]
    assert "url(" not in message.html
    links = {anchor.get("href") for anchor in page.iter("a")}
    assert all(link and link in message.text for link in links)


# -- what visitors read --------------------------------------------------------------------------------------


def test_a_confirmation_says_what_a_visitor_needs() -> None:
    message = written(MessageKind.VISITOR_BOOKED)
    for needed in (
        "Cardiff", "1 Example Road", "Monday 14 December 2026", "2pm to 4pm", "Ada L", "7KQ2M4XP",
        "45 minutes", "by 1:15pm", "passport", "https://visits.example.com/en/visits/",
    ):  # fmt: skip
        assert needed in message.text
    assert "These people cannot come on this visit: Grace H." in message.text


def test_a_receipt_promises_no_visit() -> None:
    message = written(MessageKind.VISITOR_REQUESTED)
    assert "Your visit is not booked yet." in message.text
    assert "You will hear from us by Saturday 28 November 2026." in message.text
    assert "confirmed" not in message.text + message.subject


@pytest.mark.parametrize("language", ["en", "cy"])
@every_visitor_message
def test_visitors_read_nothing_about_the_prisoner_and_no_surname(kind: MessageKind, language: Language) -> None:
    message = written(kind, language, may_be_booked=True, drift="moved")
    for secret in (
        "Lovelace", "Briain", "Hopper", "Oscar", "Wilde", "A1234BC", "1982", "1986", "1 Ionawr", "1 January",
        "07700", "7700900123", "staff.example.com", "NOMIS", "Almost as on the list", "contact list (",
        f"{a_visit(kind).visit_id}-1",
    ):  # fmt: skip
        assert secret not in all_of(message)
        assert secret.encode() not in (message.calendar or b"")


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize(
    "code",
    [
        "prisoner_non_association", "child_protection_issues", "prisoner_out_of_prison", "prisoner_banned",
        "closed_visit", "something_new",
    ],
)  # fmt: skip
def test_what_is_neutral_can_not_be_told_apart(code: str, language: Language) -> None:
    kind = MessageKind.VISITOR_REJECTED
    neutral = written(kind, language, reasons=("visit_not_possible",))
    assert written(kind, language, reasons=(code,)) == neutral
    assert written(kind, language, reasons=(code, "visit_not_possible", code)) == neutral


@pytest.mark.parametrize("language", ["en", "cy"])
def test_neutral_cancellations_can_not_be_told_apart(language: Language) -> None:
    kind = MessageKind.VISITOR_CANCELLED
    codes = ("child_protection_issues", "prisoner_non_association", "something_new")
    assert len({written(kind, language, cancellation_reasons=(code,)).html for code in codes}) == 1


def test_internal_reasons_are_left_out_with_their_heading() -> None:
    message = written(MessageKind.VISITOR_REJECTED, reasons=("other", "visitor_other_reason"))
    assert "Why" not in message.text


def test_who_cancelled_is_told() -> None:
    by_visitor = written(MessageKind.VISITOR_CANCELLED, cancellation_reasons=("visitor_cancelled",))
    by_staff = written(MessageKind.VISITOR_CANCELLED, cancellation_reasons=("capacity_issues",))
    assert "You have cancelled this visit" in by_visitor.text
    assert "The prison has cancelled this visit" in by_staff.text
    assert "not enough room" in by_staff.text


@every_visitor_message
def test_links_that_are_not_there_are_left_out(kind: MessageKind) -> None:
    message = written(kind, visit_link="", staff_message="", other_slots=(), prison_mailbox="", prison_phone="")
    assert "http" not in message.text
    assert "<a " not in message.html


# -- what staff read -----------------------------------------------------------------------------------------


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


# -- feedback ------------------------------------------------------------------------------------------------


def test_feedback_says_what_there_is() -> None:
    facts = sample(MessageKind.FEEDBACK, "en", TODAY)
    assert isinstance(facts, FeedbackFacts)
    full = compose(MessageKind.FEEDBACK, facts).text
    bare = compose(MessageKind.FEEDBACK, FeedbackFacts(feedback_id="x", body="<b>Good</b>", at=facts.at))
    assert "Prisoner number: A1234BC" in full
    assert "> I would like more weekend visits." in full
    assert "Prisoner number" not in bare.text
    assert "&lt;b&gt;Good&lt;/b&gt;" in bare.html
