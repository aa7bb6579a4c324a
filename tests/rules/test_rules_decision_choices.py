"""The decision among the choices: in order, stopping at an unknown one; rejected only if every reason says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from booking_rules.decision import (
    DEFAULT_POLICY,
    ChoiceFinding,
    ChoiceResult,
    Policy,
    Reject,
    StaffWhy,
    ToStaff,
    Verdict,
    Wait,
)
from booking_rules.facts import Day, Existing, Facts, Restriction, Why
from booking_rules.reasons import Reason
from booking_rules.slots import Slot
from tests.support.booking_cases import (
    a_ban,
    a_contact,
    a_free_day,
    a_request,
    an_adult,
    an_offer,
    facts_for,
)
from tests.support.deciding import (
    AWAY,
    FIRST,
    FULL,
    NOT_TRIED,
    ODD,
    SECOND,
    THIRD,
    UNKNOWN,
    booked,
    decide,
    with_facts,
    without,
)

# -- the choices -----------------------------------------------------------------------------------------------

BANNED = (a_contact(an_adult(), 100, restrictions=(a_ban(FIRST.day, FIRST.day),)),)
VISIT = Existing(FIRST, FIRST, 5915)
FIRST_FAILS = [
    ({"contacts": BANNED}, {}, ChoiceResult.REFUSED, Reason.VISITOR_BANNED),
    (
        {"restrictions": (Restriction("CLOSED", FIRST.day, FIRST.day),)},
        {},
        ChoiceResult.REFUSED,
        Reason.CLOSED_VISIT,
    ),
    ({}, {"external_movement": True}, ChoiceResult.PRISONER_UNAVAILABLE, Reason.PRISONER_OUT_OF_PRISON),
    ({}, {"out_of_vo": True}, ChoiceResult.PRISONER_UNAVAILABLE, Reason.NO_ALLOWANCE),
    ({}, {"banned": True}, ChoiceResult.PRISONER_UNAVAILABLE, Reason.PRISONER_BANNED),
    ({}, {"existing": (VISIT,)}, ChoiceResult.OVERLAPS, Reason.SLOT_UNAVAILABLE),
    ({"slots": without(FIRST)}, {}, ChoiceResult.NOT_OFFERED, Reason.SLOT_UNAVAILABLE),
    ({"slots": (an_offer(FIRST, max_groups=0), *without(FIRST))}, {}, FULL, Reason.SLOT_UNAVAILABLE),
]


@pytest.mark.parametrize(("changes", "day", "result", "reason"), FIRST_FAILS)
def test_a_choice_that_can_not_be_had_is_passed_over(
    changes: dict[str, object], day: dict[str, object], result: ChoiceResult, reason: Reason
) -> None:
    decision = decide(with_facts({FIRST: a_free_day(**day)}, **changes))
    assert decision.verdict == booked(1)
    assert decision.outcome_choices == (result, UNKNOWN, NOT_TRIED)
    assert decision.trace.choices[0] == ChoiceFinding(FIRST, result, reason)


@pytest.mark.parametrize(("changes", "day", "result", "reason"), FIRST_FAILS)
@pytest.mark.parametrize(
    "policy", [DEFAULT_POLICY, DEFAULT_POLICY.overlaid(dict.fromkeys(Reason, "reject")), Policy({})]
)
def test_with_no_choice_left_the_policy_decides(
    changes: dict[str, object], day: dict[str, object], result: ChoiceResult, reason: Reason, policy: Policy
) -> None:
    request = a_request(choices=[FIRST])
    decision = decide(facts_for(request, {FIRST.day: a_free_day(**day)}, **changes), request, policy=policy)
    rejected = policy.on.get(reason) == "reject" and reason is not Reason.CLOSED_VISIT
    assert decision.verdict == (Reject((reason,)) if rejected else ToStaff((reason,)))
    assert decision.outcome_choices == (result,)


def test_what_is_rejected_unless_configured_otherwise() -> None:
    rejected = {reason for reason in Reason if DEFAULT_POLICY.rejects(reason)}
    assert rejected == {Reason.SLOT_UNAVAILABLE, Reason.NO_ALLOWANCE, Reason.PRISONER_DETAILS_INCORRECT}
    assert not any(DEFAULT_POLICY.rejects(why) for why in StaffWhy)


def test_a_policy_laid_over_another_leaves_that_one_alone() -> None:
    policy = DEFAULT_POLICY.overlaid({Reason.NO_ALLOWANCE: "staff", Reason.OTHER: "reject"})
    assert not policy.rejects(Reason.NO_ALLOWANCE)
    assert policy.rejects(Reason.OTHER)
    assert policy.rejects(Reason.SLOT_UNAVAILABLE)
    assert DEFAULT_POLICY.rejects(Reason.NO_ALLOWANCE)
    assert Policy({Reason.CLOSED_VISIT: "reject"}).rejects(Reason.CLOSED_VISIT) is False


@pytest.mark.parametrize(
    ("on", "changes", "verdict"),
    [
        ({}, {"slots": ()}, Reject((Reason.SLOT_UNAVAILABLE,))),
        (
            {FIRST: a_free_day(out_of_vo=True)},
            {"slots": without(SECOND, THIRD)},
            Reject((Reason.NO_ALLOWANCE, Reason.SLOT_UNAVAILABLE)),
        ),
        (
            {THIRD: a_free_day(out_of_vo=True)},
            {"slots": without(FIRST, SECOND)},
            Reject((Reason.SLOT_UNAVAILABLE, Reason.NO_ALLOWANCE)),
        ),
        # One reason that is a person's is enough.
        (
            {THIRD: a_free_day(banned=True)},
            {"slots": without(FIRST, SECOND)},
            ToStaff((Reason.SLOT_UNAVAILABLE, Reason.PRISONER_BANNED)),
        ),
        # Also if the same choice is full besides.
        (
            {FIRST: a_free_day(external_movement=True)},
            {"slots": ()},
            ToStaff((Reason.PRISONER_OUT_OF_PRISON, Reason.SLOT_UNAVAILABLE)),
        ),
    ],
)
def test_a_request_is_rejected_only_if_every_reason_says_so(
    on: Mapping[Slot, Day], changes: dict[str, object], verdict: Verdict
) -> None:
    decision = decide(with_facts(on, **changes))
    assert decision.verdict == verdict
    assert NOT_TRIED not in decision.outcome_choices


@pytest.mark.parametrize(
    ("facts", "verdict", "why"),
    [
        (
            with_facts(own=(Existing(FIRST, FIRST, 1, being_cancelled=True),)),
            Wait(Why.BEING_CANCELLED),
            Why.BEING_CANCELLED,
        ),
        (
            with_facts(days={slot.day: a_free_day() for slot in (SECOND, THIRD)}),
            ToStaff((StaffWhy.NOT_UNDERSTOOD,)),
            Why.NOT_UNDERSTOOD,
        ),
    ],
)
def test_nothing_is_tried_behind_an_unknown_choice(facts: Facts, verdict: Verdict, why: Why) -> None:
    decision = decide(facts)
    assert decision.verdict == verdict
    assert decision.outcome_choices == (UNKNOWN, NOT_TRIED, NOT_TRIED)
    assert decision.trace.choices[0] == ChoiceFinding(FIRST, UNKNOWN, None, why)
    assert decision.trace.choices[1] == ChoiceFinding(SECOND, NOT_TRIED)


def test_an_unknown_choice_behind_the_one_that_is_booked_does_not_matter() -> None:
    going = Existing(SECOND, SECOND, 1, being_cancelled=True)
    assert decide(with_facts(own=(going,))).verdict == booked(0)


def test_an_unknown_choice_behind_one_that_can_not_be_had() -> None:
    decision = decide(with_facts(days={FIRST.day: a_free_day(out_of_vo=True), THIRD.day: a_free_day()}))
    assert decision.verdict == ToStaff((StaffWhy.NOT_UNDERSTOOD, Reason.NO_ALLOWANCE))
    assert decision.outcome_choices == (ChoiceResult.PRISONER_UNAVAILABLE, UNKNOWN, NOT_TRIED)


def test_what_fails_can_not_be_had_whatever_else_is_unknown_about_it() -> None:
    """The day of the first choice is unknown, but it is full: the second is the best that can be had."""
    decision = decide(with_facts(slots=without(FIRST), days={slot.day: a_free_day() for slot in (SECOND, THIRD)}))
    assert decision.verdict == booked(1)
    assert decision.trace.choices[0] == ChoiceFinding(FIRST, ChoiceResult.NOT_OFFERED, Reason.SLOT_UNAVAILABLE)


@pytest.mark.parametrize(
    ("days", "verdict"),
    [(AWAY, Wait(Why.AWAY)), (ODD, ToStaff((StaffWhy.NOT_UNDERSTOOD, Reason.SLOT_UNAVAILABLE)))],
)
def test_nothing_is_rejected_while_anything_is_unknown(days: object, verdict: Verdict) -> None:
    """All are full, but there may be more to it, such as a ban, which would be a person's to judge."""
    decision = decide(with_facts(slots=(), days=days))
    assert decision.verdict == verdict
    assert decision.outcome_choices == (ChoiceResult.NOT_OFFERED,) * 3


def test_of_several_unknown_things_one_that_waiting_does_not_cure_decides() -> None:
    decision = decide(with_facts(days=AWAY, slots=ODD))
    assert decision.verdict == ToStaff((StaffWhy.NOT_UNDERSTOOD,))
    assert decision.trace.choices[0] == ChoiceFinding(FIRST, UNKNOWN, None, Why.NOT_UNDERSTOOD)


def test_no_choice_at_all_is_no_reason_to_reject() -> None:
    empty = replace(a_request(), choices=())
    assert decide(facts_for(empty), empty).verdict == ToStaff(())
