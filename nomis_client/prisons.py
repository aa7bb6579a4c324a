"""What a client remembers of one prison's health: two breakers, and until when it asked to be left alone."""

from __future__ import annotations

from collections.abc import Callable

from nomis_client.breaker import ReadBreaker, WriteBreaker
from nomis_client.observer import Observer
from nomis_client.settings import NomisSettings

LONGEST_HOLD = 3600.0
"""Seconds. Other calls obey a `Retry-After` up to here: a wrong one must not close a prison until a restart."""


class PrisonHealth:
    """Reads and writes open separately, but when reads fail writes are let back only by and by as well."""

    def __init__(
        self, prison: str, settings: NomisSettings, observer: Observer, monotonic: Callable[[], float]
    ) -> None:
        limits = settings.breaker
        self._open_seconds = limits.open_seconds
        self._monotonic = monotonic
        self._last_probe = float("-inf")
        self._probing = False
        self.held_until = float("-inf")
        self.reads = ReadBreaker(limits.failures, lambda state: observer.breaker_changed(prison, "reads", state))
        self.writes = WriteBreaker(
            limits.failures,
            settings.max_in_flight,
            limits.open_seconds,
            monotonic,
            lambda state: observer.breaker_changed(prison, "writes", state),
        )

    def note_answer(self, era: int, *, probed: bool) -> None:
        """A read was answered, be it by a refusal or a lock."""
        if probed:
            self.reads.close()
        elif era == self.reads.era and not self.reads.is_open:
            self.reads.note_answer(era)
        else:
            return  # from before it opened or closed: says nothing about now
        self.writes.reads_answered(probed=probed)

    def note_failure(self, era: int) -> None:
        """A read was not answered."""
        if self.reads.note_failure(era):
            self._last_probe = self._monotonic()  # the first probe comes `open_seconds` after it opened
            self.writes.trip()

    def hold(self, seconds: float | None) -> None:
        """It asked to be left alone for so long: all calls for this prison obey, not only the one that was told."""
        if seconds:
            self.held_until = max(self.held_until, self._monotonic() + min(seconds, LONGEST_HOLD))

    @property
    def needs_probe(self) -> bool:
        return self.reads.is_open or self.writes.is_open

    def begin_probe(self) -> bool:
        """True if a probe is due now, and none is under way; then `end_probe` must follow."""
        now = self._monotonic()
        due = max(self._last_probe, self.writes.opened_at) + self._open_seconds
        if self._probing or now < max(due, self.held_until):
            return False
        self._probing, self._last_probe = True, now
        return True

    def end_probe(self) -> None:
        self._probing = False
