"""The prison system's own booking rules, flaws included. Pure: facts in, texts out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from nomis_client.fake import texts
from nomis_client.fake.entities import Allowance, Contact, Prisoner, Session, Visit
from nomis_client.fake.replies import Offered
from nomis_client.fake.requests import Book, Override
from nomis_client.fake.times import Span, touches

ADULT_AGE = 18


@dataclass(frozen=True, slots=True)
class Party:
    """Who comes: numbers as a session counts them, the prisoner included."""

    visitors: int
    adults: int


def age_on(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def is_adult(contact: Contact, today: date) -> bool:
    """A contact without a date of birth counts as an adult."""
    return contact.date_of_birth is None or age_on(contact.date_of_birth, today) >= ADULT_AGE


def occupancy(session: Session, visits: Iterable[Visit]) -> Offered:
    """`visits`: the scheduled ones in it. Each is one group: its visitors and the prisoner, who is an adult."""
    groups, visitors, adults = session.taken_groups, session.taken_visitors, session.taken_adults
    for visit in visits:
        groups += 1
        visitors += 1 + len(visit.others) + 1
        adults += visit.adults + 1
    return Offered(session, groups, visitors, adults)


def is_full(offered: Offered) -> bool:
    """Full sessions are left out of what is offered."""
    session = offered.session
    return (
        offered.groups_booked >= session.max_groups
        or offered.visitors_booked >= session.capacity
        or offered.adults_booked >= session.max_adults
    )


def lets_in(offered: Offered, party: Party) -> bool:
    """The booking's own idea of room. The `>` on groups lets one too many in: a flaw of the real system, kept."""
    session = offered.session
    return not (
        offered.groups_booked > session.max_groups
        or offered.visitors_booked + party.visitors > session.capacity
        or offered.adults_booked + party.adults > session.max_adults
    )


def choose_room(rooms: Sequence[Offered], party: Party) -> Offered | None:
    """Of the rooms at exactly this raw time: one with space, else one that the flawed rule lets through."""
    willing = [room for room in rooms if lets_in(room, party)]
    spacious = [room for room in willing if not is_full(room)]
    return next(iter(spacious or willing), None)


def party_of(order: Book, contacts: Sequence[Contact], today: date) -> Party:
    wanted = (order.lead_contact, *order.other_contacts)
    minors = {c.id for c in contacts if not is_adult(c, today)}
    return Party(len(wanted) + 1, sum(1 for contact in wanted if contact not in minors) + 1)


def out_of_orders(prisoner: Prisoner) -> bool:
    return spend_from(prisoner) is None and prisoner.allowance is not Allowance.NONE_NEEDED


def spend_from(prisoner: Prisoner) -> str | None:
    """Which balance the next visit is paid from: `VO`, `PVO` or None."""
    may_vo = prisoner.allowance in {Allowance.ANY, Allowance.VO}
    may_pvo = prisoner.allowance in {Allowance.ANY, Allowance.PVO}
    if may_vo and prisoner.vo > 0:
        return "VO"
    return "PVO" if may_pvo and prisoner.pvo > 0 else None


def objections(
    order: Book,
    prisoner: Prisoner,
    day: date,
    today: date,
    existing: Iterable[Span],
    wanted: Span,
    room: Offered | None,
) -> tuple[str, ...]:
    """Every business reason against a booking at once, in the prison system's order."""
    found: list[str] = []
    if Override.OFFENDER_RESTRICTIONS not in order.overrides and prisoner.restricted("BAN", day):
        found.append(texts.OFFENDER_BANNED)
    found += _about_visitors(order, prisoner, day, today)
    if room is None and Override.SLOT_CAPACITY not in order.overrides:
        found.append(texts.AT_CAPACITY)
    if any(touches(wanted, span) for span in existing):
        found.append(texts.OVERLAPPING)
    if Override.VO_BALANCE not in order.overrides and out_of_orders(prisoner):
        found.append(_NO_BALANCE[prisoner.allowance])
    return tuple(found)


_NO_BALANCE = {
    Allowance.VO: texts.NO_VO,
    Allowance.PVO: texts.NO_PVO,
    Allowance.ANY: texts.NO_VO_OR_PVO,
}


def _about_visitors(order: Book, prisoner: Prisoner, day: date, today: date) -> Iterator[str]:
    """Approval, bans and the lead's age; whether a contact is active isn't looked at (as in the real system)."""
    bans_count = Override.VISITOR_RESTRICTIONS not in order.overrides
    lead = [c for c in prisoner.contacts if c.id == order.lead_contact]
    if not _approved(lead):
        yield texts.LEAD_NOT_APPROVED
    if bans_count and _banned(lead, day):
        yield texts.LEAD_BANNED
    if lead and not all(is_adult(c, today) for c in lead):
        yield texts.LEAD_NOT_ADULT
    for contact in order.other_contacts:
        lines = [c for c in prisoner.contacts if c.id == contact]
        if not _approved(lines):
            yield texts.visitor_not_approved(contact)
        if bans_count and _banned(lines, day):
            yield texts.visitor_banned(contact)


def _approved(lines: Sequence[Contact]) -> bool:
    return any(c.approved for c in lines)


def _banned(lines: Sequence[Contact], day: date) -> bool:
    return any(r.type == "BAN" and r.covers(day) for c in lines for r in c.restrictions)
