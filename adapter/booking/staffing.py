"""The facade of the staff pages: what staff see, and what they may do."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import date
from typing import Any

from adapter.booking import staffing_answers, staffing_book, staffing_queries
from adapter.booking.desk import Desk
from adapter.booking.outage import store_errors_told
from adapter.booking.staffing_prison import PrisonAnswers
from adapter.booking.staffing_views import (
    BookedByHand,
    Done,
    Member,
    NotDone,
    Order,
    PrisonAnswer,
    Queue,
    Rejection,
    Result,
    StaffRequest,
    UnderWay,
    Why,
)
from adapter.booking.tasks import SagaTasks
from adapter.booking.views import StoreUnavailable


@dataclass(frozen=True, slots=True)
class Staffing:
    """Implements `StaffDesk` on a store and a prison system.

    What touches the prison system runs in a task of the process: a browser that hangs up stops nothing half way.
    """

    desk: Desk
    tasks: SagaTasks
    answers: PrisonAnswers

    async def request(self, visit_id: str) -> StaffRequest | None:
        async with store_errors_told():
            return await staffing_queries.request(self.desk, visit_id)

    async def prison_answer(self, request: StaffRequest, *, ask: bool, by: Member | None) -> PrisonAnswer | None:
        return await self.answers.now(request.id, request.prison_id, ask=ask, by=by)

    async def queue(self, prison_id: str) -> Queue | None:
        async with store_errors_told():
            return await staffing_queries.queue(self.desk, prison_id)

    def today(self) -> date:
        return self.desk.today()

    async def start(self, order: Order) -> Result:
        return await self._carried_out(order, staffing_answers.start(self.desk, order))

    async def release(self, order: Order) -> Result:
        return await self._carried_out(order, staffing_answers.release(self.desk, order))

    async def write(self, order: Order, message: str) -> Result:
        return await self._carried_out(order, staffing_answers.write(self.desk, order, message))

    async def book(self, order: Order, slot: str, message: str) -> Result:
        return await self._carried_out(order, staffing_book.book(self.desk, order, slot, message))

    async def booked_by_hand(self, order: Order, booked: BookedByHand) -> Result:
        return await self._carried_out(order, staffing_answers.booked_by_hand(self.desk, order, booked))

    async def reject(self, order: Order, rejection: Rejection) -> Result:
        return await self._carried_out(order, staffing_answers.reject(self.desk, order, rejection))

    async def cancel(self, order: Order, reason: str, message: str) -> Result:
        return await self._carried_out(order, staffing_answers.cancel(self.desk, order, reason, message))

    async def take_out(self, order: Order, slot: str, nomis_visit_id: int) -> Result:
        return await self._carried_out(order, staffing_answers.take_out(self.desk, order, slot, nomis_visit_id))

    async def _carried_out(self, order: Order, work: Coroutine[Any, Any, Result]) -> Result:
        """What came of it, or that it is under way, once a person has waited long enough."""
        times = self.desk.times
        task = self.tasks.start(_telling(work), "staff")
        done, _ = await asyncio.wait({task}, timeout=times.book_timeout + 2 * times.read_timeout)
        if not done:
            return UnderWay()
        result = task.result()
        if result is None:
            return NotDone(Why.CHANGED)  # our own failure, logged: the page shows how it stands now
        if isinstance(result, StoreUnavailable):
            raise result
        if isinstance(result, Done):
            self.answers.forget(order.visit_id)
        return result


async def _telling(work: Coroutine[Any, Any, Result]) -> Result | StoreUnavailable:
    """An outage of the store is told to the person who waits; every other error is the task's own to log."""
    try:
        async with store_errors_told():
            return await work
    except StoreUnavailable as error:
        return error
