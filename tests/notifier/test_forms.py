"""A form filled in is the message as its template prints it, whatever the facts."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier import Audience, MessageKind, VisitFacts
from notifier.content import Language
from notifier.forms import fill
from notifier.samples import sample
from notifier.templates import render
from notifier.view import StaffView, VisitorView, clean, staff_view, visitor_view
from tests.support.any_facts import ODD_TEXTS, VISIT_FACTS

TODAY = date(2026, 11, 23)
KINDS = [kind for kind in MessageKind if kind is not MessageKind.FEEDBACK]
NEEDS_SLOT = {MessageKind.VISITOR_BOOKED}


def seen(kind: MessageKind, facts: VisitFacts) -> tuple[Language, VisitorView | StaffView]:
    """The language and the view for the readers of this kind."""
    return (facts.language, visitor_view(facts)) if kind.audience is Audience.VISITOR else ("en", staff_view(facts))


def is_as_printed(kind: MessageKind, facts: VisitFacts) -> None:
    if kind in NEEDS_SLOT and facts.slot_granted is None:
        facts = replace(facts, slot_granted="2026-12-14T14:00/16:00")
    language, view = seen(kind, facts)
    assert fill(kind, language, view) == render(kind, language, {"v": view})


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(KINDS), VISIT_FACTS)
def test_any_facts(kind: MessageKind, facts: VisitFacts) -> None:
    is_as_printed(kind, facts)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("odd", ODD_TEXTS)
def test_odd_texts_in_a_form_that_others_used_before(kind: MessageKind, odd: str) -> None:
    facts = sample(kind, "cy", TODAY)
    assert isinstance(facts, VisitFacts)
    is_as_printed(kind, facts)
    visitors = tuple(replace(visitor, first_name=f"a{odd}b", last_name=f"{odd}b") for visitor in facts.visitors)
    is_as_printed(kind, replace(facts, visitors=visitors, prison_name=f"a{odd}b", visit_link=f"https://a/{odd}?b"))


@settings(deadline=None)
@given(st.sampled_from(KINDS), VISIT_FACTS)
def test_no_text_of_a_view_can_break_a_line_or_be_trimmed(kind: MessageKind, facts: VisitFacts) -> None:
    """On this a form relies: what a template's layout does to the ends of lines, it does around the texts."""

    def texts(value: object) -> list[str]:
        return (
            [value]
            if isinstance(value, str)
            else [t for v in value for t in texts(v)]
            if isinstance(value, tuple)
            else []
        )

    assert all(text == " ".join(text.split()) for text in texts(seen(kind, facts)[1]))


def test_every_character_that_clean_takes_out_is_unprintable() -> None:
    """So that printable text needn't be looked at character by character."""
    taken = [chr(code) for code in range(0x110000) if clean(f"a{chr(code)}b") == "a b"]
    assert not [c for c in taken if c.isprintable() and c != " "]
    assert {c for c in map(chr, range(0x110000)) if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}} <= set(taken)
    assert set("\u061c\u200b\u200e\u200f\u202a\u202e\u2066\u2069\ufeff") <= set(taken)
