"""What the service keeps about one person, found by their email address: written out, or removed at their wish."""

from __future__ import annotations

import email as mime
import email.policy
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from adapter.booking.codec import parse_request
from adapter.booking.depart import depart
from adapter.booking.desk import Desk
from adapter.booking.figures import count
from adapter.booking.ledger import attempts
from adapter.booking.retention import tidy_up
from adapter.clock import instant
from adapter.log import events, get_logger
from adapter.store import outbox as outbox_rows
from adapter.store import purge as purge_rows
from adapter.store import visits as visit_rows
from adapter.store.errors import Gone
from adapter.store.leftovers import LeftOver
from adapter.store.records import Attempt, EventRow, OutboxRow, Visit
from booking_rules.lifecycle import PUBLIC_STATE, PublicState

_log = get_logger()
_OURS = frozenset({"mark", "lease_holder", "lease_until", "due_at", "claims", "shape", "now"})
"""Columns that say something about our work, not about a person."""
_INSTANTS = ("_at", "_since", "_until", "not_before")

Exported = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Erased:
    """`removed`: gone for good. `ending`: withdrawn, to be removed once that is finished: erase again. `ahead`: booked
    visits that lie ahead; they stay until they are cancelled or over. `feedback`: messages about the site removed.
    `left`: why something of it may still be in the database's files.
    """

    removed: int
    ending: int
    ahead: int
    feedback: int
    left: frozenset[LeftOver]


async def export(desk: Desk, address: str) -> list[Exported]:
    """Every visit requested with this address, with its history, references and messages, as JSON-able values."""
    found = [await _everything(desk, visit) for visit in await _visits_of(desk, address)]
    found.extend({"feedback": row[1].decode(errors="replace")} for row in await _feedback_of(desk, address))
    _log.info(events.SUBJECT_EXPORTED, count=len(found))
    return found


async def erase(desk: Desk, address: str) -> Erased:
    """Withdraw what is open, then remove all that may go. Doing it again goes on where it stopped.

    Raises `StoreUnavailable`.
    """
    found = await _visits_of(desk, address)
    for visit in found:
        if PUBLIC_STATE[visit.step] is PublicState.REQUESTED:
            with suppress(Gone):
                await depart(desk, visit)
    removed = 0
    for visit in found:
        async with desk.store.write() as tx:
            mine = await purge_rows.lock_erasable(tx, [visit.id], desk.today().isoformat())
            if mine:
                await count(tx, 1, desk.times.budget, mine)
                await purge_rows.remove(tx, mine)
                await tx.commit()
        removed += len(mine)
    feedback = [row[0] for row in await _feedback_of(desk, address)]
    async with desk.store.write() as tx:
        gone = await purge_rows.remove_feedback(tx, feedback)
        await tx.commit()
    left = await _visits_of(desk, address)
    ahead = sum(PUBLIC_STATE[visit.step] is PublicState.BOOKED for visit in left)
    _log.info(events.SUBJECT_ERASED, count=removed)
    return Erased(removed, len(left) - ahead, ahead, gone, await tidy_up(desk))


async def _visits_of(desk: Desk, address: str) -> list[Visit]:
    wanted = address.strip().casefold()
    async with desk.store.read(long=True) as tx:
        requests = await purge_rows.requests_with(tx, wanted)
        mine = [visit_id for visit_id, text in requests if parse_request(text).email.casefold() == wanted]
        found = [await visit_rows.load(tx, visit_id) for visit_id in mine]
    return [visit for visit in found if visit is not None]


async def _feedback_of(desk: Desk, address: str) -> list[tuple[int, bytes]]:
    wanted = address.strip().casefold()
    async with desk.store.read(long=True) as tx:
        return [row for row in await purge_rows.feedback(tx) if _mentions(row[1], wanted)]


def _mentions(payload: bytes, wanted: str) -> bool:
    """The whole address, as it stands there or in a part of a mail, however that is encoded; not a longer one."""
    if "@" not in wanted:
        return False  # a name, say, which others have too
    whole = re.compile(rf"(?<![\w.+-]){re.escape(wanted)}(?!\.?[\w-])")
    if whole.search(payload.decode(errors="replace").casefold()):
        return True
    parts = mime.message_from_bytes(payload, policy=email.policy.default).walk()
    texts = (part.get_content() for part in parts if part.get_content_maintype() == "text")
    return any(whole.search(str(text).casefold()) for text in texts)


async def _everything(desk: Desk, visit: Visit) -> Exported:
    async with desk.store.read(long=True) as tx:
        history = await visit_rows.history(tx, visit.id)
        messages = await outbox_rows.of_visit(tx, visit.id)
    return {
        "visit": _shown(visit),
        "history": [{**_shown(row), "who": row.who.partition(":")[0]} for row in history],
        "references": [_shown(row) for row in await attempts(desk, visit.id)],
        "messages": [{**_shown(row), "payload": row.payload.decode(errors="replace")} for row in messages],
    }


def _shown(row: Visit | Attempt | EventRow | OutboxRow) -> dict[str, object]:
    return {name: _value(name, value) for name, value in row._asdict().items() if name not in _OURS}


def _value(name: str, value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and name.endswith(_INSTANTS):
        return _time(instant(value))
    if isinstance(value, str) and value[:1] in ("{", "["):
        return json.loads(value)
    return value


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
