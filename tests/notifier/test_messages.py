"""Every message: complete, in both languages, the same in text and HTML, plain and accessible."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import lxml.html
import pytest
from jinja2 import UndefinedError

from notifier import MessageKind, compose
from notifier.content import Language
from notifier.samples import sample
from notifier.templates import render
from tests.support.readings import facts, visible, words
from tests.support.written_messages import TODAY, VISITORS, all_of, written

EVERY: list[tuple[MessageKind, Language]] = [
    *((kind, language) for kind in VISITORS for language in ("en", "cy")),
    *((kind, "en") for kind in MessageKind if kind not in VISITORS),
]
TEMPLATES = Path(__file__).parents[2] / "notifier" / "templates"
NAMES = ("Ada L", "Siân Ó", "Grace H", "Ada Lovelace", "Siân Ó Briain", "Grace Hopper", "Oscar Wilde")

every_message = pytest.mark.parametrize(("kind", "language"), EVERY)
every_visitor_message = pytest.mark.parametrize("kind", VISITORS)


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
