"""True replies made untrue, and bytes made unreadable."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nomis_client.fake import texts
from nomis_client.fake.entities import Status
from nomis_client.fake.faults import Fault, FaultKind
from nomis_client.fake.outcome import Mangle, Outcome
from nomis_client.fake.replies import FoundVisits, No, Refusal, Reply

PIECES = 8
"""How many pieces a dripping body comes in."""

_MANGLES = {
    FaultKind.TRUNCATE: Mangle.TRUNCATE,
    FaultKind.DRIP: Mangle.DRIP,
    FaultKind.WRONG_TYPES: Mangle.WRONG_TYPES,
    FaultKind.EMPTY: Mangle.EMPTY,
}


def bent(reply: Reply, struck: Sequence[Fault]) -> Reply:
    """A true reply made untrue."""
    for fault in struck:
        if fault.kind is FaultKind.REPEAT_ANSWER and isinstance(reply, Refusal) and reply.why is No.DUPLICATE:
            reply = refusal_saying(fault.text or texts.OVERLAPPING)
        if isinstance(reply, FoundVisits) and reply.visits:
            visit = reply.visits[0]
            if fault.kind is FaultKind.FIND_WRONG_STATUS:
                status = Status(fault.text) if fault.text else Status.CANCELLED
                reply = FoundVisits((replace(visit, status=status),))
            if fault.kind is FaultKind.FIND_TWO:
                reply = FoundVisits((visit, replace(visit, id=visit.id + 1_000_000)))
    return reply


_MEANS = {
    texts.OFFENDER_NOT_FOUND: No.NO_OFFENDER,
    texts.LOCKED: No.LOCKED,
    texts.CLOSED: No.CLOSED,
    texts.DUPLICATE: No.DUPLICATE,
    texts.IN_TRANSIT: No.IN_TRANSIT,
}


def refusal_saying(text: str) -> Refusal:
    """The refusal that this sentence stands for."""
    return Refusal(_MEANS.get(text, No.REFUSED), (text,))


def mangled(outcome: Outcome, struck: Sequence[Fault]) -> Outcome:
    for fault in struck:
        if fault.kind in _MANGLES:
            outcome = replace(outcome, mangle=_MANGLES[fault.kind], pace=fault.seconds)
        if fault.kind is FaultKind.SOAP:
            outcome = replace(outcome, oddity=fault.text)
    return outcome


def wrong_types(body: str) -> str:
    """The same JSON with every number and truth value as a string, and every list as an object."""

    def bend(value: Any) -> Any:
        match value:
            case dict():
                return {key: bend(inner) for key, inner in value.items()}
            case list():
                return {str(index): bend(inner) for index, inner in enumerate(value)}
            case bool() | int():
                return str(value)
            case _:
                return value

    return json.dumps(bend(json.loads(body))) if body else body
