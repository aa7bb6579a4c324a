"""What a member of staff does by hand: no rule of the booking API stands in the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from nomis_client.fake.actions import (
    Action,
    AddContact,
    AddSlot,
    Arrive,
    Ban,
    BookByHand,
    CancelByHand,
    ChangeContact,
    Close,
    Complete,
    Court,
    DeleteSlot,
    Fill,
    Grant,
    Lock,
    Merge,
    Readmit,
    Release,
    Retime,
    Transfer,
    Unlock,
)
from nomis_client.fake.entities import Contact, Prisoner, Restriction, Session, Status, Visit
from nomis_client.fake.requests import Book
from nomis_client.fake.times import Span, parse_slot
from nomis_client.fake.world import Change, World
from nomis_client.fake.writing import booked, cancelled, granted

_CONTACT = TypeAdapter(Contact)


class ImpossibleByHand(ValueError):
    """There is no such prisoner, visit, session or contact; the text says which kind, never which one."""


def by_hand(world: World, action: Action, now: datetime) -> dict[str, int]:
    """Do it. Returns ids of what came to be, e.g. `{"visit_id": 5984}`. Raises `ImpossibleByHand`."""
    return _Hand(world, now).do(action)


class _Hand:
    def __init__(self, world: World, now: datetime) -> None:
        self._world, self._now = world, now

    def do(self, action: Action) -> dict[str, int]:
        made: dict[str, int] = {}
        match action:
            case BookByHand():
                visit, changes = self._book(action)
                made = {"visit_id": visit.id}
            case AddSlot():
                session = self._new_session(action)
                changes = [(self._world.sessions, session.id, session)]
                made = {"session_id": session.id}
            case CancelByHand():
                changes = self._cancel(action)
            case Complete():
                visit = self._visit(action.visit_id)
                changes = [(self._world.visits, visit.id, replace(visit, status=Status.COMPLETED))]
            case Retime():
                changes = self._retime(action)
            case DeleteSlot():
                gone = self._sessions(action.prison, action.slot)
                changes = [(self._world.sessions, session.id, None) for session in gone]
            case Fill():
                changes = self._fill(action)
            case Merge():
                changes = self._merge(self._prisoner(action.noms_id), self._prisoner(action.into))
            case Grant():
                changes = granted(self._world, self._prisoner(action.noms_id), action.vo, action.pvo, self._now)
            case _:
                prisoner = self._prisoner(action.noms_id)
                changes = [(self._world.prisoners, prisoner.noms_id, _changed(prisoner, action))]
        self._world.commit(self._now, *changes)
        return made

    def _book(self, action: BookByHand) -> tuple[Visit, list[Change]]:
        prisoner = self._prisoner(action.noms_id)
        session = self._sessions(prisoner.prison, action.slot)[0]
        contacts = action.contacts or tuple(contact.id for contact in prisoner.contacts[:1])
        if not contacts:
            raise ImpossibleByHand("no such contact")
        if action.reference and self._world.visit_under(action.reference) is not None:
            raise ImpossibleByHand("another visit has this reference")
        order = Book(prisoner.offender_id, contacts[0], contacts[1:], action.slot, action.reference)
        return booked(self._world, prisoner, session, order, self._now, by_hand=True)

    def _cancel(self, action: CancelByHand) -> list[Change]:
        visit = self._visit(action.visit_id)
        if not visit.scheduled:
            raise ImpossibleByHand("the visit isn't scheduled")
        return cancelled(self._world, visit, action.code, self._now)

    def _retime(self, action: Retime) -> list[Change]:
        begin, end = _times(action.to)
        changes: list[Change] = []
        for session in self._sessions(action.prison, action.slot):
            changes.append((self._world.sessions, session.id, replace(session, begin=begin, end=end)))
            moving = [] if action.visits_stay else self._world.visits_in(session.id)
            changes += [(self._world.visits, visit.id, replace(visit, begin=begin, end=end)) for visit in moving]
        return changes

    def _new_session(self, action: AddSlot) -> Session:
        begin, end = _times(action.slot)
        rooms = [s for s in self._world.sessions_on(action.prison, begin.date()) if s.span == (begin, end)]
        return Session(
            id=self._world.sessions.last_key(0) + 1,
            prison=action.prison,
            begin=begin,
            end=end,
            room=str(len(rooms) + 1),
            capacity=action.capacity,
            max_groups=action.max_groups,
            max_adults=action.max_adults,
        )

    def _fill(self, action: Fill) -> list[Change]:
        changes: list[Change] = []
        left = action.groups
        for session in self._sessions(action.prison, action.slot):
            room = min(left, session.max_groups)
            left -= room
            taken = max(0, session.max_groups - room - len(self._world.visits_in(session.id)))
            # A full session is full by visitors too, or the booking's flawed rule would let one more group in.
            visitors = session.capacity if room == 0 else 0
            full = replace(session, taken_groups=taken, taken_visitors=visitors, taken_adults=0)
            changes.append((self._world.sessions, session.id, full))
        return changes

    def _merge(self, gone: Prisoner, kept: Prisoner) -> list[Change]:
        if gone is kept:
            raise ImpossibleByHand("a prisoner can't be merged into himself")
        return [
            (self._world.prisoners, gone.noms_id, None),
            *(
                (
                    self._world.visits,
                    visit.id,
                    replace(visit, noms_id=kept.noms_id, offender_id=kept.offender_id, stay=kept.stay),
                )
                for visit in self._world.visits_of(gone.noms_id)
            ),
        ]

    def _prisoner(self, noms_id: str) -> Prisoner:
        prisoner = self._world.prisoners.get(noms_id)
        if prisoner is None:
            raise ImpossibleByHand("no such prisoner")
        return prisoner

    def _visit(self, visit_id: int) -> Visit:
        visit = self._world.visits.get(visit_id)
        if visit is None:
            raise ImpossibleByHand("no such visit")
        return visit

    def _sessions(self, prison: str, slot: str) -> list[Session]:
        span = _times(slot)
        found = [s for s in self._world.sessions_on(prison, span[0].date()) if s.span == span]
        if not found:
            raise ImpossibleByHand("no such slot")
        return found


_OfPrisoner = Transfer | Arrive | Release | Readmit | Lock | Unlock | Court | Close | Ban | ChangeContact | AddContact


def _changed(prisoner: Prisoner, action: _OfPrisoner) -> Prisoner:
    match action:
        case Transfer():
            return replace(prisoner, prison=action.prison, in_transit=action.in_transit, housing="")
        case Arrive():
            return replace(prisoner, in_transit=False)
        case Release():
            return replace(prisoner, active=False, in_transit=False)
        case Readmit():
            home = action.prison or prisoner.prison
            return replace(prisoner, active=True, in_transit=False, stay=prisoner.stay + 1, prison=home)
        case Lock() | Unlock():
            return replace(prisoner, locked=isinstance(action, Lock))
        case Court():
            change = prisoner.movements.difference if action.lift else prisoner.movements.union
            return replace(prisoner, movements=frozenset(change({action.day})))
        case Close():
            return replace(prisoner, restrictions=_restricted(prisoner.restrictions, "CLOSED", action))
        case Ban(contact_id=None):
            return replace(prisoner, restrictions=_restricted(prisoner.restrictions, "BAN", action))
        case Ban() | ChangeContact() | AddContact():
            return replace(prisoner, contacts=_contacts(prisoner, action))


def _restricted(present: tuple[Restriction, ...], kind: str, action: Ban | Close) -> tuple[Restriction, ...]:
    if action.lift:
        return tuple(r for r in present if r.type != kind)
    return (*present, Restriction(type=kind, effective_date=action.effective_date, expiry_date=action.expiry_date))


def _contacts(prisoner: Prisoner, action: Ban | ChangeContact | AddContact) -> tuple[Contact, ...]:
    if isinstance(action, AddContact):
        return (*prisoner.contacts, action.contact)
    if all(contact.id != action.contact_id for contact in prisoner.contacts):
        raise ImpossibleByHand("no such contact")
    changed: list[Contact] = []
    for contact in prisoner.contacts:
        if contact.id != action.contact_id:
            changed.append(contact)
        elif isinstance(action, Ban):
            changed.append(replace(contact, restrictions=_restricted(contact.restrictions, "BAN", action)))
        elif not action.remove:
            merged = {**_CONTACT.dump_python(contact), **action.change}
            try:
                changed.append(_CONTACT.validate_python(merged))
            except ValidationError:
                raise ImpossibleByHand("not members of a contact") from None
    return tuple(changed)


def _times(slot: str) -> Span:
    try:
        return parse_slot(slot)
    except ValueError:
        raise ImpossibleByHand("not a slot") from None
