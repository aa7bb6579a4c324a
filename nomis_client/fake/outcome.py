"""What becomes of a request: what the state said, what is said in its place, and whether it arrives."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nomis_client.fake.canned import Canned
from nomis_client.fake.replies import Refusal, Reply
from nomis_client.fake.requests import Request


class Delivery(StrEnum):
    """What becomes of the reply."""

    ANSWER = "answer"
    RESET = "reset"  # the connection is reset
    DROP = "drop"  # the connection is closed without a byte
    HANG = "hang"  # nothing, for ever
    NEVER_REACHED = "never_reached"  # switched off: nothing of the request was seen


class Mangle(StrEnum):
    """How the bytes of a reply are spoilt."""

    NONE = ""
    TRUNCATE = "truncate"
    DRIP = "drip"
    WRONG_TYPES = "wrong_types"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`reply`: what the state said, None where it wasn't asked. `instead`: said in its place."""

    delivery: Delivery = Delivery.ANSWER
    reply: Reply | None = None
    instead: Canned | None = None
    mangle: Mangle = Mangle.NONE
    pace: float = 0.0  # seconds between the pieces of a dripping body
    oddity: str = ""  # how odd the SOAP face answers


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as a face received it. `denied`: what its credentials earned it, None if they are good."""

    request: Request
    method: str = ""
    body: str = ""
    request_id: str = ""
    denied: Canned | None = None


def outcome_word(outcome: Outcome) -> str:
    """How the log names an outcome."""
    if outcome.delivery is not Delivery.ANSWER:
        return outcome.delivery.value
    if outcome.instead is not None:
        return f"http {outcome.instead.status}"
    if isinstance(outcome.reply, Refusal):
        return outcome.reply.why.value
    return "ok"
