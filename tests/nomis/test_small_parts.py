"""Retry-After, the small memories, and what a contact is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from nomis_client import Contact
from nomis_client.caches import Recent
from nomis_client.retry_after import seconds_to_wait

NOW = datetime(2026, 11, 30, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("Mon, 30 Nov 2026 10:31:00 GMT", 60.0),
        ("Monday, 30-Nov-26 10:31:00 GMT", 60.0),
        ("Mon, 30 Nov 2026 10:29:00 GMT", 0.0),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("9" * 500, 999_999_999.0),
        ("Mon, 99 Nov 2026 10:31:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(header, NOW) == seconds


class TestRecent:
    def test_it_remembers_for_a_while(self) -> None:
        clock = [0.0]
        recent: Recent[str, int] = Recent(10, 5.0, lambda: clock[0])
        recent.put("a", 1)
        clock[0] = 4.9
        assert recent.get("a") == 1
        clock[0] = 5.0
        assert recent.get("a") is None

    def test_it_remembers_the_newest_only(self) -> None:
        recent: Recent[int, int] = Recent(3, 5.0, lambda: 0.0)
        for number in (1, 2, 3, 1, 4):
            recent.put(number, number)
        assert [recent.get(number) for number in (1, 2, 3, 4)] == [1, None, 3, 4]

    def test_for_no_time_it_remembers_nothing(self) -> None:
        recent: Recent[str, int] = Recent(3, 0.0, lambda: 0.0)
        recent.put("a", 1)
        assert recent.get("a") is None


@pytest.mark.parametrize("name", ["id", "restrictions", "something"])
def test_a_contact_stays_what_it_was(name: str) -> None:
    spelled = {"id": 1, "given_name": "JANE", "middle_names": "", "surname": "SMITH", "date_of_birth": None}
    contact = Contact(**spelled, contact_type="S", relationship="FRI", approved=True, active=True)  # type: ignore[arg-type]
    again = Contact(1, "JANE", "", "SMITH", None, "S", "FRI", True, True, ())
    assert contact == again
    assert hash(contact) == hash(again)
    assert repr(contact).startswith("Contact(id=1, given_name='JANE', ")
    with pytest.raises(AttributeError):
        setattr(contact, name, 2)
