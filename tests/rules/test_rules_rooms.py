"""Room in a session, and the prisoner's other visits."""

from __future__ import annotations

import pytest

from booking_rules.facts import Existing
from booking_rules.rooms import all_visits, blocking, has_room
from booking_rules.slots import Slot
from tests.support.booking_cases import CHOICES, an_offer

SLOT = CHOICES[0]


def at(times: str) -> Slot:
    return Slot.parse(f"2026-12-07T{times}")


def existing(times: str, number: int | None = None, *, going: bool = False, normal: str = "") -> Existing:
    return Existing(at(times), at(normal or times), number, going)


@pytest.mark.parametrize(
    ("changes", "visitors", "adults", "room"),
    [
        ({"groups_booked": 9, "max_groups": 10}, 1, 1, True),
        ({"groups_booked": 10, "max_groups": 10}, 1, 1, False),  # the prison system itself would let this one in
        ({"visitors_booked": 38, "capacity": 40}, 1, 1, True),
        ({"visitors_booked": 39, "capacity": 40}, 1, 1, False),
        ({"visitors_booked": 36, "capacity": 40}, 3, 1, True),
        ({"visitors_booked": 37, "capacity": 40}, 3, 1, False),
        ({"adults_booked": 28, "max_adults": 30}, 3, 1, True),
        ({"adults_booked": 29, "max_adults": 30}, 3, 1, False),
        ({"adults_booked": 27, "max_adults": 30}, 3, 2, True),
        ({"adults_booked": 28, "max_adults": 30}, 3, 2, False),
        ({"groups_booked": 11, "max_groups": 10}, 1, 1, False),  # overbooked by hand
    ],
)
def test_the_prisoner_needs_a_place_too(changes: dict[str, int], visitors: int, adults: int, room: bool) -> None:
    assert has_room(an_offer(SLOT, **changes), visitors, adults) is room


def test_our_own_visits_count_beside_the_listed_ones() -> None:
    listed, mine = existing("10:00/11:00", 1), existing("14:00/15:00")
    assert all_visits([listed], [mine]) == (listed, mine)


@pytest.mark.parametrize(
    ("mine", "is_marked"),
    [
        (existing("14:00/15:00", 1, going=True), True),
        (existing("09:00/10:00", 1, going=True), True),  # the id tells
        (existing("14:00/15:00", 2, going=True), False),
        (existing("14:00/15:00", 1), False),
        (existing("14:00/15:00", None, going=True), True),  # without one its normal time tells
        (existing("13:59/15:00", None, going=True, normal="14:00/15:00"), True),
        (existing("14:00/15:00", None, going=True, normal="14:00/15:30"), False),
        (existing("14:00/15:00", None), False),
    ],
)
def test_a_listed_visit_of_ours_that_is_being_cancelled_is_on_its_way_out(mine: Existing, is_marked: bool) -> None:
    listed = existing("14:00/15:00", 1)
    assert all_visits([listed], [mine])[0].being_cancelled is is_marked


def test_what_blocks_is_judged_on_raw_times() -> None:
    meets, apart = existing("13:00/14:00", 1), existing("13:00/13:59", 2, normal="13:00/14:00")
    assert blocking(SLOT, [meets, apart]) == (meets,)
