"""Whether our own other requests leave room for this booking: first come, first served, and never one too many."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from adapter.booking.desk import Desk
from adapter.booking.facts import Gathered
from adapter.store.records import Visit
from adapter.store.rivals import Claimants, claims_at
from adapter.store.unit_of_work import Tx
from booking_rules.decision import Book
from booking_rules.facts import OfferedSlot, Unknown


def room_for(desk: Desk, visit: Visit, verdict: Book, known: Gathered) -> Callable[[Tx], Awaitable[bool]]:
    """A look inside the transaction that commits the reference.

    The prison system lets one group too many in, and its answer about the room may be `read_lag` old: bookings of ours
    that it may not have counted are added. Earlier requests for the slot come first where there isn't room for all.
    """
    slot, raw = str(verdict.slot), str(verdict.raw)
    offered = () if isinstance(known.facts.slots, Unknown) else known.facts.slots
    same_time = [item for item in offered if str(item.normal) == slot]
    the_room = [item for item in same_time if str(item.raw) == raw]
    mine = Claimants(1, visit.party + 1, visit.adults + 1)
    since = known.asked_at - int(desk.times.read_lag * 1_000_000)

    async def enough(tx: Tx) -> bool:
        await tx.lock(f"{visit.nomis_prison}/{slot}")
        ours = await claims_at(tx, visit, slot, since)
        if not _fits(ours.unsettled.in_room(raw) + mine, the_room):
            return False
        return not ours.earlier.groups or _fits(ours.unsettled.everywhere() + ours.earlier + mine, same_time)

    return enough


def _fits(wanted: Claimants, rooms: Iterable[OfferedSlot]) -> bool:
    groups = visitors = adults = 0
    for item in rooms:
        groups += item.max_groups - item.groups_booked
        visitors += item.capacity - item.visitors_booked
        adults += item.max_adults - item.adults_booked
    return wanted.groups <= groups and wanted.visitors <= visitors and wanted.adults <= adults
