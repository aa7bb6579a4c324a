"""Labels whose values can't grow without end, whatever they are given."""

from __future__ import annotations

import re
from typing import Generic, TypeVar

from prometheus_client.metrics import MetricWrapperBase

OTHER = "other"
_CODE = re.compile(r"[A-Za-z0-9_./{}-]{1,80}")


class Bounded:
    """Lets the first `most` values through that look like codes; any other becomes `other`.

    The callers pass codes from closed lists; this is for the day on which one doesn't.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: set[str] = set()

    def __call__(self, value: str) -> str:
        if value in self._seen:
            return value
        if len(self._seen) >= self._most or not _CODE.fullmatch(value):
            return OTHER
        self._seen.add(value)
        return value


_Metric = TypeVar("_Metric", bound=MetricWrapperBase)


class Labelled(Generic[_Metric]):
    """A metric by its labels, each of them bounded. What was asked for before is found at one look: the library takes a
    lock and makes texts of the labels each time."""

    def __init__(self, metric: _Metric, *bounds: Bounded) -> None:
        self._metric = metric
        self._bounds = bounds
        self._found: dict[tuple[str, ...], _Metric] = {}

    def __call__(self, *labels: str) -> _Metric:
        """The one with these labels."""
        return self._found.get(labels) or self._look_up(labels)

    def _look_up(self, labels: tuple[str, ...]) -> _Metric:
        allowed = tuple(bound(label) for bound, label in zip(self._bounds, labels, strict=True))
        found = self._metric.labels(*allowed)
        if allowed == labels:  # what became `other` is not kept: there is no end of it
            self._found[labels] = found
        return found
