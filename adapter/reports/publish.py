"""From counts to what may be published: small numbers are left out, and nobody can work them out from the rest.

A number from 1 to 4 is hidden. Where it is the only hidden one of numbers whose sum is shown, the next smallest is
hidden too: of a prison's ways of answering, of one way at all prisons, and so on until no gap is alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from adapter.booking.figures import Performance, WeekOfPrison

SMALL = 5
ALL = "All prisons"

Numbers = Mapping[str, int | None]
"""By name; None is hidden."""

_WAYS = ("real_time", "later", "staff", "withdrawn", "open")
_DECISIONS = ("booked", "rejected")
_CHOICES = ("1", "2", "3", "other")
_CHANNELS = ("web", "assisted_digital", "phone")


@dataclass(frozen=True, slots=True)
class Published:
    """One week of one prison (or of all). Numbers are None where hidden; seconds are upper bounds."""

    week: str
    prison: str
    requests: int | None
    ways: Numbers
    decisions: Numbers
    choices: Numbers
    channels: Numbers
    fallback: int | None
    reasons: Numbers
    median: float | None
    percentile_95: float | None
    validated: int | None

    def share(self, part: int | None) -> float | None:
        """Of the requests; None where either is hidden or there are none."""
        return None if part is None or not self.requests else part / self.requests

    def values(self) -> Iterator[tuple[str, str, float | None]]:
        """Everything of it, flat: (figure, item, value)."""
        yield "requests", "", self.requests
        groups = (("way", self.ways), ("decision", self.decisions), ("choice", self.choices))
        for name, numbers in (*groups, ("channel", self.channels), ("fallback_reason", self.reasons)):
            for item, number in numbers.items():
                yield name, item, number
        yield "fallback", "", self.fallback
        yield "median_seconds", "", self.median
        yield "percentile_95_seconds", "", self.percentile_95
        if self.prison == ALL:
            yield "validated", "", self.validated


@dataclass(frozen=True, slots=True)
class Report:
    """What is published, oldest week first. Dates are YYYY-MM-DD."""

    since: str
    until: str
    together: tuple[Published, ...]
    by_prison: tuple[Published, ...]


def publish(found: Performance) -> Report:
    """The report of these counts."""
    by_week: dict[str, list[WeekOfPrison]] = {}
    for one in found.by_prison:
        by_week.setdefault(one.week.isoformat(), []).append(one)
    together: list[Published] = []
    prisons: list[Published] = []
    for whole in found.together:
        ones = by_week.get(whole.week.isoformat(), [])
        shown = hide_small({one.prison: one.total("requested") for one in ones})
        rows = [
            _published(one, found.names.get(one.prison, one.prison), shown[one.prison], alone=False) for one in ones
        ]
        total = hide_small({"": whole.total("requested")})[""]
        *rows, sums = _without_lone_gaps([*rows, _published(whole, ALL, total, alone=True)])
        together.append(sums)
        prisons.extend(rows)
    return Report(found.since.isoformat(), found.until.isoformat(), tuple(together), tuple(prisons))


def hide_small(numbers: Mapping[str, int]) -> dict[str, int | None]:
    """The numbers without those that are small, and without one more where a single gap could be worked out."""
    hidden = {name for name, number in numbers.items() if 0 < number < SMALL}
    if len(hidden) == 1:
        others = sorted((number, name) for name, number in numbers.items() if number and name not in hidden)
        hidden |= {name for _, name in others[:1]}
    return {name: None if name in hidden else number for name, number in numbers.items()}


def _without_lone_gaps(rows: Sequence[Published]) -> list[Published]:
    """One week's prisons and, last, their sums: a single gap could be worked out from the rest, so another joins it.

    A gap that joins another in one direction may be alone in the other; so it goes on until none is.
    """
    ways = [dict(row.ways) for row in rows]
    before: list[dict[str, int | None]] = []
    while before != ways:
        before = [dict(row) for row in ways]
        for way in _WAYS:
            for index in _to_hide([row[way] for row in ways]):
                ways[index][way] = None
        for row in ways:
            for index in _to_hide([row[way] for way in _WAYS]):
                row[_WAYS[index]] = None
    fallbacks = [row.fallback for row in rows]
    for index in _to_hide(fallbacks):
        fallbacks[index] = None
    return [
        replace(row, ways=shown, fallback=fallback) for row, shown, fallback in zip(rows, ways, fallbacks, strict=True)
    ]


def _to_hide(numbers: Sequence[int | None]) -> list[int]:
    """Where the smallest shown number is, if exactly one is hidden; a 0, and then the last, only if it must be."""
    if numbers.count(None) != 1:
        return []
    last = len(numbers) - 1
    shown = sorted((index == last, n == 0, n, index) for index, n in enumerate(numbers) if n is not None)
    return [shown[0][-1]] if shown else []


def _published(one: WeekOfPrison, name: str, requests: int | None, *, alone: bool) -> Published:
    """`alone`: of all prisons. Those of single prisons show no breakdown that could be subtracted from the sum."""
    answered = one.of("answered")
    ways = {way: answered.get(way, 0) for way in _WAYS}
    ways["open"] = max(0, one.total("requested") - one.total("answered"))
    detail = requests is not None
    fallback = one.total("fallback")
    return Published(
        week=one.week.isoformat(),
        prison=name,
        requests=requests,
        ways=_shown(ways, detail),
        decisions=_shown(_filled(one, "decided", _DECISIONS), detail and alone),
        choices=_shown(_filled(one, "choice", _CHOICES), detail and alone),
        channels=_shown(_filled(one, "requested", _CHANNELS), detail and alone),
        fallback=hide_small({"with": fallback, "without": one.total("requested") - fallback})["with"]
        if detail
        else None,
        reasons=_shown(_filled(one, "fallback", ()), detail and alone),
        median=one.percentile(0.5) if _enough(one, detail) else None,
        percentile_95=one.percentile(0.95) if _enough(one, detail) else None,
        validated=hide_small({"": one.total("validated")})[""],
    )


def _filled(one: WeekOfPrison, measure: str, items: Sequence[str]) -> dict[str, int]:
    return {**dict.fromkeys(items, 0), **dict(sorted(one.of(measure).items()))}


def _shown(numbers: Mapping[str, int], detail: bool) -> Numbers:
    return hide_small(numbers) if detail else dict.fromkeys(numbers, None) if numbers else {}


def _enough(one: WeekOfPrison, detail: bool) -> bool:
    return detail and one.total("seconds") >= SMALL
