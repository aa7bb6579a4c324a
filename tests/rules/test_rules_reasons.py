"""The closed lists, and what of them a visitor sees."""

from __future__ import annotations

import pytest

from booking_rules.facts import Why
from booking_rules.reasons import (
    REJECTION_REASONS,
    STAFF_CANCELLATION_REASONS,
    CancellationReason,
    Reason,
    StaffWhy,
    another_date_may_help,
    for_visitor,
)

REJECTIONS = {
    "child_protection_issues",
    "no_adult",
    "no_allowance",
    "prisoner_details_incorrect",
    "prisoner_moved",
    "prisoner_non_association",
    "prisoner_released",
    "slot_unavailable",
    "visitor_banned",
    "visitor_not_on_list",
    "duplicate_visit_request",
    "prisoner_out_of_prison",
    "other",
    "visitor_other_reason",
    "prisoner_banned",
}
NEUTRAL = {
    "prisoner_non_association",
    "child_protection_issues",
    "prisoner_out_of_prison",
    "prisoner_banned",
    "closed_visit",
}
STAFF_CANCELLATIONS = {
    "prisoner_vos",
    "prisoner_released",
    "child_protection_issues",
    "slot_unavailable",
    "visitor_banned",
    "prisoner_moved",
    "prisoner_non_association",
    "prisoner_cancelled",
    "booked_in_error",
    "capacity_issues",
}


def test_the_lists_are_closed() -> None:
    assert set(REJECTION_REASONS) == REJECTIONS
    assert set(Reason) == REJECTIONS | {"closed_visit"}
    assert set(STAFF_CANCELLATION_REASONS) == STAFF_CANCELLATIONS
    assert set(CancellationReason) == STAFF_CANCELLATIONS | {"visitor_cancelled"}


@pytest.mark.parametrize("reason", Reason)
def test_what_the_visitor_sees_of_one_reason(reason: Reason) -> None:
    if reason in NEUTRAL:
        assert for_visitor([reason]) == ("visit_not_possible",)
    elif reason in {"other", "visitor_other_reason"}:
        assert for_visitor([reason]) == ()
    else:
        assert for_visitor([reason]) == (reason.value,)


def test_several_reasons_keep_their_order_and_come_once() -> None:
    reasons = [
        Reason.SLOT_UNAVAILABLE,
        Reason.PRISONER_BANNED,
        Reason.OTHER,
        Reason.NO_ALLOWANCE,
        Reason.CHILD_PROTECTION_ISSUES,
        Reason.SLOT_UNAVAILABLE,
    ]
    assert for_visitor(reasons) == ("slot_unavailable", "visit_not_possible", "no_allowance")
    assert all(type(code) is str for code in for_visitor(Reason))


@pytest.mark.parametrize(
    ("why", "curable"),
    [
        (Why.AWAY, True),
        (Why.TOO_SLOW, True),
        (Why.LOCKED, True),
        (Why.ACCESS_DENIED, True),
        (Why.BEING_CANCELLED, True),
        (Why.NOT_UNDERSTOOD, False),
        (Why.BAD_REQUEST, False),
        (Why.IN_TRANSIT, False),
    ],
)
def test_what_waiting_may_cure_and_what_staff_are_told_of_the_rest(why: Why, curable: bool) -> None:
    assert why.curable is curable
    assert curable is (why.value not in set(StaffWhy))


@pytest.mark.parametrize(
    ("reasons", "helps"),
    [
        ([], True),
        ([Reason.OTHER], True),
        ([Reason.SLOT_UNAVAILABLE, Reason.NO_ALLOWANCE], True),
        *(([Reason(code)], True) for code in sorted(NEUTRAL)),
        ([Reason.PRISONER_RELEASED], False),
        ([Reason.PRISONER_MOVED], False),
        ([Reason.PRISONER_DETAILS_INCORRECT], False),
        ([Reason.VISITOR_NOT_ON_LIST], False),
        ([Reason.SLOT_UNAVAILABLE, Reason.VISITOR_BANNED], False),
        ([Reason.NO_ADULT], False),
        ([Reason.DUPLICATE_VISIT_REQUEST], False),
    ],
)
def test_other_dates_are_named_only_where_the_date_was_in_the_way(reasons: list[Reason], helps: bool) -> None:
    assert another_date_may_help(for_visitor(reasons)) is helps
