"""Checks on the whole request: what fails or is unknown here holds for every choice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from booking_rules.checklist import FOUND, HERE, IN_USE, ON_LIST, PARTY, REAL_TIME, RESTRICTIONS, Finding
from booking_rules.facts import Contact, Facts, Unknown
from booking_rules.matching import Exact, Match, Near, Tie, match_party
from booking_rules.party import check_party
from booking_rules.prisons import Prison
from booking_rules.reasons import StaffWhy
from booking_rules.request import Person, VisitRequest

_REAL_TIME = {True: REAL_TIME.passes("real time is on"), False: REAL_TIME.fails("real time is off")}
_IN_USE = {True: IN_USE.passes("enabled"), False: IN_USE.fails("disabled or closed")}


def prison_checks(prison: Prison) -> tuple[Finding, ...]:
    """What can be said without asking the prison system."""
    return _REAL_TIME[prison.real_time], _IN_USE[prison.in_use]


def request_checks(
    request: VisitRequest, prison: Prison, facts: Facts, matched: Sequence[Match], today: date
) -> tuple[Finding, ...]:
    """Everything that is asked once; `matched` are the `matches` of the same request and facts. Of a prisoner who
    wasn't found nothing more can be asked."""
    return tuple(_findings(request, prison, facts, matched, today))


def matches(request: VisitRequest, facts: Facts) -> tuple[Match, ...]:
    """Who each visitor is, in order; empty while the contact list is unknown."""
    return () if isinstance(facts.contacts, Unknown) else match_party(request.visitors, facts.contacts)


def _findings(
    request: VisitRequest, prison: Prison, facts: Facts, matched: Sequence[Match], today: date
) -> Iterator[Finding]:
    yield _party(request, prison, today)
    found = _found(facts)
    yield found
    if not isinstance(facts.offender_id, int):
        return
    yield _here(prison, facts)
    yield from _on_list(request, facts, matched)
    yield _restrictions(facts)


def _party(request: VisitRequest, prison: Prison, today: date) -> Finding:
    born = [visitor.date_of_birth for visitor in request.visitors]
    codes = check_party(prison, born[0], born, today)
    return PARTY.fails(", ".join(codes)) if codes else PARTY.passes(f"{len(born)} in the party")


def _found(facts: Facts) -> Finding:
    offender = facts.offender_id
    if isinstance(offender, Unknown):
        return FOUND.unasked(offender)
    if offender is None:
        return FOUND.fails("no active prisoner has this number and date of birth")
    return FOUND.passes("number and date of birth match an active prisoner")


def _here(prison: Prison, facts: Facts) -> Finding:
    if isinstance(facts.prison, Unknown):
        return HERE.unasked(facts.prison)
    if facts.prison != prison.nomis_id:
        return HERE.fails(f"held at {facts.prison}, not at {prison.nomis_id}")
    return HERE.passes(f"held at {facts.prison}")


def _restrictions(facts: Facts) -> Finding:
    if isinstance(facts.restrictions, Unknown):
        return RESTRICTIONS.unasked(facts.restrictions)
    return RESTRICTIONS.passes(f"{len(facts.restrictions)} on record, past and future ones included")


def _on_list(request: VisitRequest, facts: Facts, matched: Sequence[Match]) -> Iterator[Finding]:
    if isinstance(facts.contacts, Unknown):
        yield ON_LIST.unasked(facts.contacts)
        return
    for index, (visitor, match) in enumerate(zip(request.visitors, matched, strict=True)):
        yield _listed(visitor, match, facts.contacts, f"visitor {index + 1}")


def _listed(visitor: Person, match: Match, contacts: Sequence[Contact], subject: str) -> Finding:
    who = f"{visitor.first_name} {visitor.last_name}, born {visitor.date_of_birth}"
    if isinstance(match, Exact):
        return ON_LIST.passes(f"{who}: {_named([match.contact], contacts)}", subject)
    if isinstance(match, Near):
        basis = f"{who}: not exactly, but similar to {_named(match.contacts, contacts)}"
        return ON_LIST.is_unknown(StaffWhy.NEAR_MATCH, basis, subject)
    if isinstance(match, Tie):
        return ON_LIST.is_unknown(StaffWhy.TIE, f"{who}: {_tied(match, contacts)}", subject)
    if match.unfit:
        basis = f"{who}: {_named(match.unfit, contacts)}, but not approved, not active or not a social contact"
        return ON_LIST.fails(basis, subject)
    return ON_LIST.fails(f"{who}: nobody like this is on the list", subject)


def _tied(tie: Tie, contacts: Sequence[Contact]) -> str:
    named = _named(tie.contacts, contacts)
    if not tie.visitors:
        return f"could be any of {named}"
    return f"{' and '.join(f'visitor {index + 1}' for index in tie.visitors)} are the same {named}"


def _named(ids: Sequence[int], contacts: Sequence[Contact]) -> str:
    names = {contact.id: f"{contact.given_name} {contact.surname}" for contact in contacts if contact.id in ids}
    return "; ".join(f"contact {contact_id} {names[contact_id]}" for contact_id in ids)
