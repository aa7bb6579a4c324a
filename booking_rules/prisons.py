"""A prison as it is configured: who it is, its timetable and its dates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations, pairwise
from typing import Final

from booking_rules.slots import TimeRange

ADULT_AGES: Final = range(5, 19)
BOOKING_WINDOWS: Final = range(1, 29)
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Prison:
    """One prison. `key` is its name in the configuration, `id` the UUID the frontend knows, `nomis_id` its code in the
    prison system (two prisons may share one).

    `lead_days` counts processing days, `booking_window` calendar days. `recurring` has the sessions of each weekday
    (0 is Monday), `anomalous` those of single dates, which replace the weekday's; `unbookable` dates have none.
    """

    key: str
    id: str
    nomis_id: str
    name: str
    name_cy: str = ""
    address: str | None = None
    postcode: str = ""
    email_address: str = ""
    phone_no: str = ""
    finder_url: str = ""
    enabled: bool = True
    closed: bool = False
    private: bool = False
    adult_age: int = 18
    lead_days: int = 3
    booking_window: int = 28
    weekend_processing: bool = False
    real_time: bool = False
    unbookable: frozenset[date] = frozenset()
    recurring: Mapping[int, tuple[TimeRange, ...]] = field(default_factory=dict, hash=False)
    anomalous: Mapping[date, tuple[TimeRange, ...]] = field(default_factory=dict, hash=False)

    @property
    def in_use(self) -> bool:
        """False for a prison that takes no requests: a closed one is treated as a disabled one."""
        return self.enabled and not self.closed

    def name_in(self, language: str) -> str:
        """Its name in `language` (`en` or `cy`); in English where it has no Welsh one."""
        return (language == "cy" and self.name_cy) or self.name


def find_faults(prison: Prison) -> tuple[str, ...]:
    """What is wrong with the configuration of `prison`, one sentence each; empty if nothing is."""
    return tuple(_faults(prison))


def find_repeats(days: Iterable[date]) -> tuple[date, ...]:
    """The dates that a list has more than once, in order: a fault in `unbookable`, which a set can't show any more."""
    return tuple(sorted(day for day, times in Counter(days).items() if times > 1))


def _faults(prison: Prison) -> Iterator[str]:
    if prison.adult_age not in ADULT_AGES:
        yield f"adult_age must be from {ADULT_AGES[0]} to {ADULT_AGES[-1]}"
    if prison.lead_days < 1:
        yield "lead_days must be at least 1"
    if prison.booking_window not in BOOKING_WINDOWS:
        yield f"booking_window must be from {BOOKING_WINDOWS[0]} to {BOOKING_WINDOWS[-1]}"
    if prison.lead_days >= prison.booking_window:
        yield "booking_window must be longer than lead_days, else no date can be booked"
    for weekday, sessions in sorted(prison.recurring.items()):
        if weekday not in range(len(WEEKDAYS)):
            yield "recurring: a weekday is a number from 0 (Monday) to 6 (Sunday)"
            continue
        yield from _session_faults(f"recurring, {WEEKDAYS[weekday]}", sessions)
    for day, sessions in sorted(prison.anomalous.items()):
        yield from _session_faults(f"anomalous, {day}", sessions)
        if not sessions:
            yield f"anomalous, {day}: no session; a date without any belongs into unbookable"
        if day in prison.unbookable:
            yield f"{day} is both unbookable and anomalous"
        for session in sessions:
            if session.on(day) is None:
                yield f"anomalous, {day}: the clocks go forward over {session}"


def _session_faults(where: str, sessions: Sequence[TimeRange]) -> Iterator[str]:
    ordered = sorted(sessions)
    for one in sorted({one for one, next_one in pairwise(ordered) if one == next_one}):
        yield f"{where}: {one} is there twice"
    for one, other in combinations(sorted(set(ordered)), 2):
        if one.overlaps(other):
            yield f"{where}: {one} and {other} overlap"
