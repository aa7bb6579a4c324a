"""What staff wrote to a visitor, as it is kept with the visit."""

from __future__ import annotations

import json

from adapter.booking.codec import dump
from adapter.clock import instant
from adapter.store.records import Visit


def with_message(visit: Visit, text: str) -> dict[str, object]:
    """The column that keeps what staff wrote, with one more; nothing for an empty text."""
    if not text:
        return {}
    before = json.loads(visit.staff_messages or "[]")
    return {"staff_messages": dump([*before, {"at": instant(visit.now).isoformat(), "body": text}])}
