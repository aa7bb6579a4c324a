"""The daily counts say what the raw events say: while visits go on, and after they were removed."""

from __future__ import annotations

import asyncio
import statistics
from collections import Counter
from datetime import datetime, timedelta
from datetime import time as wall_time
from typing import Any

from sqlalchemy import select

from adapter.clock import LONDON, instant
from adapter.store.tables import daily_figures, visit_events, visits
from adapter.store.unit_of_work import Store
from tests.support.old_visits import Rows, an_old_visit, store_rows
from tests.support.site import TODAY, a_body, running_site

BUDGET = 8.0
"""Of these tests' configuration (s)."""

Counts = Counter[tuple[str, str, str, str]]


def a_visit(number: int) -> Rows:
    """One of many sorts: when, where, by which way and how it ended follow from its number."""
    arrived = datetime.combine(TODAY - timedelta(days=200 + number % 30), wall_time(23, 30), LONDON)
    how = number % 7
    steps = [("start", "received", "checking")]
    if how in (1, 2, 3, 6):
        steps.append(("hand_over", "checking", "with_staff"))
    took = (0.2 + number % 11) * (3600 if how in (1, 2) else 1)
    ends = {0: "booked", 1: "booked", 2: "rejected", 3: "withdrawn", 4: "rejected", 5: "booked", 6: "with_staff"}
    if ends[how] != "with_staff":
        steps.append(("ends", steps[-1][2], ends[how]))
    steps.append(("noted", ends[how], ends[how]))
    if how == 5:
        steps.append(("cancel_blind", "booked", "cancelled"))
    rows = an_old_visit(
        number,
        arrived,
        channel=("web", "phone", "assisted_digital")[number % 3],
        prison_key=("LEI", "CFI")[number % 2],
        staff_why=("closed_visit", "unavailable")[number % 2] if how in (1, 2, 3, 6) else None,
        step=steps[-1][2],
        offender_id=number,
    )
    (visit,) = rows["visits"]
    if visit["step"] not in ("booked", "cancelled"):
        visit["slot_granted"] = None
    elif how == 1:
        visit["slot_granted"] = "2026-01-01T09:00/10:00"  # another one, by staff
    blank = rows["visit_events"][0]
    rows["visit_events"] = [
        {**blank, "version": version, "event": event, "from_step": before, "to_step": after}
        for version, (event, before, after) in enumerate([("arrive", None, "received"), *steps], start=1)
    ]
    for row in rows["visit_events"]:
        if row["event"] in ("ends", "noted", "cancel_blind"):
            row["at"] = visit["arrived_at"] + int(took * 1e6)
    return rows


async def recomputed(store: Store) -> tuple[Counts, list[float]]:
    """From the raw rows, without anything of the service; and the seconds to each first answer."""
    async with store.read(long=True) as tx:
        all_visits = list((await tx.execute(select(visits))).mappings())
        history = list((await tx.execute(select(visit_events).order_by(visit_events.c.id))).mappings())
    counts: Counts = Counter()
    seconds = []
    for visit in all_visits:
        where = (str(instant(visit["arrived_at"]).astimezone(LONDON).date()), visit["prison_key"])
        mine = [row for row in history if row["visit_id"] == visit["id"]]
        counts[*where, "requested", visit["channel"]] += 1
        passed = [row["to_step"] for row in mine]
        if "with_staff" in passed:
            counts[*where, "fallback", visit["staff_why"]] += 1
        answers = [row for row in mine if row["to_step"] in ("booked", "rejected")]
        if answers:
            took = (answers[0]["at"] - visit["arrived_at"]) / 1e6
            seconds.append(took)
            way = "staff" if "with_staff" in passed else "real_time" if took <= BUDGET else "later"
            counts[*where, "answered", way] += 1
            counts[*where, "decided", answers[0]["to_step"]] += 1
            if answers[0]["to_step"] == "booked":
                slots = [visit["slot1"], visit["slot2"], visit["slot3"]]
                granted = visit["slot_granted"]
                counts[*where, "choice", str(1 + slots.index(granted)) if granted in slots else "other"] += 1
        elif "withdrawn" in passed:
            counts[*where, "answered", "withdrawn"] += 1
    return counts, seconds


async def counted(store: Store) -> Counts:
    async with store.read(long=True) as tx:
        rows = (await tx.execute(select(daily_figures).where(daily_figures.c.measure != "seconds"))).mappings()
        return Counter({(row["day"], row["prison"], row["measure"], row["item"]): row["count"] for row in rows})


async def test_the_counts_are_those_of_the_events_before_and_after_a_purge(database: str) -> None:
    async with running_site(database, worker=False) as site:
        store, figures = site.service.desk.store, site.service.figures
        await store_rows(store, [a_visit(number) for number in range(120)])
        await asyncio.gather(figures.count_all(), figures.count_all())  # two processes count no visit twice
        before, _ = await recomputed(store)
        assert await counted(store) == before
        await store_rows(store, [a_visit(number) for number in range(120, 240)])  # these only the purge will count
        expected, seconds = await recomputed(store)
        purged = await site.service.keeper.purge()
        assert 0 < purged.visits < 240
        await figures.count_all()
        assert await counted(store) == expected
        together = (await figures.performance(60)).together
        merged: Counter[str] = Counter()
        for week in together:
            merged.update(week.of("seconds"))
        assert sum(merged.values()) == len(seconds)


async def test_median_and_percentile_are_right_within_a_tenth(sqlite_database: str) -> None:
    async with running_site(sqlite_database, worker=False) as site:
        store, figures = site.service.desk.store, site.service.figures
        rows = [a_visit(30 * number) for number in range(60)]  # all on one day
        await store_rows(store, rows)
        _, seconds = await recomputed(store)
        await figures.count_all()
        (week,) = (await figures.performance(60)).together
        median = week.percentile(0.5)
        assert median is not None
        exact = statistics.median_low(seconds)
        assert exact <= median * (1 + 1e-9) <= exact * 1.1 * (1 + 1e-6)
        exact = sorted(seconds)[-(-95 * len(seconds) // 100) - 1]
        late = week.percentile(0.95)
        assert late is not None
        assert exact <= late * (1 + 1e-9) <= exact * 1.1 * (1 + 1e-6)


async def test_a_visit_is_counted_as_it_goes_on(database: str) -> None:
    async with running_site(database, worker=False) as site:
        store, figures = site.service.desk.store, site.service.figures
        async with site.http.post(f"{site.url}/api/validations/prisoner", json=_prisoner()) as reply:
            assert reply.status == 200, await reply.text()
        await site.post(a_body())
        for _ in range(2):
            await figures.count_all()
        expected, _ = await recomputed(store)
        found = await counted(store)
        assert found.pop((str(TODAY), "", "validated", "")) == 1
        assert found == expected


def _prisoner() -> dict[str, Any]:
    return {"number": "A1410AE", "date_of_birth": "1981-10-04"}
