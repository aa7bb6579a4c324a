"""After a restore, or a failover that lost commits: bookings of open visits that the database has forgotten.

Before any other work each reference that an open visit may have used is looked up. What is there is taken back into
the database and settled like any late answer; what can't be proven goes to staff, who read that it may be booked.
Visits that came in after the backup are not in the database at all: nothing here can find them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapter.booking.codec import dump_ids, dump_order, load_request
from adapter.booking.desk import Desk
from adapter.booking.ledger import KEEP, AttemptWrite, Change, Repost, attempts, commit, reload
from adapter.booking.saga.endings import hand_over
from adapter.booking.saga.found import Proof, settle_found
from adapter.store.backlog import open_visits
from adapter.store.records import Attempt, Visit
from booking_rules.lifecycle import AttemptEvent, AttemptState, Event, Step
from booking_rules.reasons import StaffWhy
from nomis_client import BookingOrder, Call, CannotAsk, FoundVisit, NomisError, Refused

Tell = Callable[[int, int], None]
"""Told how many of how many visits are done."""

_PAUSE = 2.0
_JUDGED = (Step.RECEIVED, Step.CHECKING, Step.WAITING)
_TO_BOOKING = {
    Step.RECEIVED: (Event.START, Event.POST, Event.DOUBT),
    Step.WAITING: (Event.START, Event.POST, Event.DOUBT),
    Step.CHECKING: (Event.POST, Event.DOUBT),
    Step.BOOKING: (Event.DOUBT,),
}
"""What brings a visit to where a booking of it can be found."""


@dataclass(slots=True)
class Restored:
    """Counts: visits looked at, bookings taken back, visits given to staff."""

    looked: int = 0
    found: int = 0
    to_staff: int = 0


async def restore(desk: Desk, tell: Tell = lambda _done, _all: None) -> Restored:
    """Look every open visit up, waiting for the prison system as long as it takes. May be run again at any time.

    No other process of the service may be running.
    """
    async with desk.store.read(long=True) as tx:
        visits = await open_visits(tx)
    done = Restored()
    for visit in visits:
        await _one(desk, visit, done)
        done.looked += 1
        tell(done.looked, len(visits))
    return done


async def _one(desk: Desk, visit: Visit, done: Restored) -> None:
    known = {item.reference: item for item in await attempts(desk, visit.id)}
    for choice, slot in enumerate(visit.choices):
        reference = f"{visit.id}-{choice + 1}"
        tried = known.get(reference)
        if tried is not None and tried.state is not AttemptState.UNSENT:
            continue  # under one of which nothing was sent the same choice is booked later
        try:
            offender_id = visit.offender_id or await _offender(desk, visit)
            if offender_id is None:
                return
            there = await _found(desk, visit, offender_id, reference)
        except CannotAsk:
            await _to_staff(desk, visit, done)  # not to be told whether it was booked
            return
        if not there:
            continue
        if _is_ours(visit, there, reference, slot):
            await _take_back(desk, visit, offender_id, choice, there[0], tried)
            done.found += 1
        else:
            await _to_staff(desk, visit, done)
        return


async def _offender(desk: Desk, visit: Visit) -> int | None:
    prisoner = load_request(visit.request).prisoner
    while True:
        try:
            return await desk.nomis.find_offender(prisoner.number, prisoner.date_of_birth, _call(desk, visit))
        except Refused:
            return None
        except NomisError:
            await _wait(desk, visit)


async def _found(desk: Desk, visit: Visit, offender_id: int, reference: str) -> tuple[FoundVisit, ...]:
    """Raises `CannotAsk`."""
    while True:
        try:
            return await desk.nomis.find_by_reference(offender_id, reference, _call(desk, visit))
        except CannotAsk:
            raise
        except Refused:
            raise CannotAsk("refused") from None
        except NomisError:
            await _wait(desk, visit)


def _is_ours(visit: Visit, there: tuple[FoundVisit, ...], reference: str, slot: str) -> bool:
    """One scheduled visit at the slot of that choice, for as many visitors. The body that was sent is lost."""
    only = there[0]
    fits = only.slot.normal == slot and len({item.id for item in only.visitors}) == visit.party
    return len(there) == 1 and only.status == "SCH" and only.reference == reference and fits


async def _take_back(
    desk: Desk, visit: Visit, offender_id: int, choice: int, there: FoundVisit, tried: Attempt | None
) -> None:
    """Store the reference that was lost, or its POST, as one whose answer never came; settle it by what was found."""
    order = BookingOrder(
        offender_id=offender_id,
        prison=visit.nomis_prison,
        lead_contact=next((item.id for item in there.visitors if item.lead), 0),
        other_contacts=tuple(item.id for item in there.visitors if not item.lead),
        slot=there.slot.raw,
        reference=there.reference,
    )
    body = {
        "offender_id": offender_id,
        "prison": visit.nomis_prison,
        "slot": there.slot.normal,
        "slot_raw": order.slot,
        "party": visit.party,
        "adults": visit.adults,
        "body": dump_order(order),
        "baseline": dump_ids(()),
    }
    named = {"visit_id": visit.id, "reference": order.reference, "choice": choice, "acting_for": visit.acting_for}
    lost = [item for item in await attempts(desk, visit.id) if item.state is AttemptState.OPEN]
    change = Change(
        visit=visit,
        events=_TO_BOOKING.get(visit.step, ()),
        name="restored",
        lease=KEEP,
        values={"offender_id": offender_id, "doubt_since": visit.doubt_since or visit.now},
        opens={**named, **body} if tried is None else None,
        reposts=Repost(tried, AttemptEvent.REPOST, None if tried.posts else body) if tried is not None else None,
        # Whatever else was open is watched, since the visit is about to be settled without it.
        attempts=[AttemptWrite(item, None, {"look_at": visit.now, "looks": 0}) for item in lost],
    )
    moved = await commit(desk, change)
    assert moved is not None, "another process is at work: stop it, and start again"
    attempt: Attempt = change.written[0]
    await settle_found(desk, moved, attempt, None, Proof(there.visit_id, "reference"))


async def _to_staff(desk: Desk, visit: Visit, done: Restored) -> None:
    """Only where the machine would go on by itself: everything else is with staff already, or looks for itself."""
    current = await reload(desk, visit.id)
    if current.step in _JUDGED:
        await hand_over(desk, current, None, why=StaffWhy.IN_DOUBT, named=tuple(_references(current)))
        done.to_staff += 1


def _references(visit: Visit) -> list[str]:
    return [f"{visit.id}-{number}" for number in range(1, len(visit.choices) + 1)]


def _call(desk: Desk, visit: Visit) -> Call:
    return Call(visit.nomis_prison, desk.clock.monotonic() + desk.times.read_timeout)


async def _wait(desk: Desk, visit: Visit) -> None:
    await desk.clock.sleep(min(_PAUSE, desk.times.read_timeout / 4))
    await desk.nomis.probe(visit.nomis_prison, desk.clock.monotonic() + desk.times.read_timeout)
