"""What holds of every decision, whatever is asked for and whatever is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from booking_rules.decision import (
    Book,
    ChoiceResult,
    Decision,
    Policy,
    Reject,
    Settled,
    ToStaff,
    Trace,
    Wait,
    judge,
)
from booking_rules.facts import Contact, Existing, Facts, Restriction, Unknown, Why
from booking_rules.prisons import Prison
from booking_rules.reasons import Reason, StaffWhy
from booking_rules.request import VisitRequest
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

Draw = Callable[[st.SearchStrategy[Any]], Any]
unknown = st.builds(Unknown, st.sampled_from(Why))
flags = st.sampled_from([False, False, False, True])
days = st.builds(
    lambda moves, no_vo, banned, existing: a_free_day(
        external_movement=moves, out_of_vo=no_vo, banned=banned, existing=existing
    ),
    flags,
    flags,
    flags,
    st.just(()),
)
visits = st.builds(
    lambda slot, number, going: Existing(slot, slot, number, going),
    st.sampled_from(CHOICES),
    st.none() | st.integers(1, 3),
    st.booleans(),
)
offers = st.builds(
    lambda slot, groups: an_offer(slot, groups_booked=groups), st.sampled_from(CHOICES), st.sampled_from([0, 9, 10])
)
party = st.sampled_from([[an_adult()], [an_adult(), a_child()], [an_adult(), an_adult("Cara"), a_child()]])
reasons = st.sampled_from(Reason)
treatments = st.dictionaries(reasons, st.sampled_from(["reject", "staff"]))
settling = st.sampled_from(
    [ChoiceResult.FULL, ChoiceResult.NOT_OFFERED, ChoiceResult.OVERLAPS, ChoiceResult.PRISONER_UNAVAILABLE]
)


@dataclass(frozen=True)
class Case:
    request: VisitRequest
    prison: Prison
    facts: Facts
    policy: Policy
    settled: tuple[Settled, ...]

    def decide(self) -> Decision:
        return judge(self.request, self.prison, self.facts, NOW, NO_HOLIDAYS, self.policy, self.settled)


def sometimes(
    draw: Callable[[st.SearchStrategy[object]], object], fine: object, other: st.SearchStrategy[object]
) -> object:
    """Mostly `fine`: else some fact is nearly always amiss and no case gets as far as the choices."""
    return draw(other) if draw(st.integers(0, 5)) == 0 else fine


@st.composite
def cases(draw: Draw) -> Case:
    count = draw(st.integers(1, 3))
    request = a_request(draw(party), CHOICES[:count])
    fine = facts_for(request)
    banned = tuple(replace(contact, restrictions=(a_ban(CHOICES[0].day),)) for contact in fine.contacts)  # type: ignore[union-attr]
    changes: dict[str, Any] = {
        "offender_id": sometimes(draw, 1, st.none() | unknown),
        "prison": sometimes(draw, "LEI", st.just("MDI") | unknown),
        "contacts": sometimes(draw, fine.contacts, st.sampled_from([(), banned]) | unknown),
        "restrictions": sometimes(draw, (), st.just((Restriction("CLOSED", CHOICES[1].day),)) | unknown),
        "days": sometimes(draw, fine.days, st.dictionaries(st.sampled_from([s.day for s in CHOICES]), days) | unknown),
        "slots": sometimes(draw, fine.slots, st.lists(offers, max_size=5).map(tuple) | unknown),
        "own": sometimes(draw, (), st.lists(visits, max_size=3).map(tuple)),
    }
    prison = a_prison(
        real_time=sometimes(draw, True, st.booleans()),
        closed=sometimes(draw, False, st.booleans()),
        lead_days=sometimes(draw, 3, st.integers(1, 9)),
    )
    settled = draw(st.lists(st.builds(Settled, st.integers(0, count - 1), settling, reasons), max_size=2))
    policy = Policy(draw(treatments))
    return Case(request, prison, replace(fine, **changes), policy, tuple(settled))


def results_of(decision: Decision, choice: int) -> set[str]:
    """What the checks that concern `choice` came to."""
    about = f"choice {choice + 1}"
    return {
        check.result
        for check in decision.trace.checks
        if not check.subject.startswith("choice") or check.subject.split(",")[0] == about
    }


@given(cases())
def test_nothing_is_booked_that_fails_or_is_unknown(case: Case) -> None:
    decision = case.decide()
    if isinstance(decision.verdict, Book):
        assert results_of(decision, decision.verdict.choice) == {"pass"}
        assert decision.verdict.choice not in {answer.choice for answer in case.settled}
        assert decision.verdict.slot == case.request.choices[decision.verdict.choice]
        assert not isinstance(case.facts.slots, Unknown)
        offered = [(offer.normal, offer.raw) for offer in case.facts.slots]
        assert (decision.verdict.slot, decision.verdict.raw) in offered


@given(cases())
def test_no_choice_is_tried_behind_an_unknown_one(case: Case) -> None:
    decision = case.decide()
    if isinstance(decision.verdict, Book):
        settled = {answer.choice for answer in case.settled}
        for earlier in range(decision.verdict.choice):
            assert earlier in settled or "fail" in results_of(decision, earlier)
    results = decision.outcome_choices
    open_ones = [index for index, result in enumerate(results) if result is ChoiceResult.UNKNOWN]
    assert len(open_ones) <= 1
    for index in open_ones:
        settled_later = {answer.choice for answer in case.settled}
        assert all(
            result is ChoiceResult.NOT_TRIED or later in settled_later
            for later, result in enumerate(results)
            if later > index
        )


@given(cases())
def test_nothing_is_rejected_with_an_unknown_left_or_against_the_policy(case: Case) -> None:
    decision = case.decide()
    if isinstance(decision.verdict, Reject):
        assert all(check.result != "unknown" for check in decision.trace.checks)
        assert decision.verdict.reasons
        assert all(case.policy.on.get(reason) == "reject" for reason in decision.verdict.reasons)
        failed = {check.reason for check in decision.trace.checks if check.result == "fail"}
        assert failed <= set(decision.verdict.reasons)


@given(cases())
def test_only_what_waiting_may_cure_waits(case: Case) -> None:
    verdict = case.decide().verdict
    if isinstance(verdict, Wait):
        assert verdict.why.curable
    if isinstance(verdict, ToStaff):
        assert verdict.reasons
        assert len(set(verdict.reasons)) == len(verdict.reasons)
        assert all(isinstance(reason, Reason | StaffWhy) for reason in verdict.reasons)


@given(cases())
def test_a_prison_that_answers_itself_always_does(case: Case) -> None:
    verdict = case.decide().verdict
    early = {StaffWhy.NOT_REAL_TIME, StaffWhy.PRISON_NOT_IN_USE}
    told = set(verdict.reasons) & early if isinstance(verdict, ToStaff) else set()
    assert bool(told) is not (case.prison.real_time and case.prison.in_use)


@given(cases())
def test_every_choice_has_one_result_and_the_trace_can_be_kept(case: Case) -> None:
    decision = case.decide()
    assert len(decision.outcome_choices) == len(case.request.choices)
    assert decision.outcome_choices == tuple(finding.result for finding in decision.trace.choices)
    assert [finding.slot for finding in decision.trace.choices] == list(case.request.choices)
    assert ChoiceResult.BOOKED not in decision.outcome_choices
    assert Trace.from_json(decision.trace.to_json()) == decision.trace


@given(cases(), st.sampled_from(["days", "slots", "contacts", "restrictions", "prison", "offender_id"]), unknown)
def test_knowing_less_never_books_or_rejects_otherwise(case: Case, fact: str, why: Unknown) -> None:
    """Take one fact away: what was booked or rejected then waits, goes to staff or stays as it was."""
    before = case.decide().verdict
    after = replace(case, facts=replace(case.facts, **dict[str, Any]({fact: why}))).decide().verdict
    if isinstance(after, Book | Reject):
        assert after == before


contact_order = st.permutations(range(3))


@given(contact_order)
def test_the_order_of_the_contact_list_does_not_matter(order: list[int]) -> None:
    request = a_request([an_adult(), an_adult("Cara"), a_child()])
    contacts: list[Contact] = [a_contact(visitor, 100 + index) for index, visitor in enumerate(request.visitors)]
    facts = facts_for(request, contacts=tuple(contacts[index] for index in order))
    verdict = judge(request, a_prison(), facts, NOW, NO_HOLIDAYS).verdict
    assert isinstance(verdict, Book)
    assert (verdict.lead, verdict.others) == (100, (101, 102))
