"""The world that a fake starts with: three prisons, their sessions for sixty days, and people worth knowing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from nomis_client.fake.durable import SqliteJournal
from nomis_client.fake.entities import Prison, SessionPlan
from nomis_client.fake.generate import generated
from nomis_client.fake.people import known_people
from nomis_client.fake.state import PrisonState
from nomis_client.fake.world import ALWAYS, World

_MON, _TUE, _WED, _THU, _FRI, _SAT, _SUN = range(7)

PRISONS = (
    Prison(
        code="LEI",
        desc="LEEDS (HMP)",
        plans=(
            *(SessionPlan(weekday=day, rooms=("1400-1600",)) for day in (_MON, _WED, _FRI)),
            # Reliably full, so that there is always something to be refused for.
            SessionPlan(weekday=_SAT, rooms=("0930-1130",), full=True),
            SessionPlan(weekday=_SAT, rooms=("1400-1600",)),
            SessionPlan(weekday=_SUN, rooms=("1400-1600",)),
        ),
    ),
    Prison(
        code="CFI",
        desc="CARDIFF (HMP)",
        plans=tuple(
            SessionPlan(weekday=day, rooms=(hours,))
            for day in (_TUE, _THU, _SAT)
            for hours in ("0930-1030", "1400-1500")
        ),
    ),
    Prison(
        code="LCI",
        desc="LEICESTER (HMP)",
        # 14:00 to 15:00 every day, spelt in each way that the prison system spells it.
        plans=(
            SessionPlan(weekday=_MON, rooms=("1359-1501",)),
            SessionPlan(weekday=_TUE, rooms=("1400-1500",)),
            SessionPlan(weekday=_WED, rooms=("1401-1459",)),
            SessionPlan(weekday=_THU, rooms=("1359-1500",)),
            SessionPlan(weekday=_FRI, rooms=("1400-1500", "1400-1500")),
            SessionPlan(weekday=_SAT, rooms=("1400-1500", "1359-1501")),
            SessionPlan(weekday=_SUN, rooms=("1400-1501",)),
        ),
    ),
)

_PEOPLE_EACH = 5
_ORDERS = 26


def seed(state: PrisonState, today: date, number: int = 1) -> None:
    """Put the standard world into `state`. The same `today` and `number` give the same world, to the last byte."""
    world = state.world
    people = [known.prisoner for known in known_people(today)]
    for place, prison in enumerate(PRISONS):
        first = 1 + place * _PEOPLE_EACH
        people += generated(_PEOPLE_EACH, prison.code, first, today, number, orders=_ORDERS)
    world.commit(
        ALWAYS,
        *((world.prisons, prison.code, prison) for prison in PRISONS),
        *((world.prisoners, person.noms_id, person) for person in people),
    )
    state.settle(datetime(today.year, today.month, today.day, 12, tzinfo=UTC))


def seeded(today: date, number: int = 1, path: Path | None = None) -> PrisonState:
    """A state with the standard world; from the file at `path` what it holds, which is seeded only when it is new."""
    state = PrisonState(World(SqliteJournal(path) if path is not None else None))
    if next(state.world.prisons.values(), None) is None:
        seed(state, today, number)
    return state


def next_index(world: World) -> int:
    """From which number on generated prisoners are new."""
    return 1 + sum(1 for noms_id in world.prisoners.keys_ever() if noms_id.startswith("G"))
