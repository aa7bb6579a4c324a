"""A new visit in a store, without any request."""

from __future__ import annotations

from adapter.store import visits as visit_rows
from adapter.store.records import Visit
from adapter.store.unit_of_work import Store
from adapter.store.visits import Happened, LeaseTerms
from booking_rules.lifecycle import Event

HOLDER = LeaseTerms(holder="someone", seconds=40.0)
ASKED: dict[str, object] = {
    "id": "0b8f5b1e-4d2a-4c66-9d52-d0a2a4b1c001",
    "human_id": "ABCDEFG1",
    "prison_id": "d62cea22-31f6-4499-90c9-a3d3d2ea6f95",
    "prison_key": "LEI",
    "nomis_prison": "LEI",
    "mailbox": "leeds@example.org",
    "language": "en",
    "noms_id": "A1410AE",
    "request": "{}",
    "email": "nora@example.org",
    "slot1": "2026-12-09T14:00/16:00",
    "party": 2,
    "adults": 1,
    "confirm_by": "2026-12-03",
    "outcome": "{}",
    "find_by_ref": False,
}
"""What has to be said of a visit."""


async def added(store: Store, *events: Event, lease: LeaseTerms = HOLDER, **values: object) -> Visit:
    """Stores it, with what happens to it at once."""
    happened = [Happened(event, '{"so": 1}') for event in events]
    async with store.write() as tx:
        visit = await visit_rows.add(tx, {**ASKED, **values}, lease, 60.0, "visitor", happened)
        await tx.commit()
    return visit
