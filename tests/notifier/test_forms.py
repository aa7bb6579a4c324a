"""A form filled in is the message as its template prints it, whatever the facts."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier import Audience, CheckFacts, ChoiceFacts, MessageKind, VisitFacts, VisitorFacts
from notifier.content import Language
from notifier.forms import fill
from notifier.samples import sample
from notifier.templates import render
from notifier.view import StaffView, VisitorView, clean, staff_view, visitor_view
from notifier.wording.cancellations import CANCELLATIONS
from notifier.wording.rejections import REJECTIONS
from notifier.wording.staff import DRIFTS, WHYS

TODAY = date(2026, 11, 23)
ODD = [
    "{",
    "}",
    "{0}",
    "{{",
    "%s",
    "\ue000",
    "\ue0000\ue001",
    "<b>",
    "&amp;",
    "'",
    '"',
    "\n",
    "\r\n",
    " ",
    "\u2028",
    "\u202e",
]
TEXTS = st.one_of(st.text(max_size=12), st.lists(st.sampled_from([*ODD, "a", "Ŷ"]), max_size=6).map("".join))
SLOTS = st.sampled_from(["2026-12-14T14:00/16:00", "2026-12-15T09:30/11:00", "2027-03-28T00:00/12:00"])
DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))


def codes(*known: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.one_of(st.sampled_from(known), TEXTS), max_size=3).map(tuple)


FACTS = st.builds(
    VisitFacts,
    visit_id=TEXTS,
    human_id=TEXTS,
    language=st.sampled_from(get_args(Language)),
    prison_name=TEXTS,
    prison_address=TEXTS,
    prison_postcode=TEXTS,
    prison_phone=TEXTS,
    prison_mailbox=TEXTS,
    prisoner_first_name=TEXTS,
    prisoner_last_name=TEXTS,
    prisoner_date_of_birth=DAYS,
    prisoner_number=TEXTS,
    visitors=st.lists(
        st.builds(VisitorFacts, TEXTS, TEXTS, DAYS, st.integers(0, 120), TEXTS, st.booleans()), max_size=3
    ).map(tuple),
    choices=st.lists(st.builds(ChoiceFacts, SLOTS, TEXTS), max_size=3).map(tuple),
    confirm_by=DAYS,
    email=TEXTS,
    phone=TEXTS,
    at=st.just(datetime(2026, 11, 23, 9, 30, tzinfo=UTC)),
    slot_granted=st.one_of(SLOTS, st.none()),
    reasons=codes(*REJECTIONS),
    cancellation_reasons=codes(*CANCELLATIONS),
    allowance_renews_on=st.one_of(DAYS, st.none()),
    staff_message=TEXTS,
    checks=st.lists(
        st.builds(
            CheckFacts,
            TEXTS,
            st.one_of(st.sampled_from(["pass", "fail"]), TEXTS),
            TEXTS,
            st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
            TEXTS,
        ),
        max_size=2,
    ).map(tuple),
    why=codes(*WHYS).map(",".join),
    references=st.lists(TEXTS, max_size=2).map(tuple),
    may_be_booked=st.booleans(),
    visit_link=TEXTS,
    staff_link=TEXTS,
    queue_link=TEXTS,
    other_slots=st.lists(SLOTS, max_size=2).map(tuple),
    drift=st.one_of(st.sampled_from(list(DRIFTS)), TEXTS),
)


def seen(kind: MessageKind, facts: VisitFacts) -> tuple[Language, VisitorView | StaffView]:
    """The language and the view for the readers of this kind."""
    return (facts.language, visitor_view(facts)) if kind.audience is Audience.VISITOR else ("en", staff_view(facts))


def is_as_printed(kind: MessageKind, facts: VisitFacts) -> None:
    if kind in NEEDS_SLOT and facts.slot_granted is None:
        facts = replace(facts, slot_granted="2026-12-14T14:00/16:00")
    language, view = seen(kind, facts)
    assert fill(kind, language, view) == render(kind, language, {"v": view})


NEEDS_SLOT = {MessageKind.VISITOR_BOOKED}
KINDS = [kind for kind in MessageKind if kind is not MessageKind.FEEDBACK]


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(KINDS), FACTS)
def test_any_facts(kind: MessageKind, facts: VisitFacts) -> None:
    is_as_printed(kind, facts)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("odd", ODD)
def test_odd_texts_in_a_form_that_others_used_before(kind: MessageKind, odd: str) -> None:
    facts = sample(kind, "cy", TODAY)
    assert isinstance(facts, VisitFacts)
    is_as_printed(kind, facts)
    visitors = tuple(replace(visitor, first_name=f"a{odd}b", last_name=f"{odd}b") for visitor in facts.visitors)
    is_as_printed(kind, replace(facts, visitors=visitors, prison_name=f"a{odd}b", visit_link=f"https://a/{odd}?b"))


@settings(deadline=None)
@given(st.sampled_from(KINDS), FACTS)
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
