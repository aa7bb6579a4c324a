"""The booking facade: what the JSON API, the staff pages and the reports may ask for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import date

from adapter.booking import arrive as arrivals
from adapter.booking.depart import depart
from adapter.booking.desk import Desk, Run
from adapter.booking.figures import Figures
from adapter.booking.health import Watchman
from adapter.booking.human_ids import as_human_id, as_visit_id
from adapter.booking.lookups import Lookups
from adapter.booking.outage import store_errors_told
from adapter.booking.present import view
from adapter.booking.saga import advance
from adapter.booking.tasks import SagaTasks
from adapter.booking.views import (
    Feedback,
    Fingerprints,
    Health,
    Mode,
    Offer,
    RequestVisit,
    SameKeyOtherBody,
    TooMany,
    VisitView,
)
from adapter.config import PrisonBook
from adapter.store import claims
from adapter.store import errors as store_errors
from adapter.store import visits as visit_rows
from adapter.store.idempotency import Earlier
from adapter.store.records import Visit
from booking_rules.lifecycle import Step
from booking_rules.prisons import Prison

_POLL, _LONGEST_POLL = 0.05, 0.3
"""Seconds between two looks at a visit that another process decides."""
_BEING_DECIDED = frozenset({Step.RECEIVED, Step.CHECKING, Step.BOOKING})


@dataclass(frozen=True, slots=True)
class Bookings:
    """Implements `BookingsPort` on a store and a prison system."""

    desk: Desk
    tasks: SagaTasks
    lookups: Lookups
    watchman: Watchman
    figures: Figures
    deciding: dict[str, asyncio.Task[Visit | None]] = field(default_factory=dict)

    async def request_visit(self, wanted: RequestVisit) -> VisitView | SameKeyOtherBody | TooMany:
        async with store_errors_told():
            arrived = await arrivals.arrive(self.desk, wanted)
            while isinstance(arrived, Earlier):
                answered = await self._same_again(arrived, wanted.fingerprints, wanted.deadline)
                if answered is not None:
                    return answered
                arrived = await arrivals.arrive(self.desk, wanted)  # its row is gone too, so the next try is another
            if isinstance(arrived, TooMany):
                return arrived
            if arrived.visit.step is Step.WAITING:
                return self._answered(arrived.visit)
            reads_until = wanted.deadline - self.desk.times.reply_margin
            run = self._run(arrived.holder, arrived.leased_at, reads_until, wanted.request_id)
        return self._answered(await self._advance_until(arrived.visit, run, wanted.deadline))

    def _answered(self, visit: Visit) -> VisitView:
        answer = self._view(visit)
        self.desk.counts.request_answered(answer.outcome.decision, answer.outcome.mode)
        return answer

    async def find_same(self, fingerprints: Fingerprints, deadline: float) -> VisitView | SameKeyOtherBody | None:
        async with store_errors_told():
            earlier = await arrivals.find_same(self.desk, fingerprints, deadline)
            if earlier is None:
                return None
            if earlier.kind == "same":
                try:
                    await arrivals.remember(self.desk, earlier.visit_id, fingerprints, deadline)
                except store_errors.Gone:
                    return None
            return await self._same_again(earlier, fingerprints, deadline)

    async def visit(self, id_text: str) -> VisitView | None:
        async with store_errors_told():
            visit = await self._load(id_text)
            return None if visit is None else self._view(visit)

    async def withdraw_or_cancel(self, id_text: str, deadline: float, request_id: str) -> VisitView | None:
        async with store_errors_told():
            visit = await self._load(id_text)
            if visit is None:
                return None
            try:
                left = await depart(self.desk, visit)
            except store_errors.Gone:
                return None
            if left.due_at is not None and not left.leased():
                self._take_up(left, deadline, request_id)
            return self._view(left)

    def prisons(self) -> PrisonBook:
        return self.desk.registry.current

    async def validate_prisoner(self, number: str, born: date, deadline: float) -> bool:
        self.tasks.start(self.figures.validated(), "figures")
        return await self.lookups.validate_prisoner(number, born, deadline)

    async def slots(self, prison: Prison, number: str, born: date, start: date, end: date, deadline: float) -> Offer:
        return await self.lookups.slots(prison, number, born, start, end, deadline)

    def mode(self, prison: Prison) -> Mode:
        return self.lookups.mode(prison)

    async def send_feedback(self, feedback: Feedback) -> None:
        async with store_errors_told():
            await self.lookups.send_feedback(feedback)

    async def health(self) -> Health:
        return await self.watchman.health()

    async def _same_again(
        self, earlier: Earlier, fingerprints: Fingerprints, deadline: float
    ) -> VisitView | SameKeyOtherBody | None:
        """None: the earlier visit was removed meanwhile, so this request is a new one."""
        if earlier.kind == "key" and earlier.body_hash != fingerprints.body:
            return SameKeyOtherBody()
        visit = await self._load(earlier.visit_id)
        if visit is None:
            return None
        return self._view(await self._wait_for_first(visit, deadline))

    async def _wait_for_first(self, visit: Visit, deadline: float) -> Visit:
        """Until the first request is decided, or the deadline; carry on with it where its process is dead."""
        if visit.step not in _BEING_DECIDED:
            return visit
        task = self.deciding.get(visit.id)
        if task is None:
            task = self.tasks.start(self._follow(visit, deadline), "follow")
            self._remember(visit.id, task)
        return await self._result_by(task, visit, deadline)

    async def _follow(self, visit: Visit, deadline: float) -> Visit:
        """Another process decides this visit: see what becomes of it, once for all who wait for it here."""
        until, pause = deadline - self.desk.times.reply_margin, _POLL
        while visit.step in _BEING_DECIDED:
            if not visit.leased() and (taken := await self._claim(visit)) is not None:
                return await advance(self.desk, *taken)
            if self.desk.clock.monotonic() + pause > until:
                return visit
            await self.desk.clock.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_POLL)
            visit = await self._load(visit.id) or visit
        return visit

    async def _claim(self, visit: Visit, deadline: float | None = None) -> tuple[Visit, Run] | None:
        holder, leased_at = self.desk.ids.holder(), self.desk.clock.monotonic()
        async with self.desk.store.write(deadline) as tx:
            claimed = await claims.claim(tx, visit.id, holder, self.desk.times.lease)
            await tx.commit()
        if claimed is None:
            return None
        until = (deadline or leased_at + self.desk.times.budget) - self.desk.times.reply_margin
        return claimed, self._run(holder, leased_at, until, "")

    def _take_up(self, visit: Visit, deadline: float, request_id: str) -> None:
        """Carry on with a departure at once, in the process's own time."""

        async def work() -> None:
            if (taken := await self._claim(visit)) is not None:
                claimed, run = taken
                far = self.desk.clock.monotonic() + self.desk.times.read_timeout
                await advance(self.desk, claimed, replace(run, reads_until=max(far, deadline), request_id=request_id))

        self.tasks.start(work(), "depart")

    async def _advance_until(self, visit: Visit, run: Run, deadline: float) -> Visit:
        """What has become of the visit by the deadline, as committed; the work goes on whatever the waiter does."""
        task = self.tasks.start(advance(self.desk, visit, run), "request")
        self._remember(visit.id, task)
        return await self._result_by(task, visit, deadline)

    def _remember(self, visit_id: str, task: asyncio.Task[Visit | None]) -> None:
        """Whoever sends the same request again waits for the same task."""
        self.deciding[visit_id] = task
        task.add_done_callback(lambda _: self.deciding.pop(visit_id, None))

    async def _result_by(self, task: asyncio.Task[Visit | None], visit: Visit, deadline: float) -> Visit:
        margin = self.desk.times.reply_margin
        done, _ = await asyncio.wait({task}, timeout=max(0.0, deadline - margin - self.desk.clock.monotonic()))
        if done and (result := task.result()) is not None:
            return result
        try:
            async with self.desk.store.read(deadline) as tx:
                return await visit_rows.load(tx, visit.id) or visit
        except store_errors.StoreUnavailable:
            return visit  # stored before: the answer is `requested`, and the work goes on

    def _run(self, holder: str, leased_at: float, reads_until: float, request_id: str) -> Run:
        return Run(holder, leased_at + self.desk.times.lease, reads_until, foreground=True, request_id=request_id)

    async def _load(self, id_text: str) -> Visit | None:
        async with self.desk.store.read() as tx:
            if (human_id := as_human_id(id_text)) is not None:
                return await visit_rows.load_by_human_id(tx, human_id)
            if (visit_id := as_visit_id(id_text)) is not None:
                return await visit_rows.load(tx, visit_id)
        return None

    def _view(self, visit: Visit) -> VisitView:
        return view(visit, self.desk.clock.now())
