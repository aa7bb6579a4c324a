"""What can go wrong between us and the prison system, by what the caller must do next.

    NomisError
    ├── Refused          a well-formed no to a read or a cancellation; asking again changes nothing
    ├── Unavailable      surely not done; it may be asked again, not before `retry_after` seconds
    │   ├── Locked       a member of staff has the record open
    │   └── AccessDenied we were refused access: as unavailable, and somebody must be woken
    ├── NotUnderstood    a reply that isn't of the contract (to a read): a defect on one side, and an alarm
    ├── CannotAsk        this installation doesn't offer this call: proves nothing
    └── OutcomeUnknown   a write that perhaps happened: look it up, never repeat it blindly

`reason` is a short code, safe for logs and metrics; no error carries a reply body or an argument of the call.
A refused *booking* is not an error but a value (`BookingRefused`): the saga must weigh it.
"""

from __future__ import annotations


class NomisError(Exception):
    """Base of all. `reason` is one of a few codes, e.g. `timeout`, `connect`, `breaker_open`, `http_500`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(NomisError):
    """The prison system understood the question and said no, e.g. `no_such_offender`, `bad_request`, `in_transit`."""


class Unavailable(NomisError):
    """Surely not done. `retry_after`: seconds that the prison system asked us to wait, or None."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Locked(Unavailable):
    """The record is open elsewhere; nothing was done."""


class AccessDenied(Unavailable):
    """401 or 403 on a read or a cancellation."""


class NotUnderstood(NomisError):
    """A read was answered with something that the contract doesn't know."""


class CannotAsk(NomisError):
    """The installation has no such call. Never means "there is none"."""


class OutcomeUnknown(NomisError):
    """A booking or cancellation may have happened."""
