"""Checks on the whole request: what each says, about whom, and on what it is based, as staff read it."""

from __future__ import annotations

import pytest

from booking_rules.checklist import CHECKLIST
from booking_rules.decision import Check, judge
from booking_rules.facts import Restriction, Unknown, Why
from booking_rules.reasons import Reason
from tests.support.booking_cases import (
    NO_HOLIDAYS,
    NOW,
    TODAY,
    a_contact,
    a_prison,
    a_request,
    an_adult,
    facts_for,
)
from tests.support.checking import ADA, AWAY, BYRON, SLOT, check, checks, with_facts


def test_a_request_with_nothing_against_it_passes_every_check_in_order() -> None:
    decision = judge(a_request([ADA], [SLOT]), a_prison(), facts_for(a_request([ADA], [SLOT])), NOW, NO_HOLIDAYS)
    assert [check.name for check in decision.trace.checks] == [kind.name for kind in CHECKLIST]
    assert decision.trace.checks == (
        Check("prison answers in real time", "pass", basis="real time is on"),
        Check("prison takes requests", "pass", basis="enabled"),
        Check("party may come together", "pass", basis="1 in the party"),
        Check("prisoner found", "pass", basis="number and date of birth match an active prisoner"),
        Check("prisoner is here", "pass", basis="held at LEI"),
        Check(
            "on the contact list",
            "pass",
            subject="visitor 1",
            basis="Ada Lovelace, born 1985-12-10: contact 100 ADA LOVELACE",
        ),
        Check("restrictions can be seen", "pass", basis="0 on record, past and future ones included"),
        Check(
            "within the bookable dates", "pass", subject="choice 1", basis="on the timetable for requests of 2026-11-30"
        ),
        Check(
            "no visitor is banned",
            "pass",
            subject="choice 1",
            basis="1 of 1 visitors known: no ban of theirs covers 2026-12-07",
        ),
        Check("prisoner is in that day", "pass", subject="choice 1", basis="nothing against it"),
        Check("prisoner has an allowance", "pass", subject="choice 1", basis="nothing against it"),
        Check("prisoner is not banned", "pass", subject="choice 1", basis="nothing against it"),
        Check(
            "visit need not be closed",
            "pass",
            subject="choice 1",
            basis="no closed-visits restriction covers 2026-12-07",
        ),
        Check("prisoner has no other visit then", "pass", subject="choice 1", basis="no other visit at that time"),
        Check(
            "offered, with room",
            "pass",
            subject="choice 1",
            basis="room for 1 visitors, 1 of them adults, and the prisoner",
        ),
    )
    assert decision.trace.at == NOW


# -- the whole request -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "changes", "result", "reason", "basis"),
    [
        (
            "prisoner found",
            {"offender_id": None},
            "fail",
            Reason.PRISONER_DETAILS_INCORRECT,
            "no active prisoner has this number and date of birth",
        ),
        ("prisoner found", {"offender_id": AWAY}, "unknown", None, "could not be asked: away"),
        ("prisoner is here", {"prison": "MDI"}, "fail", Reason.PRISONER_MOVED, "held at MDI, not at LEI"),
        ("prisoner is here", {"prison": Unknown(Why.TOO_SLOW)}, "unknown", None, "could not be asked: too slow"),
        ("on the contact list", {"contacts": AWAY}, "unknown", None, "could not be asked: away"),
        ("restrictions can be seen", {"restrictions": AWAY}, "unknown", None, "could not be asked: away"),
        (
            "restrictions can be seen",
            {"restrictions": (Restriction("CLOSED", TODAY, TODAY),)},
            "pass",
            None,
            "1 on record, past and future ones included",
        ),
    ],
)
def test_checks_on_the_whole_request(
    name: str, changes: dict[str, object], result: str, reason: Reason | None, basis: str
) -> None:
    assert check(name, facts=with_facts(**changes)) == (result, reason, "", basis)


@pytest.mark.parametrize(
    ("offender_id", "names"),
    [
        (AWAY, {"prisoner found"}),
        (None, {"prisoner found"}),
        (1, {kind.name for kind in CHECKLIST} - {"prison answers in real time", "prison takes requests"}),
    ],
)
def test_of_a_prisoner_who_was_not_found_nothing_more_is_asked(offender_id: object, names: set[str]) -> None:
    request = a_request()
    decision = judge(request, a_prison(), facts_for(request, offender_id=offender_id), NOW, NO_HOLIDAYS)
    asked = {check.name for check in decision.trace.checks}
    always = {"prison answers in real time", "prison takes requests", "party may come together"}
    assert asked == names | always


def test_a_party_that_does_not_fit_any_more_is_named() -> None:
    party = a_request([an_adult(), an_adult("B"), an_adult("C"), BYRON], [SLOT])
    assert check("party may come together", party, prison=a_prison(adult_age=5)) == (
        "fail",
        None,
        "",
        "too_many_adults",
    )
    children = a_request([BYRON] * 7, [SLOT])
    assert check("party may come together", children)[3] == "lead_visitor_age, too_many_visitors"


def test_the_contact_list_is_answered_for_each_visitor() -> None:
    cara, dora, eve, fay, gil = (an_adult(name, "Reed") for name in ("Cara", "Dora", "Evelyn", "Fay", "Gil"))
    request = a_request([ADA, cara, dora, eve, fay, gil, gil], [SLOT])
    contacts = [
        a_contact(ADA, 1),
        a_contact(dora, 2),
        a_contact(dora, 3, middle_names="ANN"),
        a_contact(an_adult("Evelin", "Reed"), 4),
        a_contact(fay, 5, approved=False),
        a_contact(gil, 6),
    ]
    born = "born 1985-12-10"
    assert checks("on the contact list", request, facts_for(request, contacts=tuple(contacts))) == [
        ("pass", None, "visitor 1", f"Ada Lovelace, {born}: contact 1 ADA LOVELACE"),
        (
            "fail",
            Reason.VISITOR_NOT_ON_LIST,
            "visitor 2",
            f"Cara Reed, {born}: nobody like this is on the list",
        ),
        (
            "unknown",
            None,
            "visitor 3",
            f"Dora Reed, {born}: could be any of contact 2 DORA REED; contact 3 DORA REED",
        ),
        (
            "unknown",
            None,
            "visitor 4",
            f"Evelyn Reed, {born}: not exactly, but similar to contact 4 EVELIN REED",
        ),
        (
            "fail",
            Reason.VISITOR_NOT_ON_LIST,
            "visitor 5",
            f"Fay Reed, {born}: contact 5 FAY REED, but not approved, not active or not a social contact",
        ),
        ("unknown", None, "visitor 6", f"Gil Reed, {born}: visitor 6 and visitor 7 are the same contact 6 GIL REED"),
        ("unknown", None, "visitor 7", f"Gil Reed, {born}: visitor 6 and visitor 7 are the same contact 6 GIL REED"),
    ]
