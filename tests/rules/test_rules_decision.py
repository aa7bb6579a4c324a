"""The decision: book, reject, wait or hand to staff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from booking_rules.decision import (
    DEFAULT_POLICY,
    Book,
    ChoiceFinding,
    ChoiceResult,
    Decision,
    Policy,
    Reject,
    Settled,
    StaffWhy,
    ToStaff,
    Verdict,
    Wait,
    decide_without_facts,
    judge,
)
from booking_rules.facts import Day, Existing, Facts, Restriction, Unknown, Why
from booking_rules.prisons import Prison
from booking_rules.reasons import Reason
from booking_rules.request import VisitRequest
from booking_rules.slots import Slot
from tests.support.booking_cases import (
    CHOICES,
    NO_HOLIDAYS,
    NOW,
    a_ban,
    a_child,
    a_contact,
    a_free_day,
    a_prison,
    a_request,
    an_adult,
    an_offer,
    facts_for,
)

AWAY = Unknown(Why.AWAY)
ODD = Unknown(Why.NOT_UNDERSTOOD)
FIRST, SECOND, THIRD = CHOICES
NOT_TRIED, UNKNOWN, FULL = ChoiceResult.NOT_TRIED, ChoiceResult.UNKNOWN, ChoiceResult.FULL
NOTHING_ASKED = Facts(offender_id=AWAY)


def decide(
    facts: Facts | None = None,
    request: VisitRequest | None = None,
    prison: Prison | None = None,
    policy: Policy = DEFAULT_POLICY,
    settled: tuple[Settled, ...] = (),
) -> Decision:
    request = request or a_request()
    return judge(request, prison or a_prison(), facts or facts_for(request), NOW, NO_HOLIDAYS, policy, settled)


def with_facts(on: Mapping[Slot, Day] | None = None, **changes: object) -> Facts:
    return facts_for(a_request(), {slot.day: day for slot, day in (on or {}).items()}, **changes)


def without(*slots: Slot) -> tuple[object, ...]:
    """What the prison system offers of the three choices when `slots` are gone."""
    return tuple(an_offer(slot) for slot in CHOICES if slot not in slots)


def booked(choice: int) -> Book:
    return Book(choice, CHOICES[choice], CHOICES[choice], lead=100, others=(), adults=1)


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
    decision = decide(with_facts(**{fact: Unknown(why)}))
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
def test_a_request_that_fails_or_is_unknown_as_a_whole(changes: dict[str, object], verdict: Verdict) -> None:
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
