"""The service's own figures: what is counted, and what the counts say. They hold nothing about a person.

Every visit counts on the day on which its request arrived, whenever it was answered. Measures and their items:

- `requested`: the channel by which it came;
- `fallback`: why the machine handed it to staff;
- `answered`: `real_time` (by the machine, within the budget), `later` (by the machine), `staff`, or `withdrawn` (by
  the visitor, unanswered);
- `decided`: `booked` or `rejected`;
- `choice`: which of the choices was booked, `1` to `3`, or `other`;
- `seconds`: from the request to its first answer, as the number of a step of `upper_bound`;
- `validated`: how often a prisoner's number and date of birth were checked (of no prison).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from adapter.booking.desk import Desk
from adapter.booking.outage import store_errors_told
from adapter.clock import LONDON, instant
from adapter.store import figures as rows
from adapter.store.errors import StoreUnavailable
from adapter.store.figures import ARRIVED, ENDED, HANDED_OVER, Cell, FirstAnswer, Uncounted
from adapter.store.unit_of_work import Tx
from booking_rules.lifecycle import Step

_SHORTEST, _GROWTH = 0.05, 1.1
_AT_ONCE = 50
_PERIOD = 10.0
"""Seconds between two looks for something to count."""


def time_step(seconds: float) -> int:
    """The number of the step that these seconds fall into."""
    return max(0, math.ceil(math.log(max(seconds, _SHORTEST) / _SHORTEST, _GROWTH) - 1e-9))


def upper_bound(step: int) -> float:
    """The most seconds of a step: each is a tenth longer than the one before."""
    return float(_SHORTEST * _GROWTH**step)


@dataclass(frozen=True, slots=True)
class WeekOfPrison:
    """Counts of one week (`week` is its Monday): by measure, then by item. `prison` is a key, or empty for all."""

    week: date
    prison: str
    counts: Mapping[str, Mapping[str, int]]

    def of(self, measure: str) -> Mapping[str, int]:
        return self.counts.get(measure, {})

    def total(self, measure: str) -> int:
        return sum(self.of(measure).values())

    def percentile(self, share: float) -> float | None:
        """Seconds within which this share of the answers came; up to a tenth more than exact. None: no answers."""
        left = math.ceil(share * self.total("seconds"))
        for step, count in sorted((int(item), count) for item, count in self.of("seconds").items()):
            left -= count
            if left <= 0:
                return upper_bound(step)
        return None


@dataclass(frozen=True, slots=True)
class Performance:
    """The weeks from `since` on, those of all prisons together and those of each; names of prisons by key."""

    since: date
    until: date
    together: tuple[WeekOfPrison, ...]
    by_prison: tuple[WeekOfPrison, ...]
    names: Mapping[str, str]


@dataclass(slots=True)
class Figures:
    """Counts, and answers from the counts. One per process."""

    desk: Desk
    _validated: Counter[Cell] = field(default_factory=Counter)
    _writing: bool = False

    async def once(self) -> float:
        """Count what is new, a few visits in a transaction; returns the seconds until there may be more."""
        async with self.desk.store.read() as tx:
            some = await rows.something_uncounted(tx)
        if some and await self._count_some() == _AT_ONCE:
            return 0.0
        return _PERIOD

    async def count_all(self) -> None:
        """Until nothing is left to count."""
        while await self._count_some():
            pass

    async def _count_some(self) -> int:
        async with self.desk.store.write() as tx:
            counted = await count(tx, _AT_ONCE, self.desk.times.budget)
            if counted:
                await tx.commit()
        return counted

    async def validated(self) -> None:
        """A prisoner was checked. Written down by whoever is first; the others' are taken along."""
        self._validated[_cell(self.desk.today(), "", "validated", "")] += 1
        if self._writing:
            return
        self._writing = True
        try:
            while self._validated:
                taken, self._validated = self._validated, Counter()
                try:
                    async with self.desk.store.write() as tx:
                        await rows.add(tx, taken)
                        await tx.commit()
                except StoreUnavailable:
                    self._validated += taken  # the next one takes them along
                    raise
        finally:
            self._writing = False

    async def performance(self, weeks: int) -> Performance:
        """This week and the `weeks` before it. Raises `adapter.booking.views.StoreUnavailable`."""
        today = self.desk.today()
        since = _monday(today) - timedelta(weeks=weeks)
        async with store_errors_told(), self.desk.store.read(long=True) as tx:
            found = await rows.weekly(tx, since.isoformat())
        names = {prison.key: prison.name for prison in self.desk.registry.current.all()}
        together = [(week, "", measure, item, number) for week, _, measure, item, number in found]
        by_prison = [row for row in found if row[1]]
        return Performance(since, today, _weeks(together), _weeks(by_prison), names)


async def count(tx: Tx, limit: int, budget: float, among: Sequence[str] | None = None) -> int:
    """Add what isn't counted yet of up to `limit` visits; how many those were. The caller commits."""
    found = await rows.lock_uncounted(tx, limit, among)
    if not found:
        return 0
    answers = await rows.first_answers(tx, [visit.id for visit in found if visit.over])
    counts: Counter[Cell] = Counter()
    now_counted = {}
    for visit in found:
        day = instant(visit.arrived_at).astimezone(LONDON).date()
        for measure, item in _news(visit, answers.get(visit.id), budget):
            counts[_cell(day, visit.prison, measure, item)] += 1
        handed_over = HANDED_OVER if visit.staff_why else 0
        now_counted[visit.id] = ARRIVED | handed_over | (ENDED if visit.over else 0)
    await rows.add(tx, counts)
    await rows.mark_counted(tx, now_counted)
    return len(found)


def _news(visit: Uncounted, answer: FirstAnswer | None, budget: float) -> Iterator[tuple[str, str]]:
    if not visit.counted & ARRIVED:
        yield "requested", visit.channel
    if visit.staff_why and not visit.counted & HANDED_OVER:
        yield "fallback", visit.staff_why
    if not visit.over:
        return
    if answer is None:
        yield "answered", "withdrawn"
        return
    seconds = (answer.at - visit.arrived_at) / 1e6
    yield "answered", "staff" if answer.by_staff else "real_time" if seconds <= budget else "later"
    yield "decided", answer.step
    yield "seconds", str(time_step(seconds))
    if answer.step == Step.BOOKED:
        granted = visit.slot_granted
        yield "choice", str(visit.choices.index(granted) + 1) if granted in visit.choices else "other"


def _cell(day: date, prison: str, measure: str, item: str) -> Cell:
    return Cell(day.isoformat(), prison, measure, item, _monday(day).isoformat())


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _weeks(found: Sequence[tuple[str, str, str, str, int]]) -> tuple[WeekOfPrison, ...]:
    sums: dict[tuple[str, str], dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for week, prison, measure, item, number in found:
        sums[week, prison][measure][item] += number
    return tuple(
        WeekOfPrison(date.fromisoformat(week), prison, counts) for (week, prison), counts in sorted(sums.items())
    )
