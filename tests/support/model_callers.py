"""The families of a model: they ask, repeat, look and withdraw, and remember every answer."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random
from typing import Any

from adapter.booking.service import Bookings
from adapter.booking.views import RequestVisit, StoreUnavailable, VisitView
from tests.support.model_process import Process
from tests.support.model_rows import Rows
from tests.support.site import RunningClock

TEN_MINUTES = 600.0
"""How long the same request again, under another name, is the same visit."""
_NEXT = {
    "requested": {"requested", "booked", "rejected", "withdrawn", "cancelled"},
    "booked": {"booked", "cancelled"},
}
"""What may follow what a family was told; everything else is final."""
_OVER = ("rejected", "withdrawing", "withdrawn", "cancelling", "cancelled")


@dataclass(frozen=True, slots=True)
class Told:
    """One answer. Of all that happens to the callers, its question was the `began`th thing and it the `ended`th: many
    things happen at one moment of a virtual clock."""

    view: VisitView
    began: int
    ended: int


@dataclass
class Asked:
    """One request of a family, and what it was told."""

    wanted: RequestVisit
    told: list[Told] = field(default_factory=list)
    twin_of: Asked | None = None
    sent_at: float = 0.0

    @property
    def visit_id(self) -> str | None:
        return self.told[0].view.id if self.told else None


class Callers:
    """Calls go to any living process; `faults` are answers that break the promise, in words."""

    def __init__(self, clock: RunningClock, budget: float, processes: list[Process], rng: Random, rows: Rows) -> None:
        self._rows = rows
        self._clock = clock
        self._budget = budget
        self._processes = processes
        self._rng = rng
        self.asked: list[Asked] = []
        self.departed: set[str] = set()
        self.faults: list[str] = []
        self._order = count()

    def ask(self, wanted: RequestVisit, twin_of: Asked | None = None) -> Asked:
        """A new request. Doesn't wait for the answer."""
        item = Asked(wanted, twin_of=twin_of, sent_at=self._clock.monotonic())
        self.asked.append(item)
        self.repeat(item)
        return item

    def repeat(self, item: Asked) -> None:
        """The same request on the wire again."""
        self._call(lambda bookings: self._ask(item, bookings))

    def ask_again(self, item: Asked) -> None:
        """The family sends the same as a new request."""
        number = len(self.asked)
        prints = replace(item.wanted.fingerprints, rid=f"rid-{number}")
        self.ask(replace(item.wanted, fingerprints=prints), twin_of=item)

    def recent(self) -> list[Asked]:
        """Requests of which the same again is surely the same visit."""
        now = self._clock.monotonic()
        return [item for item in self.asked if now - item.sent_at < TEN_MINUTES - 60]

    def answered(self) -> list[Asked]:
        return [item for item in self.asked if item.told]

    def depart(self, item: Asked) -> None:
        """Withdraw or cancel."""
        assert item.visit_id is not None
        self.departed.add(item.visit_id)
        self._call(lambda bookings: self._depart(item, bookings))

    def look(self, item: Asked) -> None:
        self._call(lambda bookings: self._look(item, bookings))

    def _call(self, work: Callable[[Bookings], Coroutine[Any, Any, None]]) -> None:
        process = self._rng.choice([item for item in self._processes if not item.dead] or self._processes)
        process.call(work(process.service.bookings))

    async def _ask(self, item: Asked, bookings: Bookings) -> None:
        began = next(self._order)
        wanted = replace(item.wanted, deadline=self._clock.monotonic() + self._budget)
        try:
            found = await bookings.find_same(wanted.fingerprints, wanted.deadline)
            answer = found if found is not None else await bookings.request_visit(wanted)
        except StoreUnavailable:
            return
        assert isinstance(answer, VisitView)
        self._check_twin(item, answer)
        self._tell(item, answer, began)

    async def _depart(self, item: Asked, bookings: Bookings) -> None:
        began, deadline = next(self._order), self._clock.monotonic() + self._budget
        try:
            answer = await bookings.withdraw_or_cancel(item.told[0].view.id, deadline, "")
        except StoreUnavailable:
            return
        assert answer is not None, "what was answered 200 exists"
        if answer.processing_state not in ("withdrawn", "cancelled", "rejected"):
            self.faults.append(f"I5 {answer.id} was left, and is told to be {answer.processing_state}")
        self._tell(item, answer, began)

    async def _look(self, item: Asked, bookings: Bookings) -> None:
        began = next(self._order)
        try:
            answer = await bookings.visit(item.told[0].view.id)
        except StoreUnavailable:
            return
        assert answer is not None, "what was answered 200 exists"
        self._tell(item, answer, began)

    def _check_twin(self, item: Asked, answer: VisitView) -> None:
        """The same again within ten minutes finds the first, unless that was left or refused, by staff perhaps."""
        first = item.twin_of
        if first is None or not first.told or item.told or answer.id == first.visit_id:
            return
        assert first.visit_id is not None
        still_wanted = self._rows.step(first.visit_id) not in _OVER
        age = (self._clock.now() - first.told[0].view.created_at).total_seconds()
        if still_wanted and first.visit_id not in self.departed and age < TEN_MINUTES - 30:
            self.faults.append(f"I11 {first.visit_id} and {answer.id} are for one family")

    def _tell(self, item: Asked, answer: VisitView, began: int) -> None:
        new = Told(answer, began, next(self._order))
        for told in item.told:
            if told.view.id != answer.id:
                self.faults.append(f"I5 one request is told of {told.view.id} and of {answer.id}")
            before, now = told.view.processing_state, answer.processing_state
            if told.ended < began and now not in _NEXT.get(before, {before}):
                self.faults.append(f"I5 {answer.id} was {before}, and then {now}")
        item.told.append(new)
