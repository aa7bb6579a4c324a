"""The decision on the request as a whole: book, reject, wait or hand to staff."""

from __future__ import annotations

from typing import Any

import pytest

from booking_rules.decision import (
    DEFAULT_POLICY,
    Book,
    ChoiceFinding,
    Reject,
    StaffWhy,
    ToStaff,
    Verdict,
    Wait,
    decide_without_facts,
)
from booking_rules.facts import Unknown, Why
from booking_rules.reasons import Reason
from tests.support.booking_cases import (
    NOW,
    a_child,
    a_contact,
    a_free_day,
    a_prison,
    a_request,
    an_adult,
    facts_for,
)
from tests.support.deciding import (
    AWAY,
    FIRST,
    NOT_TRIED,
    NOTHING_ASKED,
    ODD,
    SECOND,
    THIRD,
    UNKNOWN,
    decide,
    with_facts,
    without,
)

# -- the whole request -----------------------------------------------------------------------------------------


def test_the_first_choice_is_booked_when_nothing_stands_against_it() -> None:
    request = a_request([an_adult(), a_child(), an_adult("Cara")])
    decision = decide(request=request)
    assert decision.verdict == Book(0, FIRST, FIRST, lead=100, others=(101, 102), adults=2)
    assert decision.outcome_choices == (UNKNOWN, NOT_TRIED, NOT_TRIED)
    assert decision.trace.choices == (
        ChoiceFinding(FIRST, UNKNOWN),
        ChoiceFinding(SECOND, NOT_TRIED),
        ChoiceFinding(THIRD, NOT_TRIED),
    )


def test_adults_are_counted_by_the_age_of_the_prison() -> None:
    verdict = decide(request=a_request([an_adult(), a_child()]), prison=a_prison(adult_age=5)).verdict
    assert isinstance(verdict, Book)
    assert verdict.adults == 2


@pytest.mark.parametrize(
    ("changes", "reasons", "bases"),
    [
        ({"real_time": False}, (StaffWhy.NOT_REAL_TIME,), ["real time is off", "enabled"]),
        ({"enabled": False}, (StaffWhy.PRISON_NOT_IN_USE,), ["real time is on", "disabled or closed"]),
        ({"closed": True}, (StaffWhy.PRISON_NOT_IN_USE,), ["real time is on", "disabled or closed"]),
        (
            {"real_time": False, "closed": True},
            (StaffWhy.NOT_REAL_TIME, StaffWhy.PRISON_NOT_IN_USE),
            ["real time is off", "disabled or closed"],
        ),
    ],
)
def test_a_prison_that_answers_itself_gets_everything_and_nothing_is_asked(
    changes: dict[str, bool], reasons: tuple[StaffWhy, ...], bases: list[str]
) -> None:
    prison, request = a_prison(**changes), a_request()
    early = decide_without_facts(request, prison, NOW)
    assert early is not None
    assert early.verdict == ToStaff(reasons)
    assert early.outcome_choices == (NOT_TRIED,) * 3
    assert [check.result for check in early.trace.checks].count("fail") == len(reasons)
    assert [check.basis for check in early.trace.checks] == bases
    assert early.trace.at == NOW
    assert [finding.slot for finding in early.trace.choices] == list(request.choices)
    assert decide(NOTHING_ASKED, prison=prison) == decide(prison=prison) == early


def test_in_real_time_facts_are_needed() -> None:
    assert decide_without_facts(a_request(), a_prison(), NOW) is None


@pytest.mark.parametrize("why", Why)
@pytest.mark.parametrize("fact", ["offender_id", "prison", "contacts", "restrictions", "days", "slots"])
def test_what_waiting_may_cure_waits_and_the_rest_goes_to_staff_at_once(fact: str, why: Why) -> None:
    decision = decide(with_facts(**dict[str, Any]({fact: Unknown(why)})))
    assert decision.verdict == (Wait(why) if why.curable else ToStaff((StaffWhy(why.value),)))


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"prison": AWAY, "contacts": Unknown(Why.LOCKED)}, Wait(Why.AWAY)),
        ({"prison": Unknown(Why.LOCKED), "contacts": AWAY}, Wait(Why.LOCKED)),
        ({"prison": AWAY, "contacts": ODD}, ToStaff((StaffWhy.NOT_UNDERSTOOD,))),
        (
            {"prison": Unknown(Why.BAD_REQUEST), "contacts": ODD},
            ToStaff((StaffWhy.BAD_REQUEST, StaffWhy.NOT_UNDERSTOOD)),
        ),
        ({"prison": ODD, "contacts": ODD}, ToStaff((StaffWhy.NOT_UNDERSTOOD,))),
        # What is unknown comes before what failed, and staff hear of both.
        ({"prison": AWAY, "contacts": ()}, Wait(Why.AWAY)),
        ({"prison": ODD, "contacts": ()}, ToStaff((StaffWhy.NOT_UNDERSTOOD, Reason.VISITOR_NOT_ON_LIST))),
        ({"prison": "MDI", "contacts": ()}, ToStaff((Reason.PRISONER_MOVED, Reason.VISITOR_NOT_ON_LIST))),
        ({"prison": "MDI"}, ToStaff((Reason.PRISONER_MOVED,))),
        ({"contacts": ()}, ToStaff((Reason.VISITOR_NOT_ON_LIST,))),
        ({"contacts": (a_contact(an_adult("Adah"), 1),)}, ToStaff((StaffWhy.NEAR_MATCH,))),
        ({"contacts": (a_contact(an_adult(), 1), a_contact(an_adult(), 2))}, ToStaff((StaffWhy.TIE,))),
        ({"contacts": (a_contact(an_adult("Adah"), 1),), "prison": AWAY}, ToStaff((StaffWhy.NEAR_MATCH,))),
        ({"offender_id": None}, Reject((Reason.PRISONER_DETAILS_INCORRECT,))),
        # Of a prisoner who isn't there nothing else can be unknown.
        ({"offender_id": None, "prison": AWAY, "contacts": ODD}, Reject((Reason.PRISONER_DETAILS_INCORRECT,))),
    ],
)
def test_a_request_that_fails_or_is_unknown_as_a_whole(changes: dict[str, Any], verdict: Verdict) -> None:
    decision = decide(with_facts(**changes))
    assert decision.verdict == verdict
    assert decision.outcome_choices == (NOT_TRIED,) * 3


def test_a_party_that_does_not_fit_any_more_is_for_staff() -> None:
    party = a_request([an_adult(), an_adult("Bea"), an_adult("Cara"), a_child()])
    assert decide(request=party, prison=a_prison(adult_age=5)).verdict == ToStaff((StaffWhy.PARTY_NOT_ALLOWED,))
    missing = decide(facts_for(party, offender_id=None), party, a_prison(adult_age=5))
    assert missing.verdict == ToStaff((StaffWhy.PARTY_NOT_ALLOWED, Reason.PRISONER_DETAILS_INCORRECT))


def test_staff_are_told_of_the_choices_even_if_none_was_tried() -> None:
    days = {FIRST.day: a_free_day(), SECOND.day: a_free_day(out_of_vo=True)}
    decision = decide(with_facts(prison="MDI", slots=without(FIRST), days=days))
    assert decision.trace.choices == (
        ChoiceFinding(FIRST, NOT_TRIED, Reason.SLOT_UNAVAILABLE),
        ChoiceFinding(SECOND, NOT_TRIED, Reason.NO_ALLOWANCE),
        ChoiceFinding(THIRD, NOT_TRIED, None, Why.NOT_UNDERSTOOD),
    )


def test_a_rejection_rests_on_what_is_known_alone() -> None:
    """Rejected as a whole: the choices were never looked at."""
    policy = DEFAULT_POLICY.overlaid({Reason.PRISONER_MOVED: "reject"})
    decision = decide(with_facts(prison="MDI", days=AWAY), policy=policy)
    assert decision.verdict == Reject((Reason.PRISONER_MOVED,))
    assert all(check.result != "unknown" for check in decision.trace.checks)
