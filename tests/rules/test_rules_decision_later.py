"""Rooms, what earlier booking answers settled, and judging after a wait."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking_rules.decision import (
    Book,
    ChoiceFinding,
    ChoiceResult,
    Reject,
    Settled,
    StaffWhy,
    ToStaff,
    Verdict,
    Wait,
    judge,
)
from booking_rules.facts import Existing, Why
from booking_rules.reasons import Reason
from booking_rules.slots import Slot
from tests.support.booking_cases import (
    NO_HOLIDAYS,
    NOW,
    a_prison,
    a_request,
    an_offer,
    facts_for,
)
from tests.support.deciding import (
    AWAY,
    FIRST,
    FULL,
    NOT_TRIED,
    UNKNOWN,
    booked,
    decide,
    with_facts,
)

# -- rooms -----------------------------------------------------------------------------------------------------


def raw(times: str) -> Slot:
    return Slot.parse(f"{FIRST.day}T{times}")


EARLY, LATE = raw("13:59/15:00"), raw("14:00/15:01")


@pytest.mark.parametrize(
    ("rooms", "own", "expected"),
    [
        ([{"raw": EARLY}], [], EARLY),
        ([{"raw": EARLY}, {"raw": LATE}], [], EARLY),
        ([{"raw": EARLY, "max_groups": 0}, {"raw": LATE}], [], LATE),
        ([{"raw": EARLY}, {"raw": LATE, "capacity": 1}], [], EARLY),
        # Of the rooms with space, the one that is clear of the prisoner's other visits …
        ([{"raw": EARLY}, {"raw": LATE}], [("13:00/13:59", False)], LATE),
        # … even of those that are about to go.
        ([{"raw": EARLY}, {"raw": LATE}], [("13:00/13:59", True)], LATE),
        ([{"raw": EARLY}, {"raw": LATE, "capacity": 1}], [("13:00/13:59", False)], ChoiceResult.OVERLAPS),
        ([{"raw": EARLY}, {"raw": LATE}], [("13:00/13:59", False), ("15:01/16:00", True)], Why.BEING_CANCELLED),
        ([{"raw": EARLY}, {"raw": LATE}], [("13:00/13:59", False), ("15:01/16:00", False)], ChoiceResult.OVERLAPS),
        ([{"raw": EARLY, "max_groups": 0}, {"raw": LATE, "max_groups": 0}], [], FULL),
    ],
)
def test_of_two_rooms_one_with_space_and_without_overlap_is_booked_under_its_raw_time(
    rooms: list[dict[str, object]], own: list[tuple[str, bool]], expected: object
) -> None:
    request = a_request(choices=[FIRST])
    visits = tuple(Existing(raw(times), raw(times), index, going) for index, (times, going) in enumerate(own))
    slots = tuple(an_offer(FIRST, **room) for room in rooms)
    decision = decide(facts_for(request, slots=slots, own=visits), request)
    if isinstance(expected, Slot):
        assert decision.verdict == Book(0, FIRST, expected, 100, (), 1)
    elif isinstance(expected, Why):
        assert decision.verdict == Wait(expected)
    else:
        assert decision.outcome_choices == (expected,)


# -- what earlier booking answers settled ------------------------------------------------------------------------


@pytest.mark.parametrize("result", [ChoiceResult.BOOKED, UNKNOWN, NOT_TRIED])
def test_what_settles_nothing(result: ChoiceResult) -> None:
    with pytest.raises(ValueError, match=rf"^{result} settles nothing$"):
        Settled(0, result)


def test_a_settled_choice_keeps_its_result_and_is_not_looked_at_again() -> None:
    decision = decide(settled=(Settled(0, FULL, Reason.SLOT_UNAVAILABLE),))
    assert decision.verdict == booked(1)
    assert decision.outcome_choices == (FULL, UNKNOWN, NOT_TRIED)
    assert not any(check.subject.startswith("choice 1") for check in decision.trace.checks)
    assert decision.trace.choices[0] == ChoiceFinding(FIRST, FULL, Reason.SLOT_UNAVAILABLE)


@pytest.mark.parametrize(
    ("settled", "verdict"),
    [
        (
            (
                Settled(0, FULL, Reason.SLOT_UNAVAILABLE),
                Settled(1, ChoiceResult.PRISONER_UNAVAILABLE, Reason.NO_ALLOWANCE),
            ),
            Reject((Reason.SLOT_UNAVAILABLE, Reason.NO_ALLOWANCE)),
        ),
        (
            (Settled(1, ChoiceResult.REFUSED, Reason.VISITOR_BANNED),),
            ToStaff((Reason.SLOT_UNAVAILABLE, Reason.VISITOR_BANNED)),
        ),
        ((Settled(1, ChoiceResult.REFUSED),), ToStaff((Reason.SLOT_UNAVAILABLE, StaffWhy.REFUSED))),
    ],
)
def test_settled_choices_count_when_none_is_left(settled: tuple[Settled, ...], verdict: Verdict) -> None:
    assert decide(with_facts(slots=()), settled=settled).verdict == verdict


def test_settled_choices_keep_their_result_though_the_request_must_wait() -> None:
    settled = (Settled(0, FULL, Reason.SLOT_UNAVAILABLE),)
    for facts in (with_facts(prison=AWAY), with_facts(offender_id=AWAY)):
        decision = decide(facts, settled=settled)
        assert decision.verdict == Wait(Why.AWAY)
        assert decision.outcome_choices == (FULL, NOT_TRIED, NOT_TRIED)


def test_the_last_answer_about_a_choice_counts() -> None:
    settled = (Settled(0, ChoiceResult.OVERLAPS), Settled(0, FULL, Reason.SLOT_UNAVAILABLE))
    assert decide(settled=settled).outcome_choices[0] is FULL


# -- after a wait ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days_later", "verdict"),
    [
        (0, booked(0)),
        (3, booked(2)),  # asked again on Thursday 3 December: the answer is due on Tuesday 8th
        (7, Reject((Reason.SLOT_UNAVAILABLE,))),
    ],
)
def test_bookable_dates_are_those_of_the_day_of_judging(days_later: int, verdict: Verdict) -> None:
    decision = judge(a_request(), a_prison(), with_facts(), NOW + timedelta(days=days_later), NO_HOLIDAYS)
    assert decision.verdict == verdict


def test_bank_holidays_move_the_bookable_dates() -> None:
    holidays = frozenset(NOW.date() + timedelta(days=days) for days in (1, 2, 3, 4))
    decision = judge(a_request(), a_prison(), with_facts(), NOW, holidays)
    assert decision.verdict == Reject((Reason.SLOT_UNAVAILABLE,))
    assert decision.outcome_choices == (ChoiceResult.NOT_OFFERED,) * 3
