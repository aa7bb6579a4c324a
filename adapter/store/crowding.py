"""How much of the service one prisoner's visitors, or one email address, already take up."""

from __future__ import annotations

from sqlalchemy import String, and_, func, or_, select

from adapter.store.shapes import Shape, parameter
from adapter.store.tables import outbox, visits
from adapter.store.unit_of_work import Tx
from adapter.store.visits import micros
from booking_rules.lifecycle import PUBLIC_STATE, PublicState, Step

_OPEN = tuple(step for step in Step if PUBLIC_STATE[step] is PublicState.REQUESTED)
_DAY = 86_400.0


async def open_requests(tx: Tx, noms_id: str, now: str) -> int:
    """Requests for this prisoner that aren't answered yet and still can be: a choice of theirs begins after `now`
    (London wall time, as slots begin)."""
    (row,) = await tx.run(_OPEN_REQUESTS, {"noms_id": noms_id, "now": now})
    return int(row["open"])


async def emails_today(tx: Tx, email: str) -> int:
    """Messages to the visitors with this address (as `visits.email` has it) in the last 24 hours, sent or to be sent.

    A request that has no message yet counts as the one that it will get.
    """
    (row,) = await tx.run(_EMAILS, {"email": email})
    return int(row["written"]) + int(row["promised"])


_AHEAD = or_(*(slot > parameter("now", String()) for slot in (visits.c.slot1, visits.c.slot2, visits.c.slot3)))
_OPEN_COUNT = func.count().label("open")
_OPEN_REQUESTS = Shape(
    select(_OPEN_COUNT).where(visits.c.noms_id == parameter("noms_id", String()), visits.c.step.in_(_OPEN), _AHEAD),
    (_OPEN_COUNT,),
)

_TO_VISITOR = and_(outbox.c.visit_id == visits.c.id, outbox.c.audience == "visitor", outbox.c.state != "superseded")
_OF_ADDRESS = visits.c.email == parameter("email", String())
_WRITTEN = (
    select(func.count())
    .select_from(visits.join(outbox, _TO_VISITOR))
    .where(_OF_ADDRESS, outbox.c.created_at > Tx.now - micros(_DAY))
    .scalar_subquery()
    .label("written")
)
_PROMISED = (
    select(func.count())
    .where(_OF_ADDRESS, visits.c.step.in_(_OPEN), ~select(outbox.c.id).where(_TO_VISITOR).exists())
    .scalar_subquery()
    .label("promised")
)
_EMAILS = Shape(select(_WRITTEN, _PROMISED), (_WRITTEN, _PROMISED))
