"""Time, sleep and fresh identifiers, passed in so that tests can own them."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """`now` is UTC; `monotonic` is the event loop's clock, in seconds, on which all deadlines are."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def london_today(clock: Clock) -> date:
    """The date in London now."""
    return clock.now().astimezone(LONDON).date()


def london_now(clock: Clock) -> datetime:
    """London wall time now, without zone, to the second: what slots are compared with."""
    return clock.now().astimezone(LONDON).replace(tzinfo=None, microsecond=0)


def micros(instant: datetime) -> int:
    """Microseconds since 1970 UTC, as stored."""
    delta = instant - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def instant(stored: int) -> datetime:
    """The inverse of `micros`."""
    return _EPOCH + timedelta(microseconds=stored)


class Ids(Protocol):
    """Where new identifiers come from."""

    def visit_id(self) -> str: ...
    def human_id(self) -> str: ...
    def holder(self) -> str: ...


@dataclass
class RandomIds:
    """Unguessable identifiers from the operating system."""

    prefix: str = field(default_factory=lambda: secrets.token_hex(4))

    def visit_id(self) -> str:
        return str(uuid.uuid4())

    def human_id(self) -> str:
        """8 characters of Crockford's base32, of five random bits each."""
        drawn = secrets.randbits(40)
        return "".join([_CROCKFORD[drawn >> shift & 31] for shift in range(0, 40, 5)])

    def holder(self) -> str:
        """Names one lease: unique for each claim, so that a lost lease is never mistaken for one's own."""
        return f"{self.prefix}-{secrets.token_hex(8)}"
