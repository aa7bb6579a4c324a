"""Counts the backlog now and then, for whoever watches; notices by the way that the store has gone or is back."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.booking.desk import Desk
from adapter.log import events, get_logger
from adapter.metrics import Backlog
from adapter.store.backlog import count_backlog
from adapter.store.errors import StoreUnavailable

_log = get_logger()


@dataclass(slots=True)
class Census:
    """One per process. `period`: seconds between two counts."""

    desk: Desk
    period: float
    _lost_at: float | None = None

    async def once(self) -> float:
        """Count; returns the seconds until the next time."""
        now = self.desk.clock.monotonic()
        try:
            backlog = await count(self.desk)
        except StoreUnavailable as error:
            self._lost(now, error)
        else:
            self._found(now)
            self.desk.counts.set_backlog(backlog, self.desk.clock.now().timestamp())
        return self.period

    def _lost(self, now: float, error: StoreUnavailable) -> None:
        if self._lost_at is None:
            self._lost_at = now
            _log.error(events.STORE_LOST, reason=error.reason)

    def _found(self, now: float) -> None:
        if self._lost_at is not None:
            _log.info(events.STORE_FOUND, duration_ms=round((now - self._lost_at) * 1000))
            self._lost_at = None


async def count(desk: Desk) -> Backlog:
    """What is unfinished in the whole store at this moment. Raises `StoreUnavailable`."""
    async with desk.store.read(long=True) as tx:
        found = await count_backlog(tx, desk.today().isoformat())
        now = await tx.now_micros()

    def number(name: str) -> int:
        return found[name] or 0

    def age(*names: str) -> float:
        instants = [value for name in names if (value := found[name]) is not None]
        return max(0.0, (now - min(instants)) / 1e6) if instants else 0.0

    return Backlog(
        waiting=number("waiting"),
        in_doubt=number("in_doubt"),
        with_staff=number("with_staff"),
        overdue=number("overdue"),
        open_references=number("open_references"),
        outbox_depth=number("outbox_depth"),
        outbox_oldest_seconds=age("outbox_oldest"),
        dead_letters=number("dead_letters"),
        drift=number("drift"),
        oldest_due_seconds=age("due", "hand_over", "look"),
    )
