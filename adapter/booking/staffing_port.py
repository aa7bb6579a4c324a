"""What the staff pages may ask of the bookings."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from adapter.booking.staffing_views import (
    BookedByHand,
    Member,
    Order,
    PrisonAnswer,
    Queue,
    Rejection,
    Result,
    StaffRequest,
)


class StaffDesk(Protocol):
    """Queries change nothing. Commands are carried out whole, if the visit still is as the order says, or not at all.

    All raise `adapter.booking.views.StoreUnavailable` when the store can't be reached.
    """

    async def request(self, visit_id: str) -> StaffRequest | None: ...

    async def prison_answer(self, request: StaffRequest, *, ask: bool, by: Member | None) -> PrisonAnswer | None:
        """What the prison system says now, if it answers at once; else what it said last, else None.

        With `ask` it is asked in the background, at most every few seconds for each visit; for whom we don't know
        (`by` is None) at most every few seconds for each prison.
        """
        ...

    async def queue(self, prison_id: str) -> Queue | None:
        """What waits for the staff of a prison; None for one that isn't known."""
        ...

    def today(self) -> date:
        """The date in London."""
        ...

    async def start(self, order: Order) -> Result:
        """Claim it for a while."""
        ...

    async def release(self, order: Order) -> Result:
        """Give a claim back before it ends by itself, so that a colleague can start."""
        ...

    async def write(self, order: Order, message: str) -> Result:
        """A message to the visitor; the request stays with staff."""
        ...

    async def book(self, order: Order, slot: str, message: str) -> Result:
        """Book it in the prison system for staff, at one slot, under all the rules."""
        ...

    async def booked_by_hand(self, order: Order, booked: BookedByHand) -> Result: ...

    async def reject(self, order: Order, rejection: Rejection) -> Result: ...

    async def cancel(self, order: Order, reason: str, message: str) -> Result:
        """Cancel a booked visit; `reason` is one of `STAFF_CANCELLATION_REASONS`."""
        ...

    async def take_out(self, order: Order, slot: str, nomis_visit_id: int) -> Result:
        """Cancel in the prison system what staff had booked by hand for a request that is withdrawn."""
        ...
