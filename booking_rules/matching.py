"""Which contact of the prisoner is which visitor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

from rapidfuzz.distance import JaroWinkler

from booking_rules.facts import Contact, Restriction
from booking_rules.names import normalised
from booking_rules.request import Person

NEAR: Final = 0.90
"""From this Jaro-Winkler similarity of the full names on, a contact born on the same day may be meant."""

BAN: Final = "BAN"


@dataclass(frozen=True, slots=True)
class Exact:
    """This contact and no other. `bans` are all bans of that person, whichever line of the list they stand on."""

    contact: int
    bans: tuple[Restriction, ...] = ()

    def banned_on(self, day: date) -> bool:
        return any(covers(ban, day) for ban in self.bans)


@dataclass(frozen=True, slots=True)
class Near:
    """No exact match, but contacts of the same date of birth with a similar name: a person decides."""

    contacts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tie:
    """Several contacts match exactly, or one contact matches several visitors (then `visitors` has the indexes of all
    of them): a person decides."""

    contacts: tuple[int, ...]
    visitors: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class NoMatch:
    """Nobody who may visit matches. `unfit` are contacts who match exactly but aren't approved, active and social."""

    unfit: tuple[int, ...] = ()


Match: TypeAlias = Exact | Near | Tie | NoMatch


def match(person: Person, contacts: Sequence[Contact]) -> Match:
    """Find `person` on a contact list. Only approved, active, social contacts born on the same day can be meant."""
    first, last = normalised(person.first_name), normalised(person.last_name)
    if not (first and last):
        return NoMatch()  # of a name such as "-" nothing is left to compare
    same_birthday = [contact for contact in contacts if contact.date_of_birth == person.date_of_birth]
    same_name = [contact for contact in same_birthday if _is_named(contact, first, last)]
    exact = _ids(contact for contact in same_name if _may_visit(contact))
    if len(exact) == 1:
        return Exact(exact[0], _bans(exact[0], contacts))
    if exact:
        return Tie(exact)
    near = _ids(contact for contact in same_birthday if _may_visit(contact) and _similarity(person, contact) >= NEAR)
    if near:
        return Near(near)
    return NoMatch(_ids(same_name))


def match_party(visitors: Sequence[Person], contacts: Sequence[Contact]) -> tuple[Match, ...]:
    """`match` for each visitor, in order; visitors who would be one and the same contact are a `Tie`."""
    found = [match(visitor, contacts) for visitor in visitors]
    claims: dict[int, list[int]] = {}
    for index, result in enumerate(found):
        if isinstance(result, Exact):
            claims.setdefault(result.contact, []).append(index)
    for contact, claimants in claims.items():
        if len(claimants) > 1:
            for index in claimants:
                found[index] = Tie((contact,), tuple(claimants))
    return tuple(found)


def ids_to_match(visitors: Iterable[Person], listed: Iterable[tuple[int, date | None]]) -> frozenset[int]:
    """Of a contact list, as id and date of birth of each line, the ids of those whom a visitor can be: a list without
    the lines of all others matches in the same way."""
    born = {visitor.date_of_birth for visitor in visitors}
    return frozenset(contact_id for contact_id, birthday in listed if birthday in born)


def covers(restriction: Restriction, day: date) -> bool:
    """True if `restriction` is in force on `day`; its first and last days count."""
    return restriction.effective <= day and (restriction.expiry is None or day <= restriction.expiry)


def _ids(contacts: Iterable[Contact]) -> tuple[int, ...]:
    """Each id once: the same id twice, with different relationships, is one person."""
    return tuple(dict.fromkeys(contact.id for contact in contacts))


def _bans(contact_id: int, contacts: Iterable[Contact]) -> tuple[Restriction, ...]:
    lines = (contact for contact in contacts if contact.id == contact_id)
    return tuple(restriction for line in lines for restriction in line.restrictions if restriction.type == BAN)


def _may_visit(contact: Contact) -> bool:
    return contact.social and contact.approved and contact.active


def _is_named(contact: Contact, first: str, last: str) -> bool:
    """With or without middle names; `first` and `last` are normalised."""
    if normalised(contact.surname) != last:
        return False
    return first in (normalised(contact.given_name), normalised(f"{contact.given_name} {contact.middle_names}"))


def _similarity(person: Person, contact: Contact) -> float:
    """The better of the similarities with and without middle names, 0 to 1."""
    name = normalised(f"{person.first_name} {person.last_name}")
    full_names = (
        f"{contact.given_name} {contact.surname}",
        f"{contact.given_name} {contact.middle_names} {contact.surname}",
    )
    return max(JaroWinkler.similarity(name, normalised(full)) for full in full_names)
