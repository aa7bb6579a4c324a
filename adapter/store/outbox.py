"""Messages that must leave. A row is written with the fact that causes it and holds the bytes that leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from sqlalchemy import BigInteger, Boolean, Integer, String, false, or_, select, true, update
from sqlalchemy.orm import aliased

from adapter.store.records import OutboxRow, as_message, columns
from adapter.store.shapes import NOW, Shape, change, chosen, insertion, parameter
from adapter.store.tables import outbox
from adapter.store.unit_of_work import Tx
from adapter.store.visits import later


async def put(tx: Tx, rows: Sequence[Mapping[str, object]]) -> None:
    """Queue messages, to leave at once, in this order."""
    for row in rows:
        await tx.run(*insertion(outbox, {"state": "queued", "tries": 0, "asked": False, **row}, ()))


async def supersede(tx: Tx, visit_id: str, kinds: Sequence[str]) -> set[str]:
    """Withdraw unsent messages that a new fact made untrue; returns the kinds that now never leave.

    A message that is being sent, or whose sending ended without an answer, may have arrived: it stays.
    """
    given = {f"kind_{number}": kind for number, kind in enumerate(kinds)}
    rows = await tx.run(_supersede(len(kinds)), {"visit_id": visit_id, **given})
    return {row["kind"] for row in rows}


async def claim_due(
    tx: Tx,
    holder: str,
    seconds: float,
    limit: int,
    *,
    not_to: Sequence[str] = (),
    not_for: Sequence[str] = (),
    in_order: bool = True,
) -> list[OutboxRow]:
    """Claim messages that may leave now: the first unsent of their visit and audience, oldest first.

    None to the recipients `not_to`, none for the audiences `not_for`. A claim that ends without an outcome (a process
    died) marks the message as perhaps sent.
    """
    given = {"holder": holder, "lease": later(seconds).micros, "limit": limit}
    stay = {f"not_to_{number}": recipient for number, recipient in enumerate(not_to)}
    stay |= {f"not_for_{number}": audience for number, audience in enumerate(not_for)}
    rows = await tx.fetch(_claim_due(len(not_to), len(not_for), in_order), {**given, **stay})
    return sorted((as_message(row) for row in rows), key=lambda row: row.id)


async def settle(tx: Tx, row: OutboxRow, holder: str, state: str, error: str | None = None) -> bool:
    """Record that a message left (`sent`) or never will (`dead`)."""
    held = {"id": row.id, "lease_holder": holder, "state": "queued"}
    values = {
        "state": state,
        "sent_at": NOW if state == "sent" else None,
        "last_error": error,
        "lease_holder": None,
        "lease_until": None,
    }
    return bool(await tx.run(*change(outbox, held, values, ("id",))))


async def put_off(tx: Tx, row: OutboxRow, holder: str, seconds: float, error: str, asked: bool) -> bool:
    """Record a try that failed; the message leaves in `seconds` at the earliest."""
    given = {"id": row.id, "holder": holder, "pause": later(seconds).micros, "error": error, "asked": asked}
    return bool(await tx.run(_PUT_OFF, given))


async def of_visit(tx: Tx, visit_id: str) -> list[OutboxRow]:
    return [as_message(row) for row in await tx.fetch(_OF_VISIT, {"visit_id": visit_id})]


_WHOLE = columns(OutboxRow, outbox)
_FREE = or_(outbox.c.lease_until.is_(None), outbox.c.lease_until < Tx.now)
_OF_VISIT = Shape(
    select(*_WHOLE).where(outbox.c.visit_id == parameter("visit_id", String())).order_by(outbox.c.id), _WHOLE
)


_PUT_OFF = Shape(
    update(outbox)
    .where(
        outbox.c.id == parameter("id", outbox.c.id.type),
        outbox.c.lease_holder == parameter("holder", String()),
        outbox.c.state == "queued",
    )
    .values(
        not_before=Tx.now + parameter("pause", BigInteger()),
        last_error=parameter("error", outbox.c.last_error.type),
        asked=or_(outbox.c.asked, parameter("asked", Boolean())),
        lease_holder=None,
        lease_until=None,
    )
    .returning(outbox.c.id),
    (outbox.c.id,),
)


@cache
def _supersede(count: int) -> Shape:
    return Shape(
        update(outbox)
        .where(
            outbox.c.visit_id == parameter("visit_id", String()),
            or_(false(), *(outbox.c.kind == parameter(f"kind_{number}", String()) for number in range(count))),
            outbox.c.state == "queued",
            outbox.c.asked.is_(False),
            outbox.c.lease_holder.is_(None),
        )
        .values(state="superseded")
        .returning(outbox.c.kind),
        (outbox.c.kind,),
    )


@cache
def _claim_due(not_to: int, not_for: int, in_order: bool) -> Shape:
    before = aliased(outbox)
    first = ~(
        select(before.c.id)
        .where(
            before.c.visit_id == outbox.c.visit_id,
            before.c.audience == outbox.c.audience,
            before.c.recipient == outbox.c.recipient,
            before.c.state == "queued",
            before.c.id < outbox.c.id,
        )
        .exists()
    )
    leave = (
        *(outbox.c.recipient != parameter(f"not_to_{number}", String()) for number in range(not_to)),
        *(outbox.c.audience != parameter(f"not_for_{number}", String()) for number in range(not_for)),
        first if in_order else true(),
    )
    due = (
        select(outbox.c.id)
        .where(outbox.c.state == "queued", outbox.c.not_before <= Tx.now, _FREE, *leave)
        .order_by(outbox.c.not_before, outbox.c.id)
        .limit(parameter("limit", Integer()))
        .with_for_update(skip_locked=True)  # SQLite needs and knows no such thing
    )
    return Shape(
        update(outbox)
        .where(outbox.c.id.in_(chosen(due)), outbox.c.state == "queued", _FREE)
        .values(
            asked=or_(outbox.c.asked, outbox.c.lease_holder.is_not(None)),
            lease_holder=parameter("holder", String()),
            lease_until=Tx.now + parameter("lease", BigInteger()),
            tries=outbox.c.tries + 1,
        )
        .returning(*_WHOLE),
        _WHOLE,
    )
