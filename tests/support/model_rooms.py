"""Whether bookings of ours ever took a place that wasn't there, by the prison system's whole history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from adapter.clock import instant
from nomis_client.fake.entities import Session
from nomis_client.fake.history import history
from nomis_client.fake.world import World


def overfull(world: World, attempts: list[dict[str, Any]], facts_age: float) -> Iterator[str]:
    """I10: at the moment of each booking of ours there was room for it.

    Excused is what nobody can know: that something was done by hand at that time after the facts were read, which may
    be `facts_age` seconds before the reference was committed.
    """
    committed = {item["reference"]: instant(item["created_at"]) for item in attempts}
    for past in history(world).visits:
        made = past.intervals[0]
        reference = made.visit.reference
        if made.visit.made_by == "hand" or reference is None:
            continue
        session = world.sessions.get(made.visit.session, made.since)
        assert session is not None
        room, taken = _groups(world, session, made.since)
        read_since = committed.get(reference, made.since) - timedelta(seconds=facts_age)
        if taken > room and not _by_hand(world, session, read_since, made.since):
            yield f"I10 {reference} was booked as group {taken} of {room} at {session.slot}"


def _groups(world: World, session: Session, at: datetime) -> tuple[int, int]:
    """Of all rooms at this time: how many groups they take, and how many are in them."""
    room = taken = 0
    for one in _rooms(world, session):
        then = world.sessions.get(one.id, at) or one
        room += then.max_groups
        taken += then.taken_groups + len(world.visits_in(one.id, at))
    return room, taken


def _by_hand(world: World, session: Session, since: datetime, until: datetime) -> bool:
    """Whether anybody filled it up, or booked into it, without us."""
    rooms = {one.id for one in _rooms(world, session)}
    filled = [at for one in rooms for at, _ in world.sessions.history(one)[1:]]
    booked = [
        past.intervals[0].since
        for past in history(world).visits
        if past.intervals[0].visit.made_by == "hand" and past.intervals[0].visit.session in rooms
    ]
    return any(since <= at <= until for at in (*filled, *booked))


def _rooms(world: World, session: Session) -> list[Session]:
    return [one for one in world.sessions.values() if (one.prison, one.span) == (session.prison, session.span)]
