"""Requests as they are stored, and read again."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from adapter.booking import codec
from adapter.booking.codec import dump, dump_request, load_outcome, load_request, parse_request
from booking_rules.request import Person, Prisoner, VisitRequest
from tests.support.booking_cases import CHOICES

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_requests = st.builds(
    VisitRequest,
    prisoner=st.builds(Prisoner, _texts, _texts, st.dates(), _texts),
    visitors=st.lists(st.builds(Person, _texts, _texts, st.dates()), max_size=3).map(tuple),
    email=_texts,
    phone=_texts,
    choices=st.lists(st.sampled_from(CHOICES), unique=True).map(tuple),
)


def _person(person: Person | Prisoner) -> dict[str, str]:
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "date_of_birth": person.date_of_birth.isoformat(),
    }


@given(_requests)
def test_a_request_is_stored_as_the_library_writes_it(request: VisitRequest) -> None:
    shape = {
        "prisoner": {**_person(request.prisoner), "number": request.prisoner.number},
        "visitors": [_person(visitor) for visitor in request.visitors],
        "choices": [str(slot) for slot in request.choices],
        "email": request.email,
        "phone": request.phone,
    }
    expected = json.dumps(shape, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert dump_request(request) == expected == dump(shape)


@given(_requests)
def test_a_request_is_read_as_it_was_stored(request: VisitRequest) -> None:
    text = dump_request(request)
    assert load_request(text) == parse_request(text) == request
    codec._recent.clear()
    assert load_request(text) == request


def test_only_the_most_recent_requests_are_kept() -> None:
    first = VisitRequest(Prisoner("C", "B", CHOICES[0].day, "A1234BC"), (), "ada@example.com", "+441632960123", CHOICES)
    text = dump_request(first)
    for number in range(codec._MOST_RECENT + 10):
        dump_request(VisitRequest(first.prisoner, (), f"{number}@example.com", first.phone, CHOICES))
    assert len(codec._recent) == codec._MOST_RECENT
    assert text not in codec._recent
    assert load_request(text) == first
    assert text in codec._recent


def test_an_outcome_is_read_as_it_was_stored() -> None:
    outcome = codec.StoredOutcome("rejected", ("no_slot",), ("full", "not_tried"), "real_time")
    assert load_outcome(outcome.dumped()) == outcome
