"""Whether requests can be taken, and what else the people on call should see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapter.booking.desk import Desk
from adapter.booking.views import Health
from adapter.store.backlog import count_dead_letters
from adapter.store.errors import StoreUnavailable


@dataclass(frozen=True, slots=True)
class Watchman:
    """Looks at the store; of the prison system it only repeats what the calls have shown."""

    desk: Desk

    async def health(self) -> Health:
        """`up` is about the store alone: without a prison system the adapter still takes requests."""
        store: Mapping[str, object]
        mail: Mapping[str, object] = {"status": "UNKNOWN"}
        try:
            deadline = self.desk.clock.monotonic() + 1.0
            async with self.desk.store.read(deadline) as tx:
                dead = await count_dead_letters(tx)
        except StoreUnavailable as error:
            store, up = {"status": "DOWN", "reason": error.reason}, False
        else:
            store, up = {"status": "UP"}, True
            mail = {"status": "UP" if dead == 0 else "DOWN", "dead_letters": dead}
        return Health(up, {"store": store, "mail": mail, "prison_system": self._prison_system()})

    def _prison_system(self) -> dict[str, object]:
        codes = sorted({prison.nomis_id for prison in self.desk.registry.current.all()})
        away = [code for code in codes if not self.desk.nomis.is_open(code)]
        return {"status": "DOWN" if away and len(away) == len(codes) else "UP", "away": away}
