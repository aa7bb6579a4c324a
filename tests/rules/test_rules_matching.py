"""Which contact is which visitor: exact, near, tie, no match."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking_rules.facts import Contact, Restriction
from booking_rules.matching import Exact, Match, Near, NoMatch, Tie, covers, ids_to_match, match, match_party
from booking_rules.request import Person
from tests.support.booking_cases import TODAY, a_ban, a_child, a_contact, an_adult

ADA = an_adult("Ada", "Lovelace")
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("visitor", "given", "middle", "surname"),
    [
        (("Ada", "Lovelace"), "ADA", "", "LOVELACE"),
        (("Ada", "Lovelace"), " ADA ", "AUGUSTA", "LOVELACE "),
        (("Ada Augusta", "Lovelace"), "ADA", "AUGUSTA", "LOVELACE"),
        (("Ada-Augusta", "Lovelace"), "ADA", "AUGUSTA", "LOVELACE"),
        (("Ada Augusta", "Lovelace"), "ADA AUGUSTA", "", "LOVELACE"),
        (("Adá", "O’Neill"), "ADA", "", "ONEILL"),
    ],
)
def test_an_exact_match(visitor: tuple[str, str], given: str, middle: str, surname: str) -> None:
    contact = a_contact(ADA, 7, given_name=given, middle_names=middle, surname=surname)
    assert match(an_adult(*visitor), [contact]) == Exact(7)


@pytest.mark.parametrize(
    ("visitor", "expected"),
    [
        (("Ada", "Lovelase"), Near((7,))),
        (("Adah", "Lovelace"), Near((7,))),
        (("Augusta", "Lovelace"), NoMatch()),  # a middle name alone is no given name
        (("Ada A", "Lovelace"), Near((7,))),
        (("Ada Augusta", "Lovelac"), Near((7,))),  # near only with the middle name
        (("Grace", "Hopper"), NoMatch()),
        (("Lovelace", "Ada"), NoMatch()),
        (("Ada", "Byron"), NoMatch()),
    ],
)
def test_similar_names(visitor: tuple[str, str], expected: Match) -> None:
    contact = a_contact(ADA, 7, middle_names="AUGUSTA")
    assert match(an_adult(*visitor), [contact]) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # By hand: 8 of 10 letters in common and in order: (0.8 + 0.8 + 1) / 3 = 0.8667, plus the four equal first ones:
        # 0.8667 + 4 * 0.1 * 0.1333 = 0.92.
        (("Abcd", "Efgxy"), Near((7,))),
        # 7 of 10: (0.7 + 0.7 + 1) / 3 = 0.8, plus 0.4 * 0.2: 0.88.
        (("Abcd", "Efxyz"), NoMatch()),
    ],
)
def test_how_similar_is_near(name: tuple[str, str], expected: Match) -> None:
    contact = a_contact(an_adult("Abcd", "Efghi"), 7)
    assert match(an_adult(*name), [contact]) == expected


def test_exactly_the_threshold_is_near() -> None:
    """17 of 20 letters in common and in order, the first not among them: (0.85 + 0.85 + 1) / 3 = 0.9."""
    contact = a_contact(an_adult("Y", "Abcdefghijklmnop88"), 7)
    assert match(an_adult("Z", "Abcdefghijklmnop99"), [contact]) == Near((7,))
    assert match(an_adult("Z", "Abcdefghijklmno999"), [contact]) == NoMatch()


def test_the_date_of_birth_must_be_equal() -> None:
    assert match(ADA, [a_contact(ADA, 7, date_of_birth=ADA.date_of_birth + DAY)]) == NoMatch()
    assert match(ADA, [a_contact(ADA, 7, date_of_birth=None)]) == NoMatch()


@pytest.mark.parametrize("unfit", [{"social": False}, {"approved": False}, {"active": False}])
def test_officials_and_people_who_may_not_visit_do_not_count(unfit: dict[str, bool]) -> None:
    assert match(ADA, [a_contact(ADA, 7, **unfit)]) == NoMatch(unfit=(7,))
    assert match(ADA, [a_contact(ADA, 7, **unfit), a_contact(ADA, 8)]) == Exact(8)
    assert match(an_adult("Ada", "Lovelase"), [a_contact(ADA, 7, **unfit)]) == NoMatch()


def test_two_exact_contacts_are_a_tie() -> None:
    assert match(ADA, [a_contact(ADA, 9), a_contact(ADA, 7)]) == Tie((9, 7))


def test_an_exact_match_is_not_disturbed_by_near_ones() -> None:
    twin = a_contact(an_adult("Ida", "Lovelace"), 8)
    assert match(ADA, [twin, a_contact(ADA, 7)]) == Exact(7)


def test_several_near_ones_are_all_named() -> None:
    contacts = [a_contact(an_adult("Adah", "Lovelace"), 8), a_contact(an_adult("Adam", "Lovelace"), 9)]
    assert match(ADA, contacts) == Near((8, 9))


def test_the_same_id_twice_is_one_person_banned_if_either_line_says_so() -> None:
    ban = a_ban(TODAY)
    lines = [a_contact(ADA, 7), a_contact(ADA, 7, restrictions=(ban, Restriction("CLOSED", TODAY)))]
    assert match(ADA, lines) == Exact(7, (ban,))
    assert match(ADA, lines[::-1]) == Exact(7, (ban,))


def test_a_ban_counts_on_a_line_that_would_not_be_matched() -> None:
    ban = a_ban(TODAY)
    assert match(ADA, [a_contact(ADA, 7), a_contact(ADA, 7, active=False, restrictions=(ban,))]) == Exact(7, (ban,))
    assert match(ADA, [a_contact(ADA, 7), a_contact(ADA, 8, active=False, restrictions=(ban,))]) == Exact(7)


@pytest.mark.parametrize(
    ("visitor", "given", "surname"),
    [(("-", "Lovelace"), "", "LOVELACE"), (("Ada", "'"), "ADA", ""), (("-", "-"), "", "")],
)
def test_a_name_of_which_nothing_is_left_matches_nobody(visitor: tuple[str, str], given: str, surname: str) -> None:
    contact = a_contact(ADA, 7, given_name=given, surname=surname)
    assert match(an_adult(*visitor), [contact]) == NoMatch()


def test_two_visitors_on_one_contact_are_a_tie_each() -> None:
    child = a_child()
    visitors = [ADA, child, an_adult("ADA", "Love-lace"), an_adult("ada", "LOVELACE")]
    contacts = [a_contact(ADA, 7), a_contact(child, 8)]
    assert match_party(visitors, contacts) == (Tie((7,), (0, 3)), Exact(8), Near((7,)), Tie((7,), (0, 3)))


def test_a_party_is_matched_in_its_order() -> None:
    child, stranger = a_child(), an_adult("Grace", "Hopper")
    contacts = [a_contact(child, 8), a_contact(ADA, 7)]
    assert match_party([ADA, stranger, child], contacts) == (Exact(7), NoMatch(), Exact(8))


@pytest.mark.parametrize(
    ("effective", "expiry", "covered"),
    [
        (TODAY, None, True),
        (TODAY - DAY, None, True),
        (TODAY + DAY, None, False),
        (TODAY - DAY, TODAY, True),
        (TODAY, TODAY, True),
        (TODAY - 2 * DAY, TODAY - DAY, False),
        (TODAY - DAY, TODAY + DAY, True),
    ],
)
def test_a_restriction_covers_its_first_and_its_last_day(effective: date, expiry: date | None, covered: bool) -> None:
    assert covers(Restriction("BAN", effective, expiry), TODAY) is covered
    assert Exact(7, (a_ban(TODAY + DAY), a_ban(effective, expiry))).banned_on(TODAY) is covered


def test_nobody_is_banned_without_a_ban() -> None:
    assert not Exact(7).banned_on(TODAY)


names = st.text("abeé-' O’", min_size=1, max_size=6)
people = st.builds(Person, names, names, st.sampled_from([date(1985, 12, 10), date(1990, 1, 1)]))
contact_lists = st.lists(
    st.builds(
        lambda person, number, social, approved, active: a_contact(
            person, number, social=social, approved=approved, active=active
        ),
        people,
        st.integers(1, 4),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    max_size=6,
)


@given(st.lists(people, min_size=1, max_size=4), contact_lists)
def test_only_fit_contacts_of_that_birthday_are_matched_and_each_once(
    visitors: list[Person], contacts: list[Contact]
) -> None:
    found = match_party(visitors, contacts)
    exact = [result.contact for result in found if isinstance(result, Exact)]
    assert len(found) == len(visitors)
    assert len(set(exact)) == len(exact)
    for visitor, result in zip(visitors, found, strict=True):
        fit = {
            contact.id
            for contact in contacts
            if contact.social and contact.approved and contact.active and contact.date_of_birth == visitor.date_of_birth
        }
        match result:
            case Exact(contact=contact_id):
                assert contact_id in fit
            case Near(contacts=ids) | Tie(contacts=ids):
                assert set(ids) <= fit
            case NoMatch():
                pass


@given(st.lists(people, min_size=1, max_size=4), contact_lists)
def test_lines_of_people_whom_no_visitor_can_be_make_no_difference(
    visitors: list[Person], contacts: list[Contact]
) -> None:
    wanted = ids_to_match(visitors, ((contact.id, contact.date_of_birth) for contact in contacts))
    assert match_party(visitors, [one for one in contacts if one.id in wanted]) == match_party(visitors, contacts)
