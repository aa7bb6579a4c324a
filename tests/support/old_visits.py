"""Visits of long ago, with everything that the service keeps about one, and marks to be searched for afterwards."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, String, cast, func, insert, literal, select

from adapter.clock import LONDON, micros
from adapter.store.tables import attempts, idempotency, outbox, visit_events, visits
from adapter.store.unit_of_work import Store
from tests.support.site import LEEDS

MARKS = ("Quillfeather", "zebedee.q@example.org", "07700900777", "Z9876XY", "staff wrote this", "31415926535")
"""Every kind of personal data of an old visit contains one of these."""

Rows = dict[str, list[dict[str, Any]]]


def an_old_visit(number: int, arrived: datetime, **changes: Any) -> Rows:
    """Its rows by table: booked by the machine half a second after it arrived, for ten days later."""
    visit_id = str(uuid.uuid4())
    at = micros(arrived.astimezone(UTC))
    slot = f"{arrived.astimezone(LONDON).date() + timedelta(days=10)}T14:00/16:00"
    visit: dict[str, Any] = {
        "id": visit_id,
        "human_id": f"{number:08d}",
        "shape": 1,
        "step": "booked",
        "version": 4,
        "mark": secrets.token_hex(8),
        "claims": 0,
        "acting_for": "visitor",
        "lease_holder": None,
        "lease_until": None,
        "handover_at": at,
        "ever_waited": False,
        "arrived_at": at,
        "updated_at": at + 500_000,
        "prison_id": LEEDS,
        "prison_key": "LEI",
        "nomis_prison": "LEI",
        "mailbox": "leeds.zebedee.q@example.org",
        "channel": "web",
        "language": "en",
        "email": "zebedee.q@example.org",
        "noms_id": "Z9876XY",
        "request": json.dumps(_request(slot)),
        "slot1": slot,
        "party": 1,
        "adults": 1,
        "confirm_by": str(arrived.date()),
        "offender_id": 31415926535,
        "turnless": False,
        "find_by_ref": True,
        "nomis_visit_id": None,
        "slot_granted": slot,
        "staff_why": None,
        "outcome": json.dumps({"decision": "booked", "reasons": [], "choices": ["booked"], "mode": "real_time"}),
        "trace": json.dumps({"checks": ["visitor 1: Quillfeather"]}),
        "staff_messages": json.dumps([{"at": arrived.isoformat(), "body": "staff wrote this"}]),
        "mail_sequence": 1,
        "calendar_sequence": 0,
        **changes,
    }
    history = [
        ("arrive", None, "received", 0),
        ("start", "received", "checking", 10_000),
        ("post", "checking", "booking", 300_000),
        ("found", "booking", "booked", 500_000),
    ]
    return {
        "visits": [visit],
        "attempts": [_attempt(visit_id, slot, at)],
        "visit_events": [_event(visit_id, at, index, *event) for index, event in enumerate(history, start=1)],
        "idempotency": [
            {
                "key": secrets.token_hex(32),
                "kind": "key",
                "visit_id": visit_id,
                "body_hash": secrets.token_hex(32),
                "expires_at": at,
            }
        ],
        "outbox": [_message(visit_id, at)],
    }


def some_feedback(arrived: datetime) -> Rows:
    """What a visitor wrote about the site."""
    at = micros(arrived.astimezone(UTC))
    return {"outbox": [{**_message(None, at), "kind": "feedback", "audience": "feedback"}]}


async def store_many(store: Store, count: int, arrived: datetime) -> None:
    """So many of `an_old_visit`, a minute after each other; made by the database itself, which is quick."""
    row = select(literal(0, BigInteger).label("i")).cte("n", recursive=True)
    n = row.union_all(select(row.c.i + 1).where(row.c.i < count - 1))
    number = func.substr(cast(n.c.i + literal(10**12, BigInteger), String), 2)  # twelve digits
    visit_id = literal("00000000-0000-4000-8000-") + number
    later = n.c.i * literal(60_000_000, BigInteger)
    own = {
        "id": visit_id,
        "visit_id": visit_id,
        "human_id": func.substr(number, 5),
        "reference": visit_id + "-1",
        "key": number,
        "message_id": number + "@example.com",
    }
    one = an_old_visit(0, arrived)
    async with store.write() as tx:
        for table in (visits, attempts, visit_events, idempotency, outbox):
            for like in one[table.name]:
                made = {
                    name: own[name]
                    if name in own
                    else literal(value, table.c[name].type) + later
                    if name.endswith("_at") and value is not None
                    else literal(value, table.c[name].type)
                    for name, value in like.items()
                }
                await tx.execute(insert(table).from_select(list(made), select(*made.values()).select_from(n)))
        await tx.commit()


async def store_rows(store: Store, many: list[Rows]) -> None:
    """Write them, as they are."""
    async with store.write(deadline=None) as tx:
        for table in (visits, attempts, visit_events, idempotency, outbox):
            rows: list[Mapping[str, Any]] = [row for one in many for row in one.get(table.name, [])]
            if rows:
                await tx.execute(insert(table), rows)
        await tx.commit()


def _request(slot: str) -> dict[str, Any]:
    person = {"first_name": "Zebedee", "last_name": "Quillfeather", "date_of_birth": "1971-12-26"}
    return {
        "prisoner": {**person, "number": "Z9876XY"},
        "visitors": [person],
        "choices": [slot],
        "email": "zebedee.q@example.org",
        "phone": "+447700900777 07700900777",
    }


def _attempt(visit_id: str, slot: str, at: int) -> dict[str, Any]:
    return {
        "visit_id": visit_id,
        "reference": f"{visit_id}-1",
        "choice": 0,
        "acting_for": "visitor",
        "offender_id": 31415926535,
        "prison": "LEI",
        "slot": slot,
        "slot_raw": slot,
        "party": 1,
        "adults": 1,
        "body": json.dumps({"lead": "Quillfeather", "offender": "31415926535"}),
        "baseline": "[]",
        "state": "held",
        "look_at": None,
        "created_at": at,
        "updated_at": at,
    }


def _event(visit_id: str, at: int, version: int, event: str, before: str | None, after: str, later: int) -> Any:
    return {
        "visit_id": visit_id,
        "version": version,
        "at": at + later,
        "event": event,
        "from_step": before,
        "to_step": after,
        "who": "staff:Quillfeather",
        "detail": json.dumps({"said": "staff wrote this"}),
    }


def _message(visit_id: str | None, at: int) -> dict[str, Any]:
    return {
        "visit_id": visit_id,
        "kind": "visitor_booked",
        "sequence": 1,
        "audience": "visitor",
        "channel": "smtp",
        "recipient": "zebedee.q@example.org",
        "message_id": f"<{uuid.uuid4()}@example.com>",
        "payload": b"To: zebedee.q@example.org\n\nDear Zebedee Quillfeather, call 07700900777 about Z9876XY.",
        "state": "sent",
        "not_before": at,
        "tries": 1,
        "asked": False,
        "created_at": at,
        "sent_at": at,
    }
