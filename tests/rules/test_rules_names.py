"""Names: what may be one, and when two are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking_rules.names import name_fault, normalised

BLANK = "must not be blank"
TOO_LONG = "must be at most 30 characters"
ANGLE = "must not contain < or >"
CONTROL = "must not contain control characters"
LINK = "must not contain a link"


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("A", None),
        ("A" * 30, None),
        ("Siân", None),
        ("O’Neill-Jones", None),
        ("J. R.", None),
        ("李", None),
        ("می‌خواهم", None),  # the joiner inside is part of the word
        ("-", None),
        ("wwwilliam", None),
        ("St. John", None),
        ("", BLANK),
        (" ", BLANK),
        ("\u200b", BLANK),
        ("\u200b\u00a0", BLANK),
        ("A" * 31, TOO_LONG),
        ("Ada<b", ANGLE),
        ("Ada>", ANGLE),
        ("Ada\nB", CONTROL),
        ("Ada\x00", CONTROL),
        ("Ada\x85B", CONTROL),
        ("Ada\u2028B", CONTROL),
        ("Ada\u2029B", CONTROL),
        ("Ada\ud800", CONTROL),
        *((f"Ada{char}B", CONTROL) for char in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e"),
        *((f"Ada{char}B", CONTROL) for char in "\u2066\u2067\u2068\u2069"),
        ("http://x", LINK),
        ("x://", LINK),
        ("www.example", LINK),
        ("WwW.example", LINK),
        ("see www.x", LINK),
    ],
)
def test_what_may_be_a_name(name: str, fault: str | None) -> None:
    assert name_fault(name) == fault


@given(st.text(st.characters(categories=["L"]), min_size=1, max_size=29))
def test_letters_alone_are_a_name(name: str) -> None:
    assert name_fault(name) is None
    assert name_fault(f"{name}-") is None  # not told at a glance, and the same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("O'Neill", "O’NEILL"),
        ("O'Neill", "ONEILL "),
        *(("O'Neill", f"O{char}Neill") for char in "`´‘‛′＇ʹʻʼʽ׳՚"),
        ("Anne-Marie", "ANNE MARIE"),
        *(("Anne-Marie", f"Anne{char}Marie") for char in "‐‑‒–—―−－\u00ad"),
        ("Anne - Marie", "Anne Marie"),
        ("Anne\u00a0\t Marie", "Anne Marie"),
        ("-Anne-", "anne"),
        ("Siân", "SIAN"),
        ("Sia\u0302n", "Siân"),
        ("Zoë", "zoe"),
        ("Ångström", "ANGSTROM"),
        ("Straße", "STRASSE"),
        ("ﬁnn", "FINN"),
        ("İpek", "ipek"),
        ("Ŵyn", "wyn"),
    ],
)
def test_names_that_are_the_same(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(("one", "other"), [("Ann", "Anne"), ("Anne Marie", "Annemarie"), ("Li", "Lì i"), ("Ø", "O")])
def test_names_that_are_not(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


def test_what_is_left_of_a_name() -> None:
    assert normalised("  O’Reilly--Smith   Jönès ") == "oreilly smith jones"


@given(st.text())
def test_comparing_once_is_enough(name: str) -> None:
    assert normalised(normalised(name)) == normalised(name)


@given(st.text(max_size=40))
def test_a_fault_never_repeats_the_name(name: str) -> None:
    fault = name_fault(name) or ""
    assert len(name) < 3 or name not in fault or name in {BLANK, TOO_LONG, ANGLE, CONTROL, LINK}
