"""What an HTTP status says by itself, whatever the transport: what came is no answer, or surely nothing was done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from nomis_client.errors import AccessDenied, Unavailable
from nomis_client.retry_after import seconds_to_wait
from nomis_client.wire import Reply

Clock = Callable[[], datetime]


def asked_to_wait(reply: Reply, now: Clock) -> float | None:
    """Seconds that a 429 or 503 asks for; None for every other status."""
    return seconds_to_wait(reply.headers.get("Retry-After"), now()) if reply.status in {429, 503} else None


def no_answer(reply: Reply, now: Clock) -> Unavailable | None:
    """What a read makes of a status that comes from an outage, a guard or something in between; else None."""
    match reply.status:
        case 401 | 403:
            return AccessDenied(f"http_{reply.status}")
        case 429 | 503:
            return Unavailable(f"http_{reply.status}", retry_after=asked_to_wait(reply, now))
        case 406 | 418:
            return Unavailable("firewall")
        case status if 300 <= status < 400:
            return Unavailable("redirect")
        case status if status == 408 or status >= 500:
            return Unavailable(f"http_{status}")
        case _:
            return None


def surely_not_done(reply: Reply, now: Clock) -> Unavailable | None:
    """What a cancellation makes of a status that proves, without its body, that nothing was done; else None."""
    status, wait = reply.status, asked_to_wait(reply, now)
    if status in {401, 403}:
        return AccessDenied(f"http_{status}")
    if status == 429 or wait is not None:
        return Unavailable(f"http_{status}", retry_after=wait)
    return None
