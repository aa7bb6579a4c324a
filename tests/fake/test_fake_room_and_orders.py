"""Room in a session, the flaw in it, and visiting orders spent and given back."""

from __future__ import annotations

import pytest

from nomis_client.fake.entities import Allowance
from nomis_client.fake.replies import Booking, No, Refusal
from tests.support.fake_nomis import (
    CHILD,
    EVENING,
    LEAD,
    NUMBER,
    OFFENDER,
    OTHER,
    SLOT,
    a_prisoner,
    a_session,
    a_world,
    an_order,
)


def many(count: int) -> list[object]:
    return [a_prisoner(noms_id=f"C{n:04d}AA", offender_id=9000 + n) for n in range(count)]


def test_one_group_too_many_is_let_in_and_not_two() -> None:
    prisons = a_world(*many(4), a_session(max_groups=2))  # type: ignore[arg-type]
    answers = [prisons.book(offender_id=9000 + n, reference=f"r-{n}") for n in range(4)]
    assert [isinstance(answer, Booking) for answer in answers] == [True, True, True, False]
    assert answers[3] == Refusal(No.REFUSED, ("Visit slot is at or over capacity",))


@pytest.mark.parametrize(("room", "fits"), [(3, True), (2, False)])
def test_visitors_count_with_the_prisoner(room: int, fits: bool) -> None:
    """A lead and a child are three people: with the prisoner."""
    prisons = a_world(a_session(capacity=room))
    assert isinstance(prisons.book(other_contacts=(CHILD,)), Booking) is fits


@pytest.mark.parametrize(("room", "fits"), [(2, True), (1, False)])
def test_adults_count_with_the_prisoner_and_without_the_child(room: int, fits: bool) -> None:
    prisons = a_world(a_session(max_adults=room))
    assert isinstance(prisons.book(other_contacts=(CHILD,)), Booking) is fits


def test_of_two_rooms_at_one_time_the_one_with_space_is_taken() -> None:
    prisons = a_world(a_session(max_groups=1, taken_groups=1), a_session(room="2"))
    assert prisons.booked().session == 2


def test_of_two_rooms_that_differ_by_a_minute_the_raw_time_chooses() -> None:
    skewed = "2026-12-14T13:59/15:01"
    prisons = a_world(a_session(), a_session(skewed, room="2"))
    assert prisons.booked(slot=skewed).session == 2


def test_a_visit_is_booked_at_the_prison_where_the_prisoner_is_now() -> None:
    prisons = a_world(a_prisoner(), a_session(), a_session(prison="CFI"))
    prisons.hand("transfer", noms_id=NUMBER, prison="CFI")
    assert prisons.booked().prison == "CFI"


def test_a_vo_is_spent_first_then_a_pvo_and_both_come_back() -> None:
    prisons = a_world(a_prisoner(vo=1, pvo=1))
    first = prisons.booked()
    second = prisons.booked(slot=EVENING, reference="ref-2")
    assert (first.order and first.order.type, second.order and second.order.type) == ("VO", "PVO")
    assert (prisons.prisoner().vo, prisons.prisoner().pvo) == (0, 0)
    prisons.cancel(second.id)
    prisons.cancel(first.id)
    assert (prisons.prisoner().vo, prisons.prisoner().pvo) == (1, 1)
    assert [(e.type, e.change) for e in prisons.state.world.ledger.values()] == [
        ("VO", -1),
        ("PVO", -1),
        ("PVO", 1),
        ("VO", 1),
    ]


def test_order_numbers_are_longer_than_32_bits_and_never_the_same() -> None:
    prisons = a_world()
    orders = [prisons.booked().order, prisons.booked(slot=EVENING, reference="ref-2").order]
    numbers = [order.number for order in orders if order is not None]
    assert len(set(numbers)) == 2 and min(numbers) > 2**32


def test_a_visit_without_an_order_says_none() -> None:
    prisons = a_world(a_prisoner(allowance=Allowance.NONE_NEEDED))
    assert prisons.book() == Booking(5984, None)
    assert not list(prisons.state.world.ledger.values())


def test_the_visit_holds_what_was_asked() -> None:
    visit = a_world().booked(an_order(other_contacts=(OTHER, CHILD), comment="hello"))
    assert (visit.lead, visit.others, visit.adults) == (LEAD, (OTHER, CHILD), 2)
    assert (visit.slot, visit.reference, visit.comment, visit.made_by) == (SLOT, "ref-1", "hello", "api")
    assert (visit.offender_id, visit.noms_id, visit.status.value) == (OFFENDER, NUMBER, "SCH")
