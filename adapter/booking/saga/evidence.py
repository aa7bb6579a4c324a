"""What the prison system can show about one reference: ours, nothing, or something that proves nothing.

Nothing is said to be booked, and nothing is cancelled there, on less than this.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import Enum, auto

import nomis_client as nomis
from adapter.booking.codec import load_ids, load_order, load_request
from adapter.booking.desk import Desk, Run
from adapter.store.records import Attempt, Visit
from adapter.store.rivals import knows_nomis_visit


class Shown(Enum):
    """What a look showed."""

    OURS = auto()
    NOTHING = auto()
    CANCELLED = auto()  # under our reference, but cancelled there
    CANDIDATE = auto()  # a single new visit at that slot, where references can't be found
    ODD = auto()  # anything else: proves nothing
    AWAY = auto()  # couldn't be asked now
    IMPOSSIBLE = auto()  # this installation can't find by reference (only inside this module)


@dataclass(frozen=True, slots=True)
class Look:
    shown: Shown
    nomis_visit_id: int | None = None
    by_reference: bool = False
    existing: frozenset[int] = frozenset()

    @property
    def by(self) -> str:
        """What proves `OURS`, as a proof says it."""
        return "reference" if self.by_reference else "repeat"


async def look_for(desk: Desk, visit: Visit, attempt: Attempt, run: Run) -> Look:
    """Look for one reference: by reference where the installation can, else by the prisoner's existing visits."""
    call = desk.call(visit, run)
    if desk.nomis.finds_by_reference:
        found = await _by_reference(desk, attempt, call)
        if found.shown is not Shown.IMPOSSIBLE:
            return await _confirm_nothing(desk, visit, attempt, call, found)
    return _proven(desk, visit, attempt, await _by_existing(desk, visit, attempt, call))


async def is_still_there(desk: Desk, visit: Visit, attempt: Attempt, run: Run) -> bool | None:
    """Whether the prisoner is active, the same, and still in that prison; None when it can't be asked now."""
    prisoner = load_request(visit.request).prisoner
    call = desk.call(visit, run)
    try:
        offender = await desk.nomis.find_offender(prisoner.number, prisoner.date_of_birth, call)
        if offender != attempt.offender_id:
            return False
        return (await desk.nomis.location(prisoner.number, call)).prison == attempt.prison
    except nomis.Refused:
        return False
    except nomis.NomisError:
        return None


async def is_gone(desk: Desk, visit: Visit, attempt: Attempt, nomis_visit_id: int, run: Run) -> bool:
    """Whether a booking that its reference shows as cancelled is out of the prisoner's visits, too.

    One read is not enough to leave it alone: what is told there of a single visit may be wrong for a moment.
    """
    there = await _by_existing(desk, visit, attempt, desk.call(visit, run))
    return there.shown in (Shown.NOTHING, Shown.CANDIDATE) and nomis_visit_id not in there.existing


def _proven(desk: Desk, visit: Visit, attempt: Attempt, seen: Look) -> Look:
    """A single new visit is ours once our POST, repeated, was a duplicate, and the same one still stands after a while.

    Whoever looks: the saga, the watch after a hand-over, a withdrawal, staff on their page.
    """
    if seen.shown is not Shown.CANDIDATE or not attempt.exists_shown or attempt.candidate_id != seen.nomis_visit_id:
        return seen
    shown_at = attempt.duplicate_at or visit.now
    if visit.now < shown_at + int(desk.times.read_lag * 1_000_000):
        return seen
    return replace(seen, shown=Shown.OURS)


async def _by_reference(desk: Desk, attempt: Attempt, call: nomis.Call) -> Look:
    try:
        visits = await desk.nomis.find_by_reference(attempt.offender_id, attempt.reference, call)
    except nomis.CannotAsk:
        shown = Shown.NOTHING if desk.breaks.not_found_counts_as_absent else Shown.IMPOSSIBLE
        return Look(shown, by_reference=desk.breaks.not_found_counts_as_absent)
    except nomis.Refused:
        return Look(Shown.ODD, by_reference=True)  # in transit, or our fault: proves nothing
    except nomis.NomisError:
        return Look(Shown.AWAY, by_reference=True)
    if not visits:
        return Look(Shown.NOTHING, by_reference=True)
    if len(visits) > 1:
        return Look(Shown.ODD, by_reference=True)
    return _judge(desk, attempt, visits[0])


def _judge(desk: Desk, attempt: Attempt, found: nomis.FoundVisit) -> Look:
    order = load_order(attempt.body)
    party = {item.id for item in found.visitors}
    lead = {item.id for item in found.visitors if item.lead}
    same = (
        found.reference == attempt.reference
        and found.slot.normal == attempt.slot
        and party == {order.lead_contact, *order.other_contacts}
        and lead == {order.lead_contact}
    )
    if not same:
        return Look(Shown.ODD, found.visit_id, by_reference=True)
    if found.status == "SCH" or (found.status == "CANC" and desk.breaks.cancelled_counts_as_found):
        return Look(Shown.OURS, found.visit_id, by_reference=True)
    shown = Shown.CANCELLED if found.status == "CANC" else Shown.ODD
    return Look(shown, found.visit_id, by_reference=True)


async def _confirm_nothing(desk: Desk, visit: Visit, attempt: Attempt, call: nomis.Call, found: Look) -> Look:
    """Nothing under the reference is half of an absence; the other half is no new visit at that slot."""
    if found.shown is not Shown.NOTHING or desk.breaks.not_found_counts_as_absent:
        return found
    there = await _by_existing(desk, visit, attempt, call)
    if there.shown in (Shown.CANDIDATE, Shown.ODD):
        return Look(Shown.ODD, there.nomis_visit_id, by_reference=True, existing=there.existing)
    return Look(there.shown, by_reference=True, existing=there.existing)


async def _by_existing(desk: Desk, visit: Visit, attempt: Attempt, call: nomis.Call) -> Look:
    day = date.fromisoformat(attempt.slot[:10])
    try:
        days = await desk.nomis.unavailability(attempt.offender_id, [day], call)
    except nomis.Refused:
        return Look(Shown.ODD)
    except nomis.NomisError:
        return Look(Shown.AWAY)
    if day not in days:
        return Look(Shown.ODD)
    existing = days[day].existing_visits
    here = {item.id for item in existing if item.slot.normal == attempt.slot}
    new = here - load_ids(attempt.baseline)
    async with desk.store.read() as tx:
        new -= await knows_nomis_visit(tx, sorted(new), visit.id)
    seen = frozenset(item.id for item in existing)
    if not new:
        return Look(Shown.NOTHING, existing=seen)
    if len(new) > 1:
        return Look(Shown.ODD, existing=seen)
    return Look(Shown.CANDIDATE, next(iter(new)), existing=seen)
