"""What visitors read: what they need, and no more than they may see."""

from __future__ import annotations

import pytest

from notifier import MessageKind
from notifier.content import Language
from tests.support.written_messages import VISITORS, a_visit, all_of, written

every_visitor_message = pytest.mark.parametrize("kind", VISITORS)


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
