"""What a refused booking means: the most careful reading of its texts."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking_rules.answers import MEANING, Answer, Weighed, weigh
from booking_rules.reasons import Reason
from nomis_client.types import RefusalText

TABLE = [
    ("duplicate_post", Answer.LOOK_UP, None),
    ("offender_banned", Answer.STAFF, Reason.PRISONER_BANNED),
    ("lead_not_approved", Answer.STAFF, Reason.VISITOR_NOT_ON_LIST),
    ("lead_banned", Answer.STAFF, Reason.VISITOR_BANNED),
    ("lead_not_adult", Answer.STAFF, Reason.NO_ADULT),
    ("visitor_not_approved", Answer.STAFF, Reason.VISITOR_NOT_ON_LIST),
    ("visitor_banned", Answer.STAFF, Reason.VISITOR_BANNED),
    ("at_capacity", Answer.NEXT_FULL, Reason.SLOT_UNAVAILABLE),
    ("overlapping", Answer.NEXT_OVERLAPS, Reason.SLOT_UNAVAILABLE),
    ("no_such_slot", Answer.NEXT_NOT_OFFERED, Reason.SLOT_UNAVAILABLE),
    ("no_vo", Answer.NO_ALLOWANCE, Reason.NO_ALLOWANCE),
    ("no_pvo", Answer.NO_ALLOWANCE, Reason.NO_ALLOWANCE),
    ("no_vo_or_pvo", Answer.NO_ALLOWANCE, Reason.NO_ALLOWANCE),
    ("closed_visits", Answer.STAFF, Reason.CLOSED_VISIT),
    ("offender_not_found", Answer.STAFF, None),
    ("in_transit", Answer.STAFF, None),
    ("locked", Answer.LOCKED, None),
]


@pytest.mark.parametrize(("code", "answer", "reason"), TABLE)
def test_one_text(code: str, answer: Answer, reason: Reason | None) -> None:
    assert weigh([code]) == Weighed(answer, reason, known=True, overlapping=code == "overlapping")


def test_every_text_of_the_contract_has_a_meaning() -> None:
    assert set(MEANING) == {code for code, _, _ in TABLE} == set(RefusalText) - {RefusalText.UNKNOWN}


@pytest.mark.parametrize("codes", [[], ["unknown"], ["something new"]])
def test_no_text_and_an_unknown_one_are_for_staff_and_no_refusal_that_counts(codes: list[str]) -> None:
    assert weigh(codes) == Weighed(Answer.STAFF, None, known=False)


@pytest.mark.parametrize(
    ("codes", "answer", "reason", "known"),
    [
        (["duplicate_post", "unknown"], Answer.LOOK_UP, None, False),
        (["unknown", "visitor_banned"], Answer.STAFF, None, False),
        (["unknown", "locked"], Answer.STAFF, None, False),
        (["visitor_banned", "locked"], Answer.STAFF, Reason.VISITOR_BANNED, True),
        (["locked", "no_vo"], Answer.LOCKED, None, True),
        (["no_vo", "at_capacity"], Answer.NO_ALLOWANCE, Reason.NO_ALLOWANCE, True),
        (["at_capacity", "overlapping"], Answer.NEXT_FULL, Reason.SLOT_UNAVAILABLE, True),
        (["no_such_slot", "overlapping"], Answer.NEXT_NOT_OFFERED, Reason.SLOT_UNAVAILABLE, True),
    ],
)
def test_the_most_careful_text_decides_wherever_it_stands(
    codes: list[str], answer: Answer, reason: Reason | None, known: bool
) -> None:
    for order in permutations(codes):
        assert weigh(order) == Weighed(answer, reason, known, overlapping="overlapping" in codes)


def test_of_equally_careful_ones_the_first_decides() -> None:
    assert weigh(["visitor_banned", "closed_visits"]).reason is Reason.VISITOR_BANNED
    assert weigh(["closed_visits", "visitor_banned"]).reason is Reason.CLOSED_VISIT


def test_texts_may_come_as_any_iterable() -> None:
    assert weigh(iter([RefusalText.OVERLAPPING])) == weigh(["overlapping"])


@given(st.lists(st.sampled_from([*MEANING, "unknown"]), min_size=1, max_size=5), st.sampled_from([*MEANING, "unknown"]))
def test_one_more_text_never_makes_an_answer_less_careful(codes: list[str], more: str) -> None:
    care = list(Answer)
    assert care.index(weigh([*codes, more]).answer) <= care.index(weigh(codes).answer)
