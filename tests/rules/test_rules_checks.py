"""Each check: what it says, about whom, and on what it is based, as staff read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from booking_rules.checklist import CHECKLIST
from booking_rules.decision import Check, judge
from booking_rules.facts import Existing, Facts, Restriction, Unknown, Why
from booking_rules.prisons import Prison
from booking_rules.reasons import Reason
from booking_rules.request import VisitRequest
from booking_rules.slots import Slot
from tests.support.booking_cases import (
    CHOICES,
    NO_HOLIDAYS,
    NOW,
    TODAY,
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

SLOT = CHOICES[0]
DAY = SLOT.day
ADA, BYRON = an_adult(), a_child()
AWAY = Unknown(Why.AWAY)


def checks(
    name: str, request: VisitRequest | None = None, facts: Facts | None = None, prison: Prison | None = None
) -> list[tuple[str, Reason | None, str, str]]:
    request = request or a_request([ADA, BYRON], [SLOT])
    decision = judge(request, prison or a_prison(), facts or facts_for(request), NOW, NO_HOLIDAYS)
    found = [check for check in decision.trace.checks if check.name == name]
    return [(check.result, check.reason, check.subject, check.basis) for check in found]


def check(
    name: str, request: VisitRequest | None = None, facts: Facts | None = None, prison: Prison | None = None
) -> tuple[str, Reason | None, str, str]:
    [found] = checks(name, request, facts, prison)
    return found


def with_facts(**changes: object) -> Facts:
    return facts_for(a_request([ADA, BYRON], [SLOT]), **changes)


def on_the_day(**changes: object) -> Facts:
    return facts_for(a_request([ADA, BYRON], [SLOT]), {DAY: a_free_day(**changes)})


def at(times: str) -> Slot:
    return Slot.parse(f"{DAY}T{times}")


def another_visit(times: str, **changes: object) -> Existing:
    return replace(Existing(at(times), at(times), 5915), **changes)


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


# -- each choice -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "facts", "result", "reason", "basis"),
    [
        (
            "prisoner is in that day",
            on_the_day(external_movement=True),
            "fail",
            Reason.PRISONER_OUT_OF_PRISON,
            "the prisoner goes out that day (court, hospital, transfer)",
        ),
        (
            "prisoner has an allowance",
            on_the_day(out_of_vo=True),
            "fail",
            Reason.NO_ALLOWANCE,
            "no visiting order is left for the day",
        ),
        (
            "prisoner is not banned",
            on_the_day(banned=True),
            "fail",
            Reason.PRISONER_BANNED,
            "the prisoner may not have visits that day",
        ),
        *(
            (name, with_facts(days=days), "unknown", None, basis)
            for name in (
                "prisoner is in that day",
                "prisoner has an allowance",
                "prisoner is not banned",
                "prisoner has no other visit then",
            )
            for days, basis in (
                (AWAY, "could not be asked: away"),
                (Unknown(Why.BAD_REQUEST), "could not be asked: bad request"),
                ({DAY + timedelta(days=1): a_free_day()}, "could not be asked: not understood"),
            )
        ),
        (
            "visit need not be closed",
            with_facts(restrictions=(Restriction("BAN", TODAY), Restriction("CLOSED", DAY, DAY))),
            "fail",
            Reason.CLOSED_VISIT,
            "closed visits only on 2026-12-07",
        ),
        (
            "visit need not be closed",
            with_facts(
                restrictions=(
                    Restriction("BAN", TODAY),
                    Restriction("CLOSED", DAY + timedelta(days=1)),
                    Restriction("CLOSED", TODAY, DAY - timedelta(days=1)),
                )
            ),
            "pass",
            None,
            "no closed-visits restriction covers 2026-12-07",
        ),
        ("visit need not be closed", with_facts(restrictions=AWAY), "unknown", None, "could not be asked: away"),
        (
            "prisoner has no other visit then",
            on_the_day(existing=(another_visit("10:00/11:00"), another_visit("15:00/16:00"))),
            "fail",
            Reason.SLOT_UNAVAILABLE,
            "other visit: 2026-12-07T15:00/16:00",
        ),
        (
            "prisoner has no other visit then",
            with_facts(
                days={DAY: a_free_day(existing=(another_visit("13:00/14:00"),))},
                own=(another_visit("13:00/14:00"), another_visit("14:30/14:45", id=None)),
            ),
            "fail",
            Reason.SLOT_UNAVAILABLE,
            "other visit: 2026-12-07T13:00/14:00, 2026-12-07T14:30/14:45",
        ),
        (
            "prisoner has no other visit then",
            with_facts(days=AWAY, own=(another_visit("14:00/15:00"),)),
            "fail",  # our own is known whatever else is not
            Reason.SLOT_UNAVAILABLE,
            "other visit: 2026-12-07T14:00/15:00",
        ),
        (
            "prisoner has no other visit then",
            with_facts(own=(another_visit("14:00/15:00", being_cancelled=True),)),
            "unknown",
            None,
            "a visit of this prisoner at that time is being cancelled",
        ),
        (
            "prisoner has no other visit then",
            with_facts(
                days={DAY: a_free_day(existing=(another_visit("14:00/15:00"),))},
                own=(another_visit("14:00/15:00", being_cancelled=True),),
            ),
            "unknown",
            None,
            "a visit of this prisoner at that time is being cancelled",
        ),
        (
            "prisoner has no other visit then",
            with_facts(
                own=(another_visit("14:00/15:00", being_cancelled=True), another_visit("14:30/14:45", id=6)),
            ),
            "fail",
            Reason.SLOT_UNAVAILABLE,
            "other visit: 2026-12-07T14:30/14:45",
        ),
        (
            "prisoner has no other visit then",
            with_facts(days=AWAY, own=(another_visit("14:00/15:00", being_cancelled=True),)),
            "unknown",
            None,
            "could not be asked: away",
        ),
        (
            "prisoner has no other visit then",
            with_facts(slots=AWAY, own=(another_visit("15:00/16:00"),)),
            "fail",  # without a raw time the normal one is gone by
            Reason.SLOT_UNAVAILABLE,
            "other visit: 2026-12-07T15:00/16:00",
        ),
        ("offered, with room", with_facts(slots=AWAY), "unknown", None, "could not be asked: away"),
        ("offered, with room", with_facts(slots=()), "fail", Reason.SLOT_UNAVAILABLE, "not offered, or full"),
        (
            "offered, with room",
            with_facts(slots=(an_offer(CHOICES[1]), an_offer(at("14:00/15:01")))),
            "fail",
            Reason.SLOT_UNAVAILABLE,
            "not offered, or full",
        ),
        (
            "offered, with room",
            with_facts(slots=(an_offer(SLOT, capacity=2),)),
            "fail",
            Reason.SLOT_UNAVAILABLE,
            "no room for 2 visitors, 1 of them adults, and the prisoner",
        ),
        (
            "offered, with room",
            with_facts(slots=(an_offer(SLOT, capacity=3, max_adults=2, max_groups=1),)),
            "pass",
            None,
            "room for 2 visitors, 1 of them adults, and the prisoner",
        ),
    ],
)
def test_checks_on_a_choice(name: str, facts: Facts, result: str, reason: Reason | None, basis: str) -> None:
    assert check(name, facts=facts) == (result, reason, "choice 1", basis)


def test_adults_in_a_session_are_counted_by_the_age_of_the_prison() -> None:
    facts = with_facts(slots=(an_offer(SLOT, max_adults=2),))
    assert check("offered, with room", facts=facts)[0] == "pass"
    assert check("offered, with room", facts=facts, prison=a_prison(adult_age=6)) == (
        "fail",
        Reason.SLOT_UNAVAILABLE,
        "choice 1",
        "no room for 2 visitors, 2 of them adults, and the prisoner",
    )


@pytest.mark.parametrize("slot", ["2026-12-03T14:00/15:00", "2026-12-29T14:00/15:00", "2026-12-07T09:00/10:00"])
def test_of_a_choice_that_can_not_be_booked_any_more_nothing_else_is_asked(slot: str) -> None:
    request = a_request(choices=[Slot.parse(slot)])
    decision = judge(request, a_prison(), facts_for(request, days=AWAY), NOW, NO_HOLIDAYS)
    about = [check for check in decision.trace.checks if check.subject.startswith("choice")]
    assert about == [
        Check(
            "within the bookable dates",
            "fail",
            Reason.SLOT_UNAVAILABLE,
            "choice 1",
            "not on the timetable for requests of 2026-11-30",
        )
    ]


def test_bans_are_looked_at_for_each_visitor_on_the_day_of_each_choice() -> None:
    request = a_request([ADA, BYRON, an_adult("Cara")], CHOICES)
    contacts = (
        a_contact(ADA, 1, restrictions=(a_ban(TODAY, CHOICES[0].day),)),
        a_contact(BYRON, 2, restrictions=(a_ban(CHOICES[1].day, CHOICES[1].day),)),
        a_contact(BYRON, 2, restrictions=(a_ban(CHOICES[0].day, CHOICES[0].day),)),
    )
    banned = ("fail", Reason.VISITOR_BANNED)
    assert checks("no visitor is banned", request, facts_for(request, contacts=contacts)) == [
        (*banned, "choice 1, visitor 1", "a ban covers 2026-12-07"),
        (*banned, "choice 1, visitor 2", "a ban covers 2026-12-07"),
        (*banned, "choice 2, visitor 2", "a ban covers 2026-12-08"),
        ("pass", None, "choice 3", "2 of 3 visitors known: no ban of theirs covers 2026-12-09"),
    ]


def test_bans_are_unknown_while_the_contact_list_is() -> None:
    found = check("no visitor is banned", facts=with_facts(contacts=AWAY))
    assert found == ("unknown", None, "choice 1", "could not be asked: away")
