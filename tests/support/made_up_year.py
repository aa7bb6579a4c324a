"""A year of the service's figures that nobody lived through: the same each time, for pictures and for looking at."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date, timedelta
from random import Random

from adapter.booking.figures import time_step
from adapter.store import figures
from adapter.store.figures import Cell
from adapter.store.unit_of_work import Store

SIZES = {"LEI": 34.0, "CFI": 17.0, "LCI": 0.7}
"""Requests on an ordinary day; the last so few that weeks of it are hidden."""
_CHANNELS, _CHANNEL_WEIGHTS = ("web", "assisted_digital", "phone"), (91, 6, 3)
_WHY = ("visitor_not_on_list", "closed_visit", "unavailable", "prisoner_moved")
_OUTAGE = range(150, 154)
"""Days ago on which the prison system was away, which shows."""


async def store_year(store: Store, today: date) -> None:
    """The year up to the day before `today`."""
    chance, counts = Random(7), Counter[Cell]()
    for ago in range(1, 366):
        day = today - timedelta(days=ago)
        for prison, size in SIZES.items():
            season = 1 + 0.25 * math.sin(2 * math.pi * day.timetuple().tm_yday / 365)
            weekend = 0.6 if day.weekday() >= 5 else 1.0
            for _ in range(round(chance.gauss(size * season * weekend, size / 6))):
                _one(counts, chance, day, prison, away=ago in _OUTAGE)
    async with store.write() as tx:
        await figures.add(tx, counts)
        await tx.commit()


def _one(counts: Counter[Cell], chance: Random, day: date, prison: str, *, away: bool) -> None:
    """One request, and now and then a prisoner checked for nothing."""

    def count(measure: str, item: str, where: str = prison) -> None:
        monday = day - timedelta(days=day.weekday())
        counts[Cell(day.isoformat(), where, measure, item, monday.isoformat())] += 1

    for _ in range(chance.choice((1, 1, 1, 2))):
        count("validated", "", "")
    count("requested", chance.choices(_CHANNELS, _CHANNEL_WEIGHTS)[0])
    if chance.random() < 0.01:
        count("answered", "withdrawn")
        return
    by_staff = chance.random() < (0.8 if away else 0.12)
    if by_staff:
        count("fallback", "unavailable" if away else chance.choice(_WHY))
        seconds = chance.uniform(3_600, 40 * 3_600)
    else:
        seconds = chance.lognormvariate(-0.6, 0.4)
    count("answered", "staff" if by_staff else "real_time" if seconds <= 2 else "later")
    count("seconds", str(time_step(seconds)))
    booked = chance.random() < 0.86
    count("decided", "booked" if booked else "rejected")
    if booked:
        count("choice", chance.choices(("1", "2", "3"), (78, 16, 6))[0])
