"""References that had a POST without a usable answer are looked for until their slot, long after the visit moved on."""

from __future__ import annotations

from adapter.booking.codec import dump
from adapter.booking.desk import Desk, Run
from adapter.booking.ledger import KEEP, AttemptWrite, Change, attempts, commit, reload
from adapter.booking.letters import Letter
from adapter.booking.saga.evidence import Look, Shown, look_for
from adapter.booking.saga.found import Proof, is_this_booking, settle_found
from adapter.booking.saga.leave import take_out_stray
from adapter.clock import instant
from adapter.log import events, get_logger
from adapter.log.errors import classes, places
from adapter.store import attempts as attempt_rows
from adapter.store import visits as visit_rows
from adapter.store.errors import Gone, StoreUnavailable
from adapter.store.records import Attempt, Visit
from booking_rules.lifecycle import MACHINE_STEPS, AttemptEvent, AttemptState, Step
from booking_rules.slots import Slot
from nomis_client import CancelAnswer
from notifier import MessageKind

_log = get_logger()
_AFTER = (600.0, 3600.0, 6 * 3600.0, 86_400.0)
"""Seconds from one look to the next; the last one repeats until the slot."""
_RETRY = 10.0
_FINISHED = (AttemptState.REMOVED, AttemptState.GONE, AttemptState.LEFT)
_GONE = (CancelAnswer.CANCELLED, CancelAnswer.ALREADY_CANCELLED)
_LATER = (CancelAnswer.LOCKED, CancelAnswer.IN_TRANSIT)


class Watch:
    """One per process; each reference is looked for by one process at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def claim(self, limit: int) -> list[Attempt]:
        async with self._desk.store.write() as tx:
            found = await attempt_rows.claim_looks(tx, limit, self._desk.times.lease)
            if found:
                await tx.commit()
        return found

    async def look(self, attempt: Attempt) -> None:
        """One look for one reference, and what follows from it. Raises `StoreUnavailable`, and nothing else.

        A reference that can't be looked for is tried again and again, and keeps no other one waiting.
        """
        try:
            await self._look(attempt)
        except StoreUnavailable:
            raise
        except Gone:
            _log.info(events.VISIT_GONE, kind="watch")
        except Exception as error:
            frames = places(error)
            _log.error(events.WORK_FAILED, kind="watch", visit=attempt.visit_id, error=classes(error), frames=frames)

    async def _look(self, attempt: Attempt) -> None:
        desk = self._desk
        visit = await reload(desk, attempt.visit_id)
        if visit.step in MACHINE_STEPS and attempt.state is AttemptState.OPEN:
            await self._again(visit, attempt, _RETRY * 6)  # the saga looks for it by itself
            return
        if attempt.state in _FINISHED or (attempt.state is AttemptState.HELD and visit.step is Step.BOOKED):
            await self._schedule(attempt, None)
            return
        run = Run(
            holder="",
            lease_until=0.0,
            reads_until=desk.clock.monotonic() + desk.times.read_timeout,
            foreground=False,
        )
        if attempt.state in (AttemptState.HELD, AttemptState.STRAY, AttemptState.REMOVING):
            await self._take_out(visit, attempt, run)
            return
        seen = await look_for(desk, visit, attempt, run)
        await self._act(visit, attempt, seen, run)

    async def _act(self, visit: Visit, attempt: Attempt, seen: Look, run: Run) -> None:
        match seen.shown:
            case Shown.OURS if seen.nomis_visit_id is not None:
                await settle_found(self._desk, visit, attempt, run, Proof(seen.nomis_visit_id, seen.by))
                self._desk.waker.notify()
            case Shown.CANDIDATE if seen.nomis_visit_id is not None:
                await self._unproven(visit, attempt, seen.nomis_visit_id)
            case Shown.AWAY:
                await self._schedule(attempt, _RETRY)
            case _:
                await self._next(visit, attempt)

    async def _next(self, visit: Visit, attempt: Attempt) -> None:
        """Not found: later and later, until the slot has begun."""
        left = (Slot.parse(attempt.slot).begins_at() - instant(visit.now)).total_seconds()
        pause = _AFTER[min(attempt.looks, len(_AFTER) - 1)]
        await self._schedule(attempt, pause if left > 0 else None, attempt.looks + 1)

    async def _unproven(self, visit: Visit, attempt: Attempt, nomis_visit_id: int) -> None:
        """A new visit stands at that slot, and nothing proves that it is ours: staff are told once."""
        if await self._was_told(visit, attempt, nomis_visit_id):
            await self._next(visit, attempt)
            return
        seen: dict[str, object] = {"candidate_id": nomis_visit_id}
        if attempt.exists_shown and attempt.candidate_id != nomis_visit_id:
            seen["duplicate_at"] = visit.now  # the single id must be seen for `read_lag`
        await self._tell(visit, attempt, "unproven", AttemptWrite(attempt, None, seen), nomis_visit_id)

    async def _was_told(self, visit: Visit, attempt: Attempt, nomis_visit_id: int) -> bool:
        """Whether we said so before. That the saga had seen this visit is another thing."""
        async with self._desk.store.read() as tx:
            history = await visit_rows.history(tx, visit.id)
        about = _about(attempt, nomis_visit_id)
        return any(row.event == "unproven" and row.detail == about for row in history)

    async def _take_out(self, visit: Visit, attempt: Attempt, run: Run) -> None:
        """Booked there, and its visit doesn't want it: cancel it, and tell staff."""
        desk = self._desk
        if attempt.state is not AttemptState.STRAY and _goes_with(visit, attempt):
            await self._schedule(attempt, None)
            return
        if attempt.state is AttemptState.STRAY and is_this_booking(visit, attempt, attempt.nomis_visit_id):
            await self._attach(visit, attempt)
            return
        if attempt.state is not AttemptState.REMOVING:
            change = Change(
                visit=visit,
                name="removing",
                lease=KEEP,
                attempts=(AttemptWrite(attempt, AttemptEvent.REMOVE, {"removing_since": visit.now}),),
            )
            moved = await commit(desk, change)
            if moved is None:
                await self._again(visit, attempt, 1.0)
                return
            visit, attempt = moved, change.written[0]
        answer = await take_out_stray(desk, visit, attempt, run)
        if answer in _GONE:
            await self._tell(visit, attempt, "stray_removed", AttemptWrite(attempt, AttemptEvent.REMOVED))
        elif answer is None or answer in _LATER:
            waited = (visit.now - (attempt.removing_since or visit.now)) / 1e6
            if waited < desk.times.cancel_handover_after:
                await self._schedule(attempt, _RETRY)
            else:
                await self._tell(visit, attempt, "stray_left", AttemptWrite(attempt, AttemptEvent.GIVE_UP))
        else:
            await self._tell(visit, attempt, "stray_left", AttemptWrite(attempt, AttemptEvent.GIVE_UP))

    async def _attach(self, visit: Visit, attempt: Attempt) -> None:
        """It was given up for absent, and is the very booking that staff have told us of."""
        change = Change(
            visit=visit,
            name="attached",
            lease=KEEP,
            values={"nomis_visit_id": attempt.nomis_visit_id, "slot_raw": attempt.slot_raw},
            attempts=(AttemptWrite(attempt, AttemptEvent.ATTACH, {"look_at": None}),),
            detail=_about(attempt, attempt.nomis_visit_id),
        )
        if await commit(self._desk, change) is None:
            await self._again(visit, attempt, 1.0)

    async def _tell(
        self, visit: Visit, attempt: Attempt, drift: str, write: AttemptWrite, nomis_visit_id: int | None = None
    ) -> None:
        desk = self._desk
        letter = Letter(
            kind=MessageKind.STAFF_DRIFT,
            drift=drift,
            references=(attempt.reference,),
            may_be_booked=drift != "stray_removed",
        )
        change = Change(
            visit=visit,
            name=drift,
            lease=KEEP,
            attempts=(write,),
            letters=(letter,),
            detail=_about(attempt, nomis_visit_id),
        )
        if await commit(desk, change) is None:
            await self._again(visit, attempt, 1.0)
            return
        desk.counts.drift_seen("watch", drift)
        _log.warning(events.DRIFT_FOUND, visit=visit.id, reason=drift)
        if write.event is None:
            await self._next(visit, change.written[0])
        else:
            await self._schedule(attempt, None)

    async def _again(self, visit: Visit, attempt: Attempt, seconds: float) -> None:
        for current in await attempts(self._desk, visit.id):
            if current.id == attempt.id:
                await self._schedule(current, seconds)

    async def _schedule(self, attempt: Attempt, seconds: float | None, looks: int | None = None) -> None:
        async with self._desk.store.write() as tx:
            await attempt_rows.schedule_look(tx, attempt, seconds, attempt.looks if looks is None else looks)
            await tx.commit()


def _goes_with(visit: Visit, attempt: Attempt) -> bool:
    """Whether its visit, on its way out, takes it out by itself. Nobody else does that for one that it didn't hold."""
    if visit.step is Step.CANCELLING:
        return attempt.nomis_visit_id == visit.nomis_visit_id
    return visit.step is Step.WITHDRAWING


def _about(attempt: Attempt, nomis_visit_id: int | None) -> str:
    """What a note of the watch is about, as the history keeps it."""
    which = {} if nomis_visit_id is None else {"nomis_visit_id": nomis_visit_id}
    return dump({"reference": attempt.reference, **which})
