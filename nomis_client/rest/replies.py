"""What a reply means by its status and shape (contract, "Errors"): a value, a refusal, or the right error.

Pure: from a `Reply` to a value or an exception. One table for each kind of operation, because the same status
proves different things to a read, a booking and a cancellation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from nomis_client.errors import Locked, NotUnderstood, OutcomeUnknown, Refused, Unavailable
from nomis_client.refusals import booking_refusal, cancel_answer
from nomis_client.rest import payloads
from nomis_client.rest.decoding import Object, decode
from nomis_client.statuses import Clock, no_answer, surely_not_done
from nomis_client.types import Booked, BookingRefused, CancelAnswer, RefusalText
from nomis_client.values import Malformed
from nomis_client.wire import Reply

T = TypeVar("T")

LOCKED_TEXT = "Resource is locked"
TRANSIT_TEXT = "Offender is out or in transit"


def members(reply: Reply) -> Object:
    """The JSON object in a reply. Raises `Malformed`."""
    return decode(reply.body, reply.headers.get("Content-Type", ""))


def error_texts(reply: Reply) -> tuple[str, ...]:
    """The texts of an error body of the contract, in any of its shapes. Raises `Malformed` for any other body."""
    body = members(reply)
    if "errors" in body:
        listed = body["errors"]
        if type(listed) is not list or not listed:
            raise Malformed("errors_is_no_list")
        return tuple(_message(one) for one in listed)
    if "error" in body:
        one = body["error"]
        return (one if type(one) is str else _message(one),)
    if body.get("status") == reply.status and type(body.get("userMessage")) is str:
        return (str(body["userMessage"]),)
    raise Malformed("no_error_shape")


def _message(one: object) -> str:
    message = one.get("message") if type(one) is dict else None
    if type(message) is not str:
        raise Malformed("error_without_message")
    return message


def read_answer(reply: Reply, parse: Callable[[Object], T], now: Clock) -> T:
    """The value of a read. Raises `Refused`, `Unavailable` (`Locked`, `AccessDenied`) or `NotUnderstood`."""
    if reply.status != 200:
        raise read_failure(reply, now)
    if _says_nothing(reply):
        raise Unavailable("not_an_answer")
    try:
        return parse(members(reply))
    except Malformed as flaw:
        raise NotUnderstood(flaw.reason) from None


def read_failure(reply: Reply, now: Clock) -> Exception:
    match reply.status:
        case 423:
            return Locked("locked")
        case 400:
            return _bad_request(reply)
        case 404:
            return _not_found(reply)
        case status:
            odd = Unavailable("not_an_answer") if _is_page(reply) else NotUnderstood(f"http_{status}")
            return no_answer(reply, now) or odd


def _bad_request(reply: Reply) -> Exception:
    try:
        texts = error_texts(reply)
    except Malformed:
        return Unavailable("not_an_answer") if _says_nothing(reply) else Refused("bad_request")
    if LOCKED_TEXT in texts:
        return Locked("locked")
    return Refused("in_transit" if TRANSIT_TEXT in texts else "bad_request")


def _not_found(reply: Reply) -> Exception:
    """An empty body says "no such offender"; a page comes from something in front, which knows nothing of offenders."""
    if not reply.body.strip():
        return Refused("no_such_offender")
    try:
        error_texts(reply)
    except Malformed as flaw:
        return Unavailable("not_an_answer") if _is_page(reply) else NotUnderstood(flaw.reason)
    return Refused("no_such_offender")


def _says_nothing(reply: Reply) -> bool:
    """Empty, or a page of something in between: not the prison system's words."""
    return not reply.body.strip() or _is_page(reply)


def _is_page(reply: Reply) -> bool:
    return "html" in reply.headers.get("Content-Type", "").lower() or reply.body.lstrip()[:1] == b"<"


# At 400 any text of the contract may come; the others go with one text only.
_STATUS_TEXT = {
    404: RefusalText.OFFENDER_NOT_FOUND,
    409: RefusalText.DUPLICATE_POST,
    423: RefusalText.LOCKED,
}


def booking_answer(reply: Reply) -> Booked | BookingRefused:
    """200 with a visit id, or a refusal of the contract's shape. Everything else raises `OutcomeUnknown`."""
    try:
        if reply.status == 200:
            return payloads.booked(members(reply))
        if reply.status == 400:
            return BookingRefused(tuple(booking_refusal(text) for text in error_texts(reply)))
        if reply.status in _STATUS_TEXT:
            known = {_STATUS_TEXT[reply.status]}
            found = (booking_refusal(text) for text in error_texts(reply))
            return BookingRefused(tuple(one if one in known else RefusalText.UNKNOWN for one in found))
    except Malformed as flaw:
        raise OutcomeUnknown(flaw.reason) from None
    raise OutcomeUnknown(f"http_{reply.status}")


def cancellation_answer(reply: Reply, now: Clock) -> CancelAnswer:
    """How a cancellation was answered. Raises `Unavailable` (surely not done) or `OutcomeUnknown`."""
    failure = surely_not_done(reply, now)
    if failure is not None:
        raise failure
    status = reply.status
    try:
        if status == 200:
            return _cancelled(members(reply))
        if status in {400, 404, 409, 423}:
            return _weigh_cancel_texts(error_texts(reply))
    except Malformed as flaw:
        raise OutcomeUnknown(flaw.reason) from None
    raise OutcomeUnknown(f"http_{status}")


def _cancelled(body: Object) -> CancelAnswer:
    if body.get("message") != "Visit Cancelled":
        raise Malformed("not_an_answer")
    return CancelAnswer.CANCELLED


def _weigh_cancel_texts(texts: tuple[str, ...]) -> CancelAnswer:
    """One text is what the contract knows; several that don't say the same are as good as unknown."""
    answers = {cancel_answer(text) for text in texts}
    return answers.pop() if len(answers) == 1 else CancelAnswer.UNKNOWN
