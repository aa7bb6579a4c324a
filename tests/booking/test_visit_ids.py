"""Visit ids as people type them: blanks, hyphens, small letters, letters that look like digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.booking.human_ids import as_human_id, as_visit_id

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOKALIKES = {"0": "0Oo", "1": "1IiLl"}


@st.composite
def typed(draw: st.DrawFn, ids: st.SearchStrategy[str]) -> tuple[str, str]:
    """An id, and how somebody may type it."""
    meant = draw(ids)
    plain = meant.replace("-", "")
    said = [draw(st.sampled_from(LOOKALIKES.get(sign, sign.upper() + sign.lower()))) for sign in plain]
    at = draw(st.lists(st.integers(0, len(plain)), max_size=8))
    for place in sorted(at, reverse=True):
        said.insert(place, draw(st.sampled_from([" ", "-", "\u00a0", "\t", "\u2003"])))
    return meant, "".join(said)


@given(typed(st.text(CROCKFORD, min_size=8, max_size=8)))
def test_a_human_id_is_found_however_it_is_typed(case: tuple[str, str]) -> None:
    meant, said = case
    assert (as_human_id(said), as_visit_id(said)) == (meant, None)


@given(typed(st.uuids().map(str)))
def test_a_uuid_is_found_however_it_is_typed(case: tuple[str, str]) -> None:
    meant, said = case
    assert (as_human_id(said), as_visit_id(said)) == (None, meant)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "-", "ABCDEFG", "ABCDEFGU", "ABCDEFG*", "ABCDEFGHJ", "\0" * 8, "{12345678}", "A" * 32 + "G"),
        *("urn:uuid:12345678123456781234567812345678", "{12345678-1234-5678-1234-567812345678}"),
        *("1" * 31, "1" * 33, "1" * 8 + " " * 200, " ".join("1" * 99), "\u0660" * 8),
    ],
)
def test_everything_else_is_no_id(text: str) -> None:
    assert (as_human_id(text), as_visit_id(text)) == (None, None)


@given(st.text(max_size=200))
def test_no_text_is_too_odd(text: str) -> None:
    assert as_human_id(text) is None or as_visit_id(text) is None
