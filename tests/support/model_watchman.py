"""Watches a model while it runs: every POST as it arrives, and what must hold after every step."""

from __future__ import annotations

from collections import Counter

from nomis_client.fake.engine import Engine
from nomis_client.fake.outcome import Arrival, Outcome
from nomis_client.fake.requests import Book
from nomis_client.fake.world import World
from tests.support.model_rows import Rows

_MAY_POST = ("booking", "withdrawing")
"""Withdrawing: the visitor left after the reference was committed and before its body was on the wire."""


class Watchman:
    """`faults`: every broken invariant with the step in which it was seen."""

    def __init__(self, world: World, rows: Rows, by_hand: set[int]) -> None:
        self._world = world
        self._rows = rows
        self._by_hand = by_hand
        self._bodies: dict[str, Book] = {}
        self.step = 0
        self.faults: list[str] = []

    def posted(self, request: Book) -> None:
        """A booking arrives at the prison system: was it committed, and may it come now?"""
        reference = request.reference
        if reference is None or (known := self._rows.reference(reference)) is None:
            self._say(f"I7 {reference} was posted and never committed")
            return
        if self._bodies.setdefault(reference, request) != request:
            self._say(f"I7 {reference} was posted with two bodies")
        if known.state != "open" or known.others:
            self._say(f"I7 {reference} was posted while {known.state}, with {known.others} others open")
        if known.step not in _MAY_POST:
            self._say(f"I6 {reference} was posted while its visit was {known.step}")

    def look(self, step: int) -> None:
        """After a step; cheap, for the rest is compared at the end."""
        self.step = step
        held = Counter(
            visit.reference[:36] for visit in self._world.visits.values() if visit.scheduled and visit.reference
        )
        for name, count in held.items():
            if count > 1:
                self._say(f"I1 {name} holds {count} visits")
        for key in self._by_hand:
            made = self._world.visits.get(key)
            if made is not None and made.status == "CANC":
                self._say(f"I12 the visit {key} was made by hand, and cancelled")

    def _say(self, fault: str) -> None:
        if not any(known.endswith(fault) for known in self.faults):
            self.faults.append(f"step {self.step}: {fault}")


class WatchedEngine(Engine):
    """The fake, with somebody at its door."""

    watchman: Watchman | None = None

    async def perform(self, arrival: Arrival, patience: float | None = None) -> Outcome:
        if self.watchman is not None and isinstance(arrival.request, Book):
            self.watchman.posted(arrival.request)
        return await super().perform(arrival, patience)
