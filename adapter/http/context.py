"""What a handler has in hand: what the application was made of, and the call it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import unquote_plus

from aiohttp import web

from adapter.booking.fingerprints import Fingerprinter
from adapter.booking.port import BookingsPort, Prisons
from adapter.booking.views import Language
from adapter.clock import Clock, london_today
from adapter.web.arrival import Arrival
from adapter.web.failure import Failure, Fault, not_found
from adapter.web.limits import Limits
from adapter.web.preferences import best_language, list_header
from booking_rules.calendar import BankHolidays
from booking_rules.prisons import Prison


@dataclass(frozen=True, slots=True)
class BuildInfo:
    """What is running."""

    version: str
    git_revision: str = ""


class MadeLists:
    """The list of prisons in each language, made once for each set of prisons."""

    def __init__(self) -> None:
        self._of: Prisons | None = None
        self._bodies: dict[Language, bytes] = {}

    def get(self, prisons: Prisons, language: Language, make: Callable[[], bytes]) -> bytes:
        if prisons is not self._of:
            self._of, self._bodies = prisons, {}
        if language not in self._bodies:
            self._bodies[language] = make()
        return self._bodies[language]


@dataclass(frozen=True, slots=True)
class Context:
    """What every handler may use. `budget` is seconds from a request's arrival to its answer; `grace` seconds later an
    answer that still isn't there will not come."""

    bookings: BookingsPort
    clock: Clock
    holidays: Callable[[date], BankHolidays]  # around a day
    fingerprinter: Fingerprinter
    limits: Limits
    public_url: str
    budget: float
    grace: float
    build: BuildInfo
    metrics: Callable[[], bytes] | None
    made_lists: MadeLists = field(default_factory=MadeLists)

    def today(self) -> date:
        return london_today(self.clock)

    def prison(self, prison_id: object) -> Prison | None:
        """The prison with this id; None for unknown ones, and for whatever is not an id."""
        return self.bookings.prisons().by_id(prison_id) if isinstance(prison_id, str) else None


@dataclass(frozen=True, slots=True)
class Call:
    """One request to answer. `body` is empty where the endpoint takes none."""

    request: web.Request
    arrival: Arrival
    body: Mapping[str, object]
    deadline: float

    @property
    def language(self) -> Language:
        """Of replies to requests without a body."""
        return best_language(list_header(self.request, "Accept-Language")) or "en"

    def segment(self) -> str:
        """The last segment of the path, which the client escapes as a form: a blank arrives as `+`."""
        path = self.request.raw_path.partition("?")[0]
        return unquote_plus(path.rpartition("/")[2])

    def need_query(self, *names: str) -> tuple[str, ...]:
        """The values of these query parameters. Raises the 422 of the first that is missing."""
        query = self.request.query
        for name in names:
            if name not in query:
                raise missing(name)
        return tuple(query[name] for name in names)

    def need_body(self, *names: str) -> None:
        """Raises the 422 of the first of these keys that is missing or null."""
        for name in names:
            if self.body.get(name) is None:
                raise missing(name)

    def known_prison(self, prison: Prison | None) -> Prison:
        if prison is None:
            raise not_found()
        return prison


def missing(name: str) -> Failure:
    return Failure(422, f"Missing parameter: {name}", (Fault(f"/{name}", "is missing"),))


def invalid(name: str, detail: str) -> Failure:
    """The 422 of a top-level parameter. `detail` says what is wrong with it, without repeating it."""
    return Failure(422, f"Invalid parameter: {name}", (Fault(f"/{name}", detail),))
