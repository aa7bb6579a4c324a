"""Reading lists with qualities."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapter.web.preferences import best_language, takes_json

_MESS = st.text(alphabet="encyfr-GB;q=0.159,*/ jsonapplictx\t", max_size=60)


@given(_MESS)
def test_nothing_that_a_client_sends_breaks_them(header: str) -> None:
    assert best_language(header) in ("en", "cy", None)
    assert takes_json(header) in (True, False)


@given(st.sampled_from(["en", "cy"]), st.sampled_from(["en", "cy"]), st.integers(0, 999), st.integers(0, 999))
def test_the_higher_quality_wins_and_the_first_of_equals(one: str, other: str, first: int, second: int) -> None:
    header = f"{one}-GB;q=0.{first:03d}, {other};q=0.{second:03d}"
    if max(first, second) == 0:
        assert best_language(header) is None
    else:
        assert best_language(header) == (one if first >= second else other)
