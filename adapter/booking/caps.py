"""How much one prisoner's visitors, or one email address, may ask for: counted in the store, over all processes.

Only a *new* request is ever refused, before anything of it is stored. Whatever was accepted is answered, with every
message that belongs to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from adapter.store import crowding
from adapter.store.unit_of_work import Tx
from booking_rules.request import VisitRequest

Cap = Literal["open_requests", "emails"]


@dataclass(frozen=True, slots=True)
class Caps:
    """At most so many open requests for a prisoner, and emails to one address in 24 hours. 0: no such cap."""

    open_requests_per_prisoner: int = 0
    emails_per_address_and_day: int = 0

    async def take_turn(self, tx: Tx, request: VisitRequest) -> None:
        """From here on no other transaction counts for this address or prisoner. Comes first: one order for all."""
        if self.emails_per_address_and_day:
            await tx.lock(f"emails of {counted_address(request.email)}")
        if self.open_requests_per_prisoner:
            await tx.lock(f"requests for {request.prisoner.number}")

    async def exceeded(self, tx: Tx, request: VisitRequest, now: datetime) -> Cap | None:
        """Which cap the request that was just added exceeds. `now` is London wall time."""
        most = self.emails_per_address_and_day
        if most and await crowding.emails_today(tx, counted_address(request.email)) > most:
            return "emails"
        most, wall = self.open_requests_per_prisoner, now.strftime("%Y-%m-%dT%H:%M")
        if most and await crowding.open_requests(tx, request.prisoner.number, wall) > most:
            return "open_requests"
        return None


NO_CAPS = Caps()


def counted_address(email: str) -> str:
    """The mailbox that an address belongs to, as far as can be told: without case, and without a `+tag`."""
    name, _, domain = email.lower().rpartition("@")
    return f"{name.partition('+')[0] or name}@{domain}"
