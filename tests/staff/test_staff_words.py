"""What the pages call things follows the lists of the rules."""

from __future__ import annotations

import pytest

from adapter.booking.staffing_views import NotDone, Why
from adapter.staff import words
from booking_rules.lifecycle import PUBLIC_STATE, Event
from booking_rules.reasons import REJECTION_REASONS, STAFF_CANCELLATION_REASONS


def test_every_reason_for_a_rejection_can_be_chosen_and_no_other() -> None:
    assert set(words.REJECTIONS) == {reason.value for reason in REJECTION_REASONS}


def test_every_reason_for_a_cancellation_has_words() -> None:
    assert len({words.cancellation(reason.value) for reason in STAFF_CANCELLATION_REASONS}) == 10


@pytest.mark.parametrize("event", list(Event))
def test_every_event_of_a_visits_life_has_words(event: Event) -> None:
    assert words.event(event.value)[0].isupper()
    assert "_" not in words.event(event.value)


@pytest.mark.parametrize("why", [why for why in Why if why not in (Why.CHANGED, Why.TAKEN)])
def test_every_refusal_says_what_to_do(why: Why) -> None:
    assert words.not_done(NotDone(why)).endswith(".")


def test_every_state_has_words() -> None:
    states = {state.value for state in PUBLIC_STATE.values()} - {"requested"}
    assert states | {"with_staff", "under_way"} == set(words.STATES)
