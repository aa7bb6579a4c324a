"""Checks on a choice: what each says, about whom, and on what it is based, as staff read it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking_rules.decision import Check, judge
from booking_rules.facts import Facts, Restriction, Unknown, Why
from booking_rules.reasons import Reason
from booking_rules.slots import Slot
from tests.support.booking_cases import (
    CHOICES,
    NO_HOLIDAYS,
    NOW,
    TODAY,
    a_ban,
    a_contact,
    a_free_day,
    a_prison,
    a_request,
    an_adult,
    an_offer,
    facts_for,
)
from tests.support.checking import ADA, AWAY, BYRON, DAY, SLOT, another_visit, at, check, checks, on_the_day, with_facts

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
