"""What a client sent becomes a request, or a list of problems that says nothing of what was sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking_rules.calendar import bookable_slots
from booking_rules.prisons import Prison
from booking_rules.request import (
    Person,
    Prisoner,
    Problem,
    RawPerson,
    RawPrisoner,
    RawRequest,
    VisitRequest,
    anonymized_name,
    check_request,
    normalise_number,
    parse_date,
)
from booking_rules.slots import Slot
from tests.support.booking_cases import CHOICES, NO_HOLIDAYS, NOW, TODAY, a_prison, a_raw_request, a_request

ADA = RawPerson("Ada", "Lovelace", "1985-12-10")
CHILD = RawPerson("Byron", "Lovelace", "2020-05-12")
BABBAGE = RawPrisoner("Charles", "Babbage", "1971-12-26", "A1234BC")
FIRST, SECOND, THIRD = (str(slot) for slot in CHOICES)


def check(raw: RawRequest, prison: Prison | None = None) -> VisitRequest | tuple[Problem, ...]:
    return check_request(prison or a_prison(), raw, TODAY, NOW, NO_HOLIDAYS)


def problems(raw: RawRequest, prison: Prison | None = None) -> list[tuple[str, str, str]]:
    checked = check(raw, prison)
    assert isinstance(checked, tuple)
    return [(problem.part, problem.pointer, problem.detail) for problem in checked]


def test_a_sound_request() -> None:
    assert check(a_raw_request()) == a_request()


def test_everything_is_put_into_its_form() -> None:
    raw = a_raw_request(
        prisoner=RawPrisoner(" Charles ", "Babbage\t", "1971-12-26", " a1234bc "),
        visitors=(RawPerson("  Ada", "Lovelace ", "1985-12-10"), CHILD),
        contact_email_address=" XAda@example.com ",
        contact_phone_no="(01632) 960123",
        slot_options=(SECOND, None, FIRST),
    )
    assert check(raw) == VisitRequest(
        Prisoner("Charles", "Babbage", date(1971, 12, 26), "A1234BC"),
        (Person("Ada", "Lovelace", date(1985, 12, 10)), Person("Byron", "Lovelace", date(2020, 5, 12))),
        "XAda@example.com",
        "+441632960123",
        (CHOICES[1], CHOICES[0]),
    )


# -- the prisoner and the visitors ---------------------------------------------------------------------------

PERSON_FAULTS = [
    ({"first_name": None}, "first_name", "must not be blank"),
    ({"first_name": ""}, "first_name", "must not be blank"),
    ({"first_name": "   "}, "first_name", "must not be blank"),
    ({"first_name": "A" * 31}, "first_name", "must be at most 30 characters"),
    ({"last_name": None}, "last_name", "must not be blank"),
    ({"last_name": "<b>"}, "last_name", "must not contain < or >"),
    ({"date_of_birth": None}, "date_of_birth", "is not a date"),
    ({"date_of_birth": ""}, "date_of_birth", "is not a date"),
    ({"date_of_birth": "10/12/1985"}, "date_of_birth", "is not a date"),
    ({"date_of_birth": "1985-02-29"}, "date_of_birth", "is not a date"),
    ({"date_of_birth": str(TODAY + timedelta(days=1))}, "date_of_birth", "is in the future"),
    ({"date_of_birth": f"{TODAY.year - 121}-12-31"}, "date_of_birth", "is more than 120 years ago"),
]


@pytest.mark.parametrize(("changes", "key", "fault"), PERSON_FAULTS)
def test_what_is_wrong_with_the_prisoner(changes: dict[str, str | None], key: str, fault: str) -> None:
    raw = a_raw_request(prisoner=replace(BABBAGE, **changes))
    assert problems(raw) == [("prisoner", f"/prisoner/{key}", f"prisoner ({key} {fault})")]


@pytest.mark.parametrize(("changes", "key", "fault"), PERSON_FAULTS)
def test_what_is_wrong_with_a_visitor(changes: dict[str, str | None], key: str, fault: str) -> None:
    raw = a_raw_request(visitors=(ADA, replace(CHILD, **changes)))
    assert problems(raw) == [("visitors", f"/visitors/1/{key}", f"visitors (visitor 2: {key} {fault})")]


@pytest.mark.parametrize(
    "number", [None, "", "A123BC", "A12345BC", "1234ABC", "AA1234B", "A1234BC D", "А1234BC", "A١234BC"]
)
def test_what_is_no_prisoner_number(number: str | None) -> None:
    raw = a_raw_request(prisoner=replace(BABBAGE, number=number))
    assert problems(raw) == [("prisoner", "/prisoner/number", "prisoner (number is not a prisoner number)")]


@pytest.mark.parametrize(
    ("text", "number"),
    [("A1234BC", "A1234BC"), (" a1234bc\n", "A1234BC"), ("a1234ıc", None), ("A1234BCX", None), ("", None)],
)
def test_prisoner_numbers(text: str, number: str | None) -> None:
    assert normalise_number(text) == number


@pytest.mark.parametrize("born", [f"{TODAY.year - 120}-01-01", str(TODAY)])
def test_the_oldest_and_the_youngest(born: str) -> None:
    assert isinstance(check(a_raw_request(visitors=(ADA, replace(CHILD, date_of_birth=born)))), VisitRequest)


@pytest.mark.parametrize("visitors", [(), (ADA,) + (CHILD,) * 6])
def test_there_are_one_to_six_visitors(visitors: tuple[RawPerson, ...]) -> None:
    assert problems(a_raw_request(visitors=visitors)) == [("visitors", "/visitors", "visitors (must be 1 to 6)")]


def test_six_visitors_are_fine() -> None:
    request = check(a_raw_request(visitors=(ADA,) + (CHILD,) * 5))
    assert isinstance(request, VisitRequest)
    assert len(request.visitors) == 6


def test_the_lead_visitor_is_of_age() -> None:
    minor = replace(ADA, date_of_birth=str(TODAY.replace(year=TODAY.year - 18) + timedelta(days=1)))
    assert problems(a_raw_request(visitors=(minor, ADA))) == [
        ("visitors", "/visitors/0/date_of_birth", "visitors (the lead visitor must be 18 or older)")
    ]


def test_at_most_three_adults_by_the_age_of_the_prison() -> None:
    raw = a_raw_request(visitors=(ADA, ADA, ADA, replace(CHILD, date_of_birth="2014-01-01")))
    assert isinstance(check(raw), VisitRequest)
    detail = "visitors (at most 3 may be 10 or older)"
    assert problems(raw, a_prison(adult_age=10)) == [("visitors", "/visitors", detail)]


# -- the choices -----------------------------------------------------------------------------------------------

NONE_GIVEN = ("slot_options", "/slot_options", "slot_options must contain >= slot")


def choice(index: int, fault: str) -> tuple[str, str, str]:
    return ("slot_options", f"/slot_options/{index}", f"slot_options (choice {index + 1} {fault})")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), [NONE_GIVEN]),
        ((None,), [NONE_GIVEN]),
        (("", FIRST), [NONE_GIVEN]),
        ((FIRST, SECOND, THIRD, ""), [("slot_options", "/slot_options", "slot_options (must be at most 3)")]),
        (("2026-12-07",), [choice(0, "is not a slot")]),
        ((FIRST, " ", "x"), [choice(1, "is not a slot"), choice(2, "is not a slot")]),
        (("2026-12-03T14:00/15:00",), [choice(0, "cannot be booked")]),  # the answer is due that day
        ((FIRST, "2026-12-29T14:00/15:00"), [choice(1, "cannot be booked")]),
        (("2026-12-07T14:00/15:30",), [choice(0, "cannot be booked")]),
        (("2026-11-23T14:00/15:00",), [choice(0, "cannot be booked")]),
    ],
)
def test_what_is_wrong_with_the_choices(options: tuple[str | None, ...], expected: list[tuple[str, str, str]]) -> None:
    assert problems(a_raw_request(slot_options=options)) == expected


@pytest.mark.parametrize(
    ("options", "choices"),
    [
        ((FIRST,), (FIRST,)),
        ((FIRST, None, ""), (FIRST,)),
        ((THIRD, "", FIRST), (THIRD, FIRST)),
        ((FIRST, FIRST, SECOND), (FIRST, SECOND)),
        ((FIRST, SECOND, FIRST), (FIRST, SECOND)),
        (("2026-12-04T14:00/15:00", "2026-12-28T14:00/15:00"), ("2026-12-04T14:00/15:00", "2026-12-28T14:00/15:00")),
    ],
)
def test_blank_and_repeated_choices_are_dropped(options: tuple[str | None, ...], choices: tuple[str, ...]) -> None:
    request = check(a_raw_request(slot_options=options))
    assert isinstance(request, VisitRequest)
    assert request.choices == tuple(Slot.parse(text) for text in choices)


@pytest.mark.parametrize(("late", "fine"), [(timedelta(minutes=-1), True), (timedelta(0), False)])
def test_a_slot_that_has_begun_is_never_one_to_choose(late: timedelta, fine: bool) -> None:
    """Whatever day it is taken to be, as in a request that is looked at around midnight."""
    checked = check_request(a_prison(), a_raw_request(), TODAY, CHOICES[0].begin + late, NO_HOLIDAYS)
    assert isinstance(checked, VisitRequest) is fine


# -- contact details -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("email", [None, "", "Ada <ada@example.com>", "ada@example.com\n"])
def test_the_email_address_must_be_one(email: str | None) -> None:
    detail = "contact_email_address (is not one plain email address)"
    assert problems(a_raw_request(contact_email_address=email)) == [
        ("contact_email_address", "/contact_email_address", detail)
    ]


@pytest.mark.parametrize("phone", [None, "", "call me"])
def test_the_phone_number_must_be_one(phone: str | None) -> None:
    detail = "contact_phone_no (is not a phone number)"
    assert problems(a_raw_request(contact_phone_no=phone)) == [("contact_phone_no", "/contact_phone_no", detail)]


# -- all together ----------------------------------------------------------------------------------------------


def test_all_problems_are_told_in_the_order_of_the_contract() -> None:
    nobody = RawPerson(None, None, None)
    raw = RawRequest(RawPrisoner(None, None, None, None), (ADA, nobody), ("x",), None, None)
    assert [pointer for _, pointer, _ in problems(raw)] == [
        "/prisoner/first_name",
        "/prisoner/last_name",
        "/prisoner/date_of_birth",
        "/prisoner/number",
        "/visitors/1/first_name",
        "/visitors/1/last_name",
        "/visitors/1/date_of_birth",
        "/slot_options/0",
        "/contact_email_address",
        "/contact_phone_no",
    ]


def test_one_bad_visitor_leaves_the_ages_of_the_others_aside() -> None:
    """Until all visitors are well formed there is no party to speak of."""
    raw = a_raw_request(visitors=(CHILD, replace(ADA, last_name="")))
    assert [pointer for _, pointer, _ in problems(raw)] == ["/visitors/1/last_name"]


SECRET = st.text(min_size=3, max_size=40).map(lambda text: f"Zq{text}")


@given(st.lists(SECRET, min_size=9, max_size=9))
def test_no_problem_repeats_what_was_sent(values: list[str]) -> None:
    raw = RawRequest(RawPrisoner(*values[:4]), (RawPerson(*values[4:7]),), (values[7],), values[8], "Zq-not-a-number")
    checked = check(raw)
    assert isinstance(checked, tuple)
    assert not any("Zq" in problem.detail + problem.pointer for problem in checked)


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.integers(0, 40))
def test_what_can_be_asked_for_does_not_depend_on_the_year(today: date, ahead: int) -> None:
    """Every slot offered on a day is accepted on that day."""
    prison, now = a_prison(), NOW.replace(year=today.year, month=today.month, day=today.day)
    slots = bookable_slots(prison, today, NO_HOLIDAYS)
    raw = a_raw_request(
        slot_options=(str(slots[ahead % len(slots)]),), visitors=(replace(ADA, date_of_birth="1990-01-01"),)
    )
    assert isinstance(check_request(prison, raw, today, now, NO_HOLIDAYS), VisitRequest)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-12-14", date(2026, 12, 14)),
        ("2026-02-30", None),
        ("20261214", None),
        ("2026-W50-1", None),
        ("2026-12-14 ", None),
        ("２０２６-12-14", None),
        ("0000-01-01", None),
    ],
)
def test_dates(text: str, day: date | None) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize(
    ("first", "last", "shown"), [("Ada", "Lovelace", "Ada L"), ("Anne Marie", "de Vries", "Anne Marie d")]
)
def test_as_much_of_a_name_as_may_be_shown(first: str, last: str, shown: str) -> None:
    assert anonymized_name(Person(first, last, TODAY)) == shown
