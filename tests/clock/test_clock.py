"""Instants as they are stored, and identifiers as they are drawn."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapter.clock import RandomIds, instant, micros

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@given(st.datetimes(timezones=st.just(UTC)))
@example(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
@example(datetime(2026, 11, 28, 11, 13, 49, 1, tzinfo=UTC))
def test_an_instant_is_what_was_stored(moment: datetime) -> None:
    stored = micros(moment)
    assert instant(stored) == moment
    assert instant(stored).tzinfo is UTC
    assert divmod(stored, 1_000_000) == (moment.replace(microsecond=0).timestamp(), moment.microsecond)


@given(st.integers(0, 2**40 - 1))
def test_every_human_id_is_drawn_from_its_own_bits(drawn: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(secrets, "randbits", lambda bits: {40: drawn}[bits])
        human_id = RandomIds().human_id()
    assert re.fullmatch(f"[{_CROCKFORD}]{{8}}", human_id)
    assert sum(_CROCKFORD.index(sign) << 5 * place for place, sign in enumerate(human_id)) == drawn
