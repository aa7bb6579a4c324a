"""Sessions out of a prison's weekly plan, sixty days ahead, so that a fake that runs for months is never stale."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from nomis_client.fake.entities import Prison, Session, SessionPlan
from nomis_client.fake.world import Change, World

HORIZON = timedelta(days=60)


def planned_sessions(world: World, prison: Prison, today: date) -> list[Change]:
    """What is missing up to today + 60. A session that was deleted by hand stays deleted."""
    last = today + HORIZON
    first = today if prison.planned_until is None else max(today, prison.planned_until + timedelta(days=1))
    if not prison.plans or first > last:
        return []
    number = world.sessions.last_key(0)
    changes: list[Change] = []
    day = first
    while day <= last:
        for plan in prison.plans:
            if plan.weekday == day.weekday():
                for session in sessions_of(plan, prison.code, day, number + 1):
                    number = session.id
                    changes.append((world.sessions, session.id, session))
        day += timedelta(days=1)
    planned = Prison(code=prison.code, desc=prison.desc, plans=prison.plans, planned_until=last)
    return [*changes, (world.prisons, prison.code, planned)]


def sessions_of(plan: SessionPlan, prison: str, day: date, first_id: int) -> list[Session]:
    """The rooms of one planned session on one day."""
    return [
        Session(
            id=first_id + index,
            prison=prison,
            begin=_at(day, hours[:4]),
            end=_at(day, hours[5:]),
            room=str(index + 1),
            capacity=plan.capacity,
            max_groups=plan.max_groups,
            max_adults=plan.max_adults,
            # Full by visitors too, so that the booking's flawed rule for groups can't let anybody in.
            taken_groups=plan.max_groups if plan.full else 0,
            taken_visitors=plan.capacity if plan.full else 0,
            taken_adults=plan.max_adults if plan.full else 0,
        )
        for index, hours in enumerate(plan.rooms)
    ]


def _at(day: date, hours: str) -> datetime:
    return datetime.combine(day, time(int(hours[:2]), int(hours[2:])))
