"""A session's rooms: which of them has a place for this party, and is free of the prisoner's other visits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from booking_rules.facts import Existing, OfferedSlot
from booking_rules.slots import Slot


def has_room(offered: OfferedSlot, visitors: int, adults: int) -> bool:
    """True if one more group of so many visitors, so many of them adults, fits. The prisoner counts as a visitor and as
    an adult. The prison system itself would let one group too many in."""
    return (
        offered.groups_booked + 1 <= offered.max_groups
        and offered.visitors_booked + visitors + 1 <= offered.capacity
        and offered.adults_booked + adults + 1 <= offered.max_adults
    )


def all_visits(existing: Iterable[Existing], own: Sequence[Existing]) -> tuple[Existing, ...]:
    """The prisoner's visits as the prison system has them together with our own. One that the prison system still lists
    but that is ours and on its way out is marked so."""
    leaving = [visit for visit in own if visit.being_cancelled]
    listed = tuple(
        replace(visit, being_cancelled=True) if any(_is_same(visit, mine) for mine in leaving) else visit
        for visit in existing
    )
    return (*listed, *own)


def blocking(raw: Slot, visits: Iterable[Existing]) -> tuple[Existing, ...]:
    """Those of `visits` whose raw times overlap or meet `raw`."""
    return tuple(visit for visit in visits if visit.raw.touches(raw))


def _is_same(listed: Existing, leaving: Existing) -> bool:
    # Without an id its time tells: a prisoner can't have two visits at once.
    return listed.id == leaving.id if leaving.id is not None else listed.normal == leaving.normal
