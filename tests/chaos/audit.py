"""Compares the books of a run. What it finds is a promise that was broken."""

from __future__ import annotations

from collections.abc import Iterator

from tests.chaos.audit_told import client_was_told, equal_requests
from tests.chaos.audit_turns import first_come_first_served, one_choice_at_a_time
from tests.chaos.audit_visits import visit_of_ours
from tests.chaos.books import Books
from tests.chaos.findings import Finding


def audit(books: Books) -> list[Finding]:
    """Every broken promise."""
    return [
        *(finding for client in books.clients for finding in client_was_told(books, client)),
        *equal_requests(books),
        *(finding for visit in books.visits.values() for finding in visit_of_ours(books, visit)),
        *one_choice_at_a_time(books),
        *first_come_first_served(books),
        *_nobody(books),
        *_by_hand(books),
        *_rooms(books),
    ]


def resent(books: Books) -> int:
    """Mails that arrived more than once, with the same bytes: all that mail can promise."""
    letters = [(letter.message_id, letter.recipient) for found in books.letters.values() for letter in found]
    return len(letters) - len(set(letters))


def _nobody(books: Books) -> Iterator[Finding]:
    """Nothing is booked there, and no mail written, for a visit that we don't know."""
    for visit_id in books.ours:
        if visit_id not in books.visits:
            yield Finding("wrong", visit_id, "booked in the prison system, and not stored")
    for visit_id in books.letters:
        if visit_id not in books.visits:
            yield Finding("wrong", visit_id, "mails, and not stored")


def _by_hand(books: Books) -> Iterator[Finding]:
    """What people booked by hand is neither taken for ours nor cancelled by us."""
    taken = {visit["nomis_visit_id"]: str(visit["id"]) for visit in books.visits.values()}
    for number, spells in books.nomis.items():
        last = spells[-1].visit
        if last["made_by"] != "hand":
            continue
        if number in taken:
            yield Finding("wrong", taken[number], f"{number} was booked by hand, and is taken for ours")
        if last["status"] == "CANC" and last["cancellation_code"] != "ADMIN":
            yield Finding("wrong", "", f"{number} was booked by hand, and cancelled by us")


def _rooms(books: Books) -> Iterator[Finding]:
    """Where nobody books by hand, our bookings never exceeded the room, in the whole history."""
    for place, room in books.world.rooms.items():
        spells = [spell for _, spell in books.at(place)]
        for one in spells:
            together = sum(other.since <= one.since and other.overlaps(one) for other in spells)
            if together > room:
                yield Finding("wrong", "", f"{together} groups at {place} at {one.since}, where {room} find room")
