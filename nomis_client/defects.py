"""Which outcomes somebody must mend, in contrast to those that pass: outages, locks, refusals."""

from __future__ import annotations

from nomis_client.errors import AccessDenied, NomisError, NotUnderstood, OutcomeUnknown
from nomis_client.types import BookingRefused, CancelAnswer, RefusalText
from nomis_client.wire import NoReply

_ACCESS_DENIED = frozenset({"http_401", "http_403"})
_PASSING = frozenset({"timeout", "connect", "cut_short", "closed"})
_TO_MEND = frozenset({"bad_request", "not_an_answer", "firewall", "redirect", "too_long", "not_our_answer"})


def is_defect(failure: NomisError | NoReply) -> bool:
    """True for access denied, a call of ours that was ill-formed, and replies outside the contract."""
    if isinstance(failure, (NotUnderstood, AccessDenied)):
        return True
    if isinstance(failure, OutcomeUnknown) and failure.reason.startswith("http_"):
        return failure.reason in _ACCESS_DENIED
    if isinstance(failure, OutcomeUnknown):
        return failure.reason not in _PASSING
    return failure.reason in _TO_MEND


def has_unknown_text(value: object) -> bool:
    """True for a refusal in words that the contract doesn't have."""
    if isinstance(value, BookingRefused):
        return RefusalText.UNKNOWN in value.texts
    return value is CancelAnswer.UNKNOWN
