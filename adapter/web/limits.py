"""How often somebody may ask, and how often be wrong. In the process: each process counts for itself."""

from __future__ import annotations

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from adapter.web.failure import too_many


class Limits:
    """At most `per_minute` requests a minute for each caller, and a sixth of that in guesses that fail (ten at least).

    0 turns every limit off. Whom a limit counts is the caller's business (`Arrival.limited_as`).
    """

    def __init__(self, per_minute: int) -> None:
        self._on = per_minute > 0
        if self._on:
            self._limiter = MovingWindowRateLimiter(MemoryStorage())
            self._requests = RateLimitItemPerMinute(per_minute)
            self._guesses = RateLimitItemPerMinute(min(per_minute, max(10, per_minute // 6)))

    def count_request(self, who: str) -> None:
        """Raises the 429 when `who` has asked too often."""
        if self._on and not self._limiter.hit(self._requests, "request", who):
            raise self._refusal(self._requests, "request", who)

    def check_guesses(self, what: str, who: str) -> None:
        """Raises the 429 when `who` has guessed wrong too often; asked before an answer to a guess is worked out."""
        if self._on and not self._limiter.test(self._guesses, what, who):
            raise self._refusal(self._guesses, what, who)

    def count_wrong_guess(self, what: str, who: str) -> None:
        if self._on:
            self._limiter.hit(self._guesses, what, who)

    def _refusal(self, limit: RateLimitItemPerMinute, what: str, who: str) -> Exception:
        reset = self._limiter.get_window_stats(limit, what, who).reset_time
        return too_many(max(1, math.ceil(reset - time.time())))  # the library counts on the machine's clock
