"""In which order a visitor and a mailbox may hear of one visit, whatever happens to it."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SHORT = {
    "visitor_requested": "q",
    "visitor_message": "m",
    "visitor_booked": "b",
    "visitor_cancelled": "c",
    "visitor_rejected": "r",
    "visitor_withdrawn": "w",
    "staff_request": "Q",
    "staff_booked_copy": "B",
    "staff_settled": "S",
    "staff_withdrawn": "W",
    "staff_cancelled": "C",
    "staff_drift": "",
}
_ORDERS = {
    "visitor": re.compile(r"(qm*)?(b?c?|r|w)?"),
    # The last one says that the prison system couldn't be told: of a cancellation, or of a withdrawal in doubt.
    "mailbox": re.compile(r"Q?(B?S?C?|W?C?)"),
}


def in_order(audience: str, kinds: Sequence[str]) -> bool:
    """Whether these kinds of messages, each counted once, may have come to `visitor` or `mailbox` in this order."""
    return _ORDERS[audience].fullmatch("".join(_SHORT[kind] for kind in kinds)) is not None
