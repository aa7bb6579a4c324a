"""What a client remembers between calls, whatever the transport: offender ids, slot lists, what can't be asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date

from nomis_client.caches import Recent
from nomis_client.errors import Unavailable
from nomis_client.settings import NomisSettings
from nomis_client.types import VisitSlot

OFFENDERS_KEPT = 10_000
SLOT_LISTS_KEPT = 1_000
CANNOT_FIND_SECONDS = 600.0
"""With `find_by_ref = "auto"`, how long one sign is believed that the installation can't find by reference."""

Slots = tuple[VisitSlot, ...]
_Key = tuple[str, date, date]


class Memory:
    """Held by a client for its lifetime; bounded in size and age."""

    def __init__(self, settings: NomisSettings, monotonic: Callable[[], float]) -> None:
        self._find_by_ref = settings.find_by_ref
        self._monotonic = monotonic
        self._offenders: Recent[str, tuple[date, int]] = Recent(
            OFFENDERS_KEPT, settings.offender_cache_seconds, monotonic
        )
        self._slots: Recent[_Key, Slots] = Recent(SLOT_LISTS_KEPT, settings.slots_cache_seconds, monotonic)
        self._fetching: dict[_Key, asyncio.Lock] = {}
        self._has_found = False
        self._cannot_find_until = float("-inf")

    def note_offender(self, noms_id: str, date_of_birth: date, offender_id: int | None) -> None:
        """What a look-up said; None forgets an earlier answer."""
        if offender_id is None:
            self._offenders.drop(noms_id)
        else:
            self._offenders.put(noms_id, (date_of_birth, offender_id))

    def offender(self, noms_id: str, date_of_birth: date) -> int | None:
        known = self._offenders.get(noms_id)
        return known[1] if known and known[0] == date_of_birth else None

    def note_slots(self, prison: str, start: date, end: date, slots: Slots) -> None:
        self._slots.put((prison, start, end), slots)

    async def recent_slots(
        self, prison: str, start: date, end: date, deadline: float, fetch: Callable[[], Awaitable[Slots]]
    ) -> Slots:
        """The list we have, or one fetched by one caller while the others wait. `fetch` notes what it gets."""
        key = (prison, start, end)
        known = self._slots.get(key)
        if known is not None:
            return known
        turn = self._fetching.setdefault(key, asyncio.Lock())
        try:
            async with asyncio.timeout(deadline - self._monotonic()), turn:
                known = self._slots.get(key)
                return known if known is not None else await fetch()
        except TimeoutError:
            raise Unavailable("timeout") from None
        finally:
            if not turn.locked() and self._fetching.get(key) is turn:
                del self._fetching[key]

    @property
    def finds_by_reference(self) -> bool:
        return self._find_by_ref is not False and self._monotonic() >= self._cannot_find_until

    def note_found_by_reference(self) -> None:
        """A look-up by reference was answered: the installation has the call, and a 404 can't mean otherwise."""
        self._has_found = True

    def note_cannot_find(self) -> None:
        """A look-up by reference was answered as if the call weren't there."""
        if self._find_by_ref == "auto" and not self._has_found:
            self._cannot_find_until = self._monotonic() + CANNOT_FIND_SECONDS
