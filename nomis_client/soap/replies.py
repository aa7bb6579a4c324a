"""What a reply means: a value, a refusal, or the right error.

Pure: from a `Reply` to a value or an exception. What isn't a well-formed reply of the contract is no answer:
unavailable for a read, unknown for a write.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from xml.etree.ElementTree import Element

from nomis_client.errors import AccessDenied, Locked, NotUnderstood, OutcomeUnknown, Refused, Unavailable
from nomis_client.refusals import booking_refusal
from nomis_client.soap import payloads
from nomis_client.soap.elements import Members, is_ours, members, only_child, parsed, text_or
from nomis_client.soap.faults import Fault, NomisFault, fault_in
from nomis_client.statuses import Clock, no_answer, surely_not_done
from nomis_client.types import Booked, BookingRefused, CancelAnswer, RefusalText
from nomis_client.values import Malformed
from nomis_client.wire import Reply

T = TypeVar("T")

_WITH_ENVELOPE = frozenset({200, 400, 500})
"""Statuses that a fault comes with; an answer comes with 200 only."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reply must fit."""

    operation: str
    envelope_namespace: str
    correlation_id: str


class NotOurs(Exception):
    """A well-formed reply to somebody else's request."""


class NoEnvelope(Exception):
    """Not SOAP at all: nothing, a page, words."""


def opened(reply: Reply, asked: Asked) -> Members | Fault:
    """What is in the envelope. Raises `NoEnvelope`, `NotOurs` or `Malformed`."""
    if _is_page(reply):
        raise NoEnvelope
    root = parsed(reply.body)
    space = asked.envelope_namespace
    if root.tag != f"{{{space}}}Envelope":
        raise Malformed("other_soap_version") if root.tag.endswith("}Envelope") else NoEnvelope
    _check_correlation(root, asked)
    bodies = root.findall(f"{{{space}}}Body")
    if len(bodies) != 1:
        raise Malformed("not_one_body")
    answer = only_child(bodies[0])
    if answer.tag == f"{{{space}}}Fault":
        return fault_in(answer)
    if not is_ours(answer, asked.operation + "Response"):
        raise Malformed("another_answer")
    return members(answer)


def _check_correlation(root: Element, asked: Asked) -> None:
    for header in root.iterfind(f"{{{asked.envelope_namespace}}}Header"):
        for block in header:
            if is_ours(block, "ResponseHeader"):
                told = text_or(members(block), "CorrelationId").strip()
                if told != asked.correlation_id:
                    raise NotOurs


def _is_page(reply: Reply) -> bool:
    begin = reply.body[:256].lstrip().lower()
    return not begin or "html" in reply.headers.get("Content-Type", "").lower() or begin.startswith(_PAGE)


_PAGE = (b"<!doctype html", b"<html")


def read_answer(reply: Reply, asked: Asked, parse: Callable[[Members], T], now: Clock) -> T:
    """The value of a read. Raises `Refused`, `Unavailable` (`Locked`, `AccessDenied`) or `NotUnderstood`."""
    if reply.status not in _WITH_ENVELOPE:
        raise no_answer(reply, now) or NotUnderstood(f"http_{reply.status}")
    try:
        answer = opened(reply, asked)
        if isinstance(answer, Fault):
            raise read_failure(answer)
        if reply.status == 200:
            return parse(answer)
    except NotOurs:
        raise Unavailable("not_our_answer") from None
    except (NoEnvelope, Malformed) as flaw:
        if reply.status == 200 and isinstance(flaw, Malformed):
            raise NotUnderstood(flaw.reason) from None
    raise no_answer(reply, now) or Unavailable("not_an_answer")


_READ_REFUSALS = {
    "OFFENDER_NOT_FOUND": "no_such_offender",
    "OFFENDER_IN_TRANSIT": "in_transit",
    "PRISON_NOT_FOUND": "no_such_prison",
    "VALIDATION": "bad_request",
}
_ABOUT_WRITES = frozenset(
    {
        "DUPLICATE_POST",
        "BOOKING_REJECTED",
        "CLOSED_VISITS",
        "ALREADY_CANCELLED",
        "VISIT_COMPLETED",
        "VISIT_NOT_FOUND",
        "INVALID_CANCELLATION_CODE",
    }
)


def read_failure(fault: Fault) -> Exception:
    if fault.nomis is None:
        if fault.is_about_access:
            return AccessDenied("fault_security")
        return NotUnderstood("fault_sender") if fault.blames_us else Unavailable("fault")
    code = fault.nomis.code
    if code in _READ_REFUSALS:
        return Refused(_READ_REFUSALS[code])
    if code == "RESOURCE_LOCKED":
        return Locked("locked")
    return NotUnderstood("odd_fault") if code in _ABOUT_WRITES else Unavailable("fault")


_BOOKING_REFUSALS = {
    "OFFENDER_NOT_FOUND": RefusalText.OFFENDER_NOT_FOUND,
    "OFFENDER_IN_TRANSIT": RefusalText.IN_TRANSIT,
    "RESOURCE_LOCKED": RefusalText.LOCKED,
    "DUPLICATE_POST": RefusalText.DUPLICATE_POST,
    "CLOSED_VISITS": RefusalText.CLOSED_VISITS,
    # Refused in words that no booking is refused with: somebody must look.
    "PRISON_NOT_FOUND": RefusalText.UNKNOWN,
    "VALIDATION": RefusalText.UNKNOWN,
}


def booking_answer(reply: Reply, asked: Asked) -> Booked | BookingRefused:
    """A visit id, or a typed refusal. Everything else raises `OutcomeUnknown`."""
    answer = _written(reply, asked)
    try:
        if isinstance(answer, NomisFault):
            return _booking_refusal(answer)
        return payloads.booked(answer)
    except Malformed as flaw:
        raise OutcomeUnknown(flaw.reason) from None


def _booking_refusal(fault: NomisFault) -> BookingRefused:
    """The code and, where there are any, the texts: of several the caller takes the most careful."""
    texts = tuple(booking_refusal(text) for text in fault.texts)
    if fault.code == "BOOKING_REJECTED":
        if not texts:
            raise Malformed("errors_is_no_list")
        return BookingRefused(texts)
    if fault.code not in _BOOKING_REFUSALS:
        raise Malformed("fault")
    return BookingRefused(tuple(dict.fromkeys((_BOOKING_REFUSALS[fault.code], *texts))))


_CANCEL_ANSWERS = {
    "VISIT_NOT_FOUND": CancelAnswer.NOT_FOUND,
    "ALREADY_CANCELLED": CancelAnswer.ALREADY_CANCELLED,
    "VISIT_COMPLETED": CancelAnswer.COMPLETED,
    "INVALID_CANCELLATION_CODE": CancelAnswer.INVALID_CODE,
    "RESOURCE_LOCKED": CancelAnswer.LOCKED,
    "OFFENDER_IN_TRANSIT": CancelAnswer.IN_TRANSIT,
    "OFFENDER_NOT_FOUND": CancelAnswer.UNKNOWN,
    "VALIDATION": CancelAnswer.UNKNOWN,
}


def cancellation_answer(reply: Reply, asked: Asked, now: Clock) -> CancelAnswer:
    """How a cancellation was answered. Raises `Unavailable` (surely not done) or `OutcomeUnknown`."""
    failure = surely_not_done(reply, now)
    if failure is not None:
        raise failure
    answer = _written(reply, asked)
    try:
        if isinstance(answer, NomisFault):
            if answer.code not in _CANCEL_ANSWERS:
                raise Malformed("fault")
            return _CANCEL_ANSWERS[answer.code]
        return payloads.cancelled(answer)
    except Malformed as flaw:
        raise OutcomeUnknown(flaw.reason) from None


def _written(reply: Reply, asked: Asked) -> Members | NomisFault:
    """What the service itself says of a write. Everything else raises `OutcomeUnknown`."""
    if reply.status not in _WITH_ENVELOPE:
        raise OutcomeUnknown(f"http_{reply.status}")
    try:
        answer = opened(reply, asked)
    except NotOurs:
        raise OutcomeUnknown("not_our_answer") from None
    except NoEnvelope:
        raise OutcomeUnknown("not_an_answer" if reply.status == 200 else f"http_{reply.status}") from None
    except Malformed as flaw:
        raise OutcomeUnknown(flaw.reason) from None
    if not isinstance(answer, Fault):
        if reply.status != 200:
            raise OutcomeUnknown(f"http_{reply.status}")
        return answer
    if answer.nomis is None:
        raise OutcomeUnknown("fault_security" if answer.is_about_access else "fault")
    return answer.nomis
