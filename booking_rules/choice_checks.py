"""Checks on one choice, on its day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from booking_rules.calendar import BankHolidays, is_bookable
from booking_rules.checklist import (
    ALLOWANCE,
    BOOKABLE,
    NO_OVERLAP,
    OPEN_VISIT,
    PRISONER_FREE,
    PRISONER_IN,
    ROOM,
    VISITORS_FREE,
    CheckKind,
    Finding,
)
from booking_rules.facts import Day, Existing, Facts, Unknown, Why
from booking_rules.matching import Exact, Match, covers
from booking_rules.party import count_adults
from booking_rules.prisons import Prison
from booking_rules.request import VisitRequest
from booking_rules.rooms import all_visits, blocking, has_room
from booking_rules.slots import Slot
from booking_rules.trace import ChoiceResult

CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class ChoiceChecks:
    """All that was found about one choice. `raw` is how the prison system spells the session to book, of the room that
    fits best; None where it isn't known."""

    findings: tuple[Finding, ...]
    raw: Slot | None = None


def check_choice(
    index: int,
    request: VisitRequest,
    prison: Prison,
    facts: Facts,
    matched: Sequence[Match],
    today: date,
    holidays: BankHolidays,
) -> ChoiceChecks:
    """Ask everything about choice `index` (from 0). About one that can't be booked any more nothing else is asked."""
    slot, subject = request.choices[index], f"choice {index + 1}"
    if not is_bookable(prison, slot, today, holidays):
        return ChoiceChecks((BOOKABLE.fails(f"not on the timetable for requests of {today}", subject),))
    day = _day(facts, slot.day)
    room, raws = _room(request, prison, facts, slot, today, subject)
    overlap, raw = _overlap(facts, day, slot, raws, subject)
    findings = (
        BOOKABLE.passes(f"on the timetable for requests of {today}", subject),
        *_visitors_free(facts, matched, slot.day, subject),
        _of_day(PRISONER_IN, day, isinstance(day, Day) and day.external_movement, subject),
        _of_day(ALLOWANCE, day, isinstance(day, Day) and day.out_of_vo, subject),
        _of_day(PRISONER_FREE, day, isinstance(day, Day) and day.banned, subject),
        _open_visit(facts, slot.day, subject),
        overlap,
        room,
    )
    return ChoiceChecks(findings, raw)


def _day(facts: Facts, day: date) -> Day | Unknown:
    if isinstance(facts.days, Unknown):
        return facts.days
    return facts.days.get(day, Unknown(Why.NOT_UNDERSTOOD))


def _visitors_free(facts: Facts, matched: Sequence[Match], day: date, subject: str) -> Iterator[Finding]:
    if isinstance(facts.contacts, Unknown):
        yield VISITORS_FREE.unasked(facts.contacts, subject)
        return
    banned = [index for index, match in enumerate(matched) if isinstance(match, Exact) and match.banned_on(day)]
    for index in banned:
        yield VISITORS_FREE.fails(f"a ban covers {day}", f"{subject}, visitor {index + 1}")
    if not banned:
        known = sum(isinstance(match, Exact) for match in matched)
        yield VISITORS_FREE.passes(f"{known} of {len(matched)} visitors known: no ban of theirs covers {day}", subject)


def _of_day(kind: CheckKind, day: Day | Unknown, against: bool, subject: str) -> Finding:
    if isinstance(day, Unknown):
        return kind.unasked(day, subject)
    return kind.fails(kind.fails_when, subject) if against else kind.passes("nothing against it", subject)


def _open_visit(facts: Facts, day: date, subject: str) -> Finding:
    if isinstance(facts.restrictions, Unknown):
        return OPEN_VISIT.unasked(facts.restrictions, subject)
    if any(restriction.type == CLOSED and covers(restriction, day) for restriction in facts.restrictions):
        return OPEN_VISIT.fails(f"closed visits only on {day}", subject)
    return OPEN_VISIT.passes(f"no closed-visits restriction covers {day}", subject)


def _room(
    request: VisitRequest, prison: Prison, facts: Facts, slot: Slot, today: date, subject: str
) -> tuple[Finding, tuple[Slot, ...]]:
    """Whether the session is offered with room, and the raw times it may be booked under, best first."""
    if isinstance(facts.slots, Unknown):
        return ROOM.unasked(facts.slots, subject), ()
    rooms = [offered for offered in facts.slots if offered.normal == slot]
    if not rooms:
        return ROOM.fails("not offered, or full", subject, ChoiceResult.NOT_OFFERED), ()
    visitors = len(request.visitors)
    adults = count_adults(prison, [visitor.date_of_birth for visitor in request.visitors], today)
    raws = tuple(offered.raw for offered in rooms if has_room(offered, visitors, adults))
    if not raws:
        return ROOM.fails(f"no room for {visitors} visitors, {adults} of them adults, and the prisoner", subject), ()
    return ROOM.passes(f"room for {visitors} visitors, {adults} of them adults, and the prisoner", subject), raws


def _overlap(
    facts: Facts, day: Day | Unknown, slot: Slot, raws: Sequence[Slot], subject: str
) -> tuple[Finding, Slot | None]:
    """Whether another visit is in the way, and the raw time to book: of two rooms the one where none is."""
    visits = all_visits(() if isinstance(day, Unknown) else day.existing, facts.own)
    # Without a raw time (not offered, or unknown) the normal one is the best there is to go by.
    ranked = sorted(raws or [slot], key=lambda raw: _worst(blocking(raw, visits)))
    best = ranked[0]
    found = blocking(best, visits)
    return _overlap_finding(day, found, subject), (best if raws else None)


def _worst(visits: Sequence[Existing]) -> int:
    """0: nothing in the way; 1: only visits that are about to go; 2: a visit that stays."""
    return max((1 if visit.being_cancelled else 2 for visit in visits), default=0)


def _overlap_finding(day: Day | Unknown, found: Sequence[Existing], subject: str) -> Finding:
    staying = [str(visit.raw) for visit in found if not visit.being_cancelled]
    if staying:
        return NO_OVERLAP.fails(f"other visit: {', '.join(dict.fromkeys(staying))}", subject)
    if isinstance(day, Unknown):
        return NO_OVERLAP.unasked(day, subject)
    if found:
        basis = "a visit of this prisoner at that time is being cancelled"
        return NO_OVERLAP.is_unknown(Why.BEING_CANCELLED, basis, subject)
    return NO_OVERLAP.passes("no other visit at that time", subject)
