"""The booking facade as its callers see it. The HTTP API, the staff pages and the reports depend on this only."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Protocol

from adapter.booking.views import (
    Feedback,
    Fingerprints,
    Health,
    Mode,
    Offer,
    RequestVisit,
    SameKeyOtherBody,
    TooMany,
    VisitView,
)

if TYPE_CHECKING:
    from booking_rules.prisons import Prison


class Prisons(Protocol):
    """The prisons as configured at one moment. The same object means the same prisons."""

    def by_id(self, prison_id: str) -> Prison | None:
        """The prison with this UUID, in any spelling of it; None for unknown and for ill-formed ids."""
        ...

    def by_key(self, key: str) -> Prison | None: ...

    def all(self) -> tuple[Prison, ...]:
        """Every prison, disabled ones included, by name."""
        ...


class BookingsPort(Protocol):
    """Everything the web booking frontend may ask for.

    Deadlines are on the event loop's clock (`loop.time()`); an answer comes before them. Whatever needs the store
    raises `StoreUnavailable` when it can't be reached. Work that isn't finished by the deadline goes on by itself; a
    caller that is cancelled stops nothing.
    """

    async def request_visit(self, wanted: RequestVisit) -> VisitView | SameKeyOtherBody | TooMany:
        """Store the request, decide it as far as the deadline allows, and return it as it then stands.

        Equal fingerprints return the visit of the first request, also when both run at the same moment, and also where
        a new request would be `TooMany`.
        """
        ...

    async def find_same(self, fingerprints: Fingerprints, deadline: float) -> VisitView | SameKeyOtherBody | None:
        """The visit of an earlier equal request as it stands now, or None. Changes nothing that is already decided.

        Where the first is still being decided it waits for that decision, within the deadline; where its process is
        dead, it carries on with it.
        """
        ...

    async def visit(self, id_text: str) -> VisitView | None:
        """The visit with this UUID or human id, as people type them; None for everything else."""
        ...

    async def withdraw_or_cancel(self, id_text: str, deadline: float, request_id: str) -> VisitView | None:
        """Cancel a booked visit that has not begun, withdraw a requested one, leave any other as it is.

        Returns the visit as it then stands; None for an unknown id. Once done, again changes nothing.
        """
        ...

    def prisons(self) -> Prisons:
        """The prisons as configured now."""
        ...

    async def validate_prisoner(self, number: str, born: date, deadline: float) -> bool:
        """Whether an active prisoner has this number and date of birth; True when it can't be asked in time."""
        ...

    async def slots(self, prison: Prison, number: str, born: date, start: date, end: date, deadline: float) -> Offer:
        """The timetable's bookable slots from `start` to `end`, chronological, at most 28 days.

        Each with why it can't be booked (`prisoner_unavailable`, `prison_unavailable`); empty means bookable. Without
        an answer of the prison system in time: the timetable without reasons.
        """
        ...

    def mode(self, prison: Prison) -> Mode:
        """Whether this prison answers at once just now."""
        ...

    async def send_feedback(self, feedback: Feedback) -> None:
        """Store the feedback to be passed on by email."""
        ...

    async def health(self) -> Health:
        """Never raises: a store that can't be reached is `up=False`."""
        ...
