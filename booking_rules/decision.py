"""The decision: book, reject, wait or hand to staff. Pure: it asks nothing and changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from booking_rules.calendar import BankHolidays
from booking_rules.checklist import Doubt, Failure, Finding
from booking_rules.choice_checks import check_choice
from booking_rules.facts import Facts, Why
from booking_rules.matching import Exact, Match
from booking_rules.party import count_adults
from booking_rules.prisons import Prison
from booking_rules.reasons import Reason, StaffWhy
from booking_rules.request import VisitRequest
from booking_rules.request_checks import matches, prison_checks, request_checks
from booking_rules.slots import Slot
from booking_rules.trace import Check, ChoiceFinding, ChoiceResult, Trace
from booking_rules.verdict import (
    DEFAULT_POLICY,
    Book,
    Decision,
    Policy,
    Reject,
    Settled,
    ToStaff,
    Treatment,
    Verdict,
    Wait,
)

__all__ = [
    "DEFAULT_POLICY",
    "Book",
    "Check",
    "ChoiceFinding",
    "ChoiceResult",
    "Decision",
    "Policy",
    "Reject",
    "Settled",
    "StaffWhy",
    "ToStaff",
    "Trace",
    "Treatment",
    "Verdict",
    "Wait",
    "decide_without_facts",
    "judge",
]


@dataclass(frozen=True, slots=True)
class _Look:
    """One choice looked at: what was found, or what an earlier booking answer settled."""

    slot: Slot
    findings: tuple[Finding, ...] = ()
    raw: Slot | None = None
    settled: Settled | None = None

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Why it can't be had; empty if it can, or if that is unknown."""
        if self.settled is not None:
            return (self.settled.reason or StaffWhy.REFUSED,)
        return _failures(self.findings)

    def result(self) -> ChoiceResult:
        """`unknown` as well for a choice that can be booked: it isn't yet."""
        if self.settled is not None:
            return self.settled.result
        return next((found.result for found in self.findings if found.failure), ChoiceResult.UNKNOWN)

    def finding(self, reached: bool) -> ChoiceFinding:
        """For the trace. Of a choice that wasn't reached it is still told what is known."""
        failures = self.failures
        reason = next((failure for failure in failures if isinstance(failure, Reason)), None)
        why = None if failures else _why(_doubts(self.findings))
        result = self.result() if reached or self.settled else ChoiceResult.NOT_TRIED
        return ChoiceFinding(self.slot, result, reason, why)


def judge(
    request: VisitRequest,
    prison: Prison,
    facts: Facts,
    now: datetime,
    holidays: BankHolidays,
    policy: Policy = DEFAULT_POLICY,
    settled: Sequence[Settled] = (),
) -> Decision:
    """Decide `request` on `facts`. `now` is naive London time; its date decides ages and bookable dates.

    Nothing is booked that fails a check or has an unknown one; no choice is tried behind an unknown one; nothing is
    rejected while any check is unknown. Choices in `settled` keep their result and are never booked.
    """
    early = decide_without_facts(request, prison, now)
    if early is not None:
        return early
    today = now.date()
    matched = matches(request, facts)
    whole = (*prison_checks(prison), *request_checks(request, prison, facts, matched, today))
    verdict = _verdict_of_request(whole, policy)
    if isinstance(verdict, Reject) or not isinstance(facts.offender_id, int):
        assert verdict is not None
        return _decision(verdict, whole, _unlooked(request, settled), -1, now)
    looks = _look_at_all(request, prison, facts, matched, today, holidays, settled)
    if verdict is not None:
        return _decision(verdict, whole, looks, -1, now)
    reached = next((index for index, look in enumerate(looks) if not look.failures), None)
    if reached is None:
        return _decision(_none_left(looks, policy), whole, looks, len(looks), now)
    doubts = _doubts(looks[reached].findings)
    if doubts:
        verdict = _in_doubt(doubts, _all_failures(looks[:reached]))
    else:
        verdict = _book(reached, looks[reached], request, prison, matched, today)
    return _decision(verdict, whole, looks, reached, now)


def decide_without_facts(request: VisitRequest, prison: Prison, now: datetime) -> Decision | None:
    """The decision where nothing needs to be asked: the prison isn't in real time, or takes no requests. Else None."""
    findings = prison_checks(prison)
    failures = _failures(findings)
    return _decision(ToStaff(failures), findings, _unlooked(request, ()), -1, now) if failures else None


def _verdict_of_request(whole: Sequence[Finding], policy: Policy) -> Verdict | None:
    """None if nothing stands against the request as a whole."""
    doubts, failures = _doubts(whole), _failures(whole)
    if doubts:
        return _in_doubt(doubts, failures)
    return _conclude(failures, policy) if failures else None


def _look_at_all(
    request: VisitRequest,
    prison: Prison,
    facts: Facts,
    matched: Sequence[Match],
    today: date,
    holidays: BankHolidays,
    settled: Sequence[Settled],
) -> tuple[_Look, ...]:
    """Every choice is looked at, also those that won't be reached: staff see what is known of them."""
    looks = list(_unlooked(request, settled))
    for index, look in enumerate(looks):
        if look.settled is None:
            checked = check_choice(index, request, prison, facts, matched, today, holidays)
            looks[index] = _Look(look.slot, checked.findings, checked.raw)
    return tuple(looks)


def _unlooked(request: VisitRequest, settled: Iterable[Settled]) -> tuple[_Look, ...]:
    answers = {answer.choice: answer for answer in settled}
    return tuple(_Look(slot, settled=answers.get(index)) for index, slot in enumerate(request.choices))


def _none_left(looks: Sequence[_Look], policy: Policy) -> Verdict:
    """No choice can be had. While anything about them is unknown there may be more to it than the reasons we have, so
    that nobody is rejected on half of the facts."""
    doubts, failures = _doubts(found for look in looks for found in look.findings), _all_failures(looks)
    return _in_doubt(doubts, failures) if doubts else _conclude(failures, policy)


def _in_doubt(doubts: Sequence[Doubt], failures: Sequence[Failure]) -> ToStaff | Wait:
    """Wait where waiting may help with all of it, else a person decides at once."""
    for_people = [doubt if isinstance(doubt, StaffWhy) else StaffWhy(doubt) for doubt in doubts if not _curable(doubt)]
    if for_people:
        return ToStaff(tuple(dict.fromkeys([*for_people, *failures])))
    why = _why(doubts)
    assert why is not None
    return Wait(why)


def _conclude(failures: Sequence[Failure], policy: Policy) -> Reject | ToStaff:
    reasons = tuple(failure for failure in failures if isinstance(failure, Reason) and policy.rejects(failure))
    # Nothing at all is never a reason to reject.
    return Reject(reasons) if reasons and len(reasons) == len(failures) else ToStaff(tuple(failures))


def _book(
    index: int, look: _Look, request: VisitRequest, prison: Prison, matched: Sequence[Match], today: date
) -> Book:
    contacts = [match.contact for match in matched if isinstance(match, Exact)]
    assert len(contacts) == len(request.visitors)
    assert look.raw is not None
    adults = count_adults(prison, [visitor.date_of_birth for visitor in request.visitors], today)
    return Book(index, look.slot, look.raw, contacts[0], tuple(contacts[1:]), adults)


def _decision(
    verdict: Verdict, whole: Sequence[Finding], looks: Sequence[_Look], reached: int, now: datetime
) -> Decision:
    """`reached` is the index of the choice that the decision came to; -1 if to none."""
    choices = tuple(look.finding(index <= reached) for index, look in enumerate(looks))
    checks = tuple(found.check for found in (*whole, *(found for look in looks for found in look.findings)))
    return Decision(verdict, Trace(checks, choices, now), tuple(choice.result for choice in choices))


def _failures(findings: Iterable[Finding]) -> tuple[Failure, ...]:
    return tuple(dict.fromkeys(found.failure for found in findings if found.failure is not None))


def _all_failures(looks: Iterable[_Look]) -> tuple[Failure, ...]:
    return tuple(dict.fromkeys(failure for look in looks for failure in look.failures))


def _doubts(findings: Iterable[Finding]) -> tuple[Doubt, ...]:
    return tuple(dict.fromkeys(found.doubt for found in findings if found.doubt is not None))


def _curable(doubt: Doubt) -> bool:
    return isinstance(doubt, Why) and doubt.curable


def _why(doubts: Sequence[Doubt]) -> Why | None:
    """The first doubt about the prison system's answers; one that waiting won't cure before others."""
    whys = [doubt for doubt in doubts if isinstance(doubt, Why)]
    return min(whys, key=lambda why: why.curable, default=None)
