"""Every code there is has words, in both languages where visitors read them."""

from __future__ import annotations

import pytest

from booking_rules.reasons import INTERNAL_REASONS, NEUTRAL, NEUTRAL_REASONS, CancellationReason, Reason, StaffWhy
from nomis_client.types import CancelAnswer
from notifier import wording
from notifier.wording.cancellations import CANCELLATIONS
from notifier.wording.rejections import LEFT_OUT, REJECTIONS
from notifier.wording.staff import NOT_REMOVED, WHYS
from notifier.wording.words import Words

ALL_WORDS = [*REJECTIONS.values(), *CANCELLATIONS.values()]


def test_every_reason_that_visitors_may_see_has_words() -> None:
    assert set(REJECTIONS) == {reason.value for reason in Reason} - NEUTRAL_REASONS - INTERNAL_REASONS | {NEUTRAL}
    assert set(LEFT_OUT) == set(INTERNAL_REASONS)


def test_every_cancellation_reason_has_words() -> None:
    assert set(CANCELLATIONS) == {reason.value for reason in CancellationReason}
    for reason in CancellationReason:
        assert wording.cancellation_reasons_for_staff([reason.value]) != (reason.value,)


def test_every_why_of_staff_has_words() -> None:
    assert set(WHYS) == {code.value for code in (*Reason, *StaffWhy)}


def test_every_answer_to_a_cancellation_that_did_not_cancel_has_words() -> None:
    assert {answer.value for answer in CancelAnswer} - {"cancelled", "already_cancelled"} < set(NOT_REMOVED)


@pytest.mark.parametrize("words", ALL_WORDS, ids=lambda words: words.en[:30])
def test_words_are_whole_sentences_in_two_languages(words: Words) -> None:
    for sentence in words:
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "'" not in sentence  # the typographic apostrophe, as everywhere
    assert words.en != words.cy


def test_reasons_keep_their_order_and_come_once() -> None:
    said = wording.rejection_reasons(["slot_unavailable", "no_allowance", "slot_unavailable"], "en")
    assert said == (REJECTIONS["slot_unavailable"].en, REJECTIONS["no_allowance"].en)


def test_codes_without_words_are_readable_for_staff() -> None:
    assert wording.why_words("some_new_code") == "Some new code."
    assert wording.drift_words("some_new_code") == "Some new code."
    assert wording.not_removed_words("some_new_code") == "Some new code."
    assert wording.check_name("offered, with room", "choice 1") == "Offered, with room (choice 1)"
    assert [wording.result_word(result) for result in ("pass", "fail", "unknown")] == ["Pass", "Fail", "Unknown"]
