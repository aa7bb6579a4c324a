"""Booked visits that lie ahead are compared with the prison system again and again; differences are told to staff."""

from __future__ import annotations

from datetime import date

from adapter.booking.codec import dump, load_order, load_request
from adapter.booking.desk import Desk, Run
from adapter.booking.ledger import KEEP, Change, attempts, commit, reload
from adapter.booking.letters import Letter
from adapter.log import events, get_logger
from adapter.store import claims
from adapter.store.records import Attempt, Visit
from booking_rules.lifecycle import AttemptState, Step
from nomis_client import Call, CannotAsk, FoundVisit, NomisError, Refused
from notifier import MessageKind

_log = get_logger()


class Reconciler:
    """One per process; each visit is looked at by one process per period."""

    def __init__(self, desk: Desk, period: float) -> None:
        self._desk = desk
        self._period = period

    async def claim(self, limit: int) -> list[Visit]:
        """Booked visits ahead that were last compared more than a period ago."""
        tomorrow = self._desk.today().isoformat() + "U"  # sorts behind every slot of today
        async with self._desk.store.write() as tx:
            found = await claims.claim_unchecked(tx, tomorrow, self._period, limit)
            if found:
                await tx.commit()
        return found

    async def compare(self, visit: Visit) -> None:
        """Tell staff once if the visit isn't there as we hold it. A read may be old, so a difference is seen twice."""
        drift = await self._difference(visit)
        if drift is None or visit.drift is not None:
            return
        await self._desk.clock.sleep(self._desk.times.read_lag)
        visit = await reload(self._desk, visit.id)
        if visit.step is not Step.BOOKED or visit.drift is not None or await self._difference(visit) != drift:
            return
        change = Change(
            visit=visit,
            name="drift_found",
            lease=KEEP,
            values={"drift": drift},
            letters=(Letter(kind=MessageKind.STAFF_DRIFT, drift=drift, references=await self._references(visit)),),
            detail=dump({"drift": drift}),
        )
        if await commit(self._desk, change) is not None:
            self._desk.counts.drift_seen("reconcile", drift)
            _log.warning(events.DRIFT_FOUND, visit=visit.id, reason=drift)

    async def _difference(self, visit: Visit) -> str | None:
        """A code for what differs; None if nothing does, or it can't be asked now."""
        desk = self._desk
        if visit.offender_id is None or visit.slot_granted is None or visit.nomis_visit_id is None:
            return None
        call = desk.call(visit, Run("", 0.0, desk.clock.monotonic() + desk.times.read_timeout, foreground=False))
        held = [item for item in await attempts(desk, visit.id) if item.state is AttemptState.HELD]
        try:
            if held and desk.nomis.finds_by_reference:
                found = await self._by_reference(visit, held[0], call)
                if found is not None:
                    return found or await self._moved(visit, call)
            return await self._by_existing(visit, call) or await self._moved(visit, call)
        except Refused as refusal:
            return await self._released(visit, call) if refusal.reason == "no_such_offender" else None
        except NomisError:
            return None

    async def _by_reference(self, visit: Visit, held: Attempt, call: Call) -> str | None:
        """Empty: as we hold it. None: the reference shows nothing, which proves nothing by itself."""
        try:
            found = await self._desk.nomis.find_by_reference(held.offender_id, held.reference, call)
        except (CannotAsk, Refused):
            return None
        if len(found) != 1:
            return None
        return _compare(visit, held, found[0])

    async def _by_existing(self, visit: Visit, call: Call) -> str | None:
        assert visit.offender_id is not None
        assert visit.slot_granted is not None
        day = date.fromisoformat(visit.slot_granted[:10])
        days = await self._desk.nomis.unavailability(visit.offender_id, [day], call)
        if day not in days:
            return None
        for item in days[day].existing_visits:
            if item.id == visit.nomis_visit_id:
                return None if item.slot.normal == visit.slot_granted else "moved"
        return "missing"

    async def _moved(self, visit: Visit, call: Call) -> str | None:
        """The prisoner may have been transferred between the last check and the booking."""
        assert visit.noms_id is not None
        location = await self._desk.nomis.location(visit.noms_id, call)
        return None if location.prison == visit.nomis_prison else "prisoner_moved"

    async def _released(self, visit: Visit, call: Call) -> str | None:
        """The prisoner isn't known any more. That counts only where the look-up, too, says so."""
        prisoner = load_request(visit.request).prisoner
        try:
            found = await self._desk.nomis.find_offender(prisoner.number, prisoner.date_of_birth, call)
        except NomisError:
            return None
        return "prisoner_released" if found is None else None

    async def _references(self, visit: Visit) -> tuple[str, ...]:
        return tuple(item.reference for item in await attempts(self._desk, visit.id))


def _compare(visit: Visit, held: Attempt, found: FoundVisit) -> str:
    order = load_order(held.body)
    if found.visit_id != visit.nomis_visit_id or found.status == "CANC":
        return "cancelled"
    if found.slot.normal != visit.slot_granted:
        return "moved"
    if {item.id for item in found.visitors} != {order.lead_contact, *order.other_contacts}:
        return "other_party"
    return ""
