"""The basic path: everything is fine, so the first choice is booked."""

from __future__ import annotations

from booking_rules.decision import Book, ChoiceResult, judge
from tests.support.booking_cases import NO_HOLIDAYS, NOW, a_child, a_prison, a_request, an_adult, facts_for


def test_the_first_choice_is_booked_when_nothing_stands_against_it() -> None:
    request = a_request([an_adult(), a_child()])
    decision = judge(request, a_prison(), facts_for(request), NOW, NO_HOLIDAYS)
    first = request.choices[0]
    assert decision.verdict == Book(choice=0, slot=first, raw=first, lead=100, others=(101,), adults=1)
    assert decision.outcome_choices == (ChoiceResult.UNKNOWN, ChoiceResult.NOT_TRIED, ChoiceResult.NOT_TRIED)
