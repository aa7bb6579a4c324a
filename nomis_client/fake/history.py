"""The past, for those who check that promises were kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nomis_client.fake.entities import LedgerEntry, Visit
from nomis_client.fake.world import World


@dataclass(frozen=True, slots=True)
class Interval:
    """From `since` until `until` (None: still) the visit was `visit`."""

    since: datetime
    until: datetime | None
    visit: Visit


@dataclass(frozen=True, slots=True)
class VisitHistory:
    visit_id: int
    intervals: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class History:
    visits: tuple[VisitHistory, ...]
    ledger: tuple[LedgerEntry, ...]


def history(world: World) -> History:
    """Every version of every visit, and every visiting order spent or given back."""
    return History(
        tuple(VisitHistory(key, _intervals(world, key)) for key in sorted(world.visits.keys_ever())),
        tuple(sorted(world.ledger.values(), key=lambda entry: entry.number)),
    )


def _intervals(world: World, key: int) -> tuple[Interval, ...]:
    versions = world.visits.history(key)
    ends = [*(at for at, _ in versions[1:]), None]
    return tuple(
        Interval(since, until, visit) for (since, visit), until in zip(versions, ends, strict=True) if visit is not None
    )
