"""Looking our own references up before a person answers: nothing is decided on a booking that may be there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapter.booking.codec import dump
from adapter.booking.desk import Desk, Run
from adapter.booking.ledger import KEEP, AttemptWrite, Change, attempts, commit
from adapter.booking.saga.doubt import is_settled, still_watched
from adapter.booking.saga.evidence import Look, Shown, is_still_there, look_for
from adapter.booking.staffing_views import NotDone, ReferenceLook, Seen, Why
from adapter.store.records import Attempt, Visit
from booking_rules.lifecycle import UNSETTLED, AttemptEvent, AttemptState

_SEEN: dict[Shown, Seen] = {
    Shown.OURS: "found",
    Shown.NOTHING: "nothing",
    Shown.CANCELLED: "cancelled",
    Shown.CANDIDATE: "candidate",
    Shown.AWAY: "away",
}


@dataclass(frozen=True, slots=True)
class Looked:
    """One reference with what was seen of it."""

    attempt: Attempt
    look: Look

    @property
    def told(self) -> ReferenceLook:
        seen = _SEEN.get(self.look.shown, "unclear")
        return ReferenceLook(self.attempt.reference, self.attempt.slot, seen, self.look.nomis_visit_id)


def doubtful(known: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """References under which a booking may be in the prison system without our knowing."""
    over = (AttemptState.REMOVED, AttemptState.GONE, AttemptState.LEFT, AttemptState.HELD)
    return tuple(item for item in known if item.state in UNSETTLED or (item.doubted and item.state not in over))


def a_look(desk: Desk) -> Run:
    """Reads for a person who waits; nobody's lease."""
    until = desk.clock.monotonic() + desk.times.read_timeout
    return Run(holder="", lease_until=0.0, reads_until=until, foreground=False)


async def look_at_all(desk: Desk, visit: Visit, run: Run) -> tuple[Looked, ...]:
    """Each doubtful reference, looked up now."""
    return tuple(
        [Looked(item, await look_for(desk, visit, item, run)) for item in doubtful(await attempts(desk, visit.id))]
    )


def mark(looks: Sequence[Looked]) -> str:
    """What the looks showed, as a form carries it: equal marks, nothing new to read."""
    return "; ".join(f"{told.reference} {told.seen} {told.nomis_visit_id or ''}".strip() for told in _told(looks))


def unread(looks: Sequence[Looked], looked: str) -> NotDone | None:
    """Tells staff to read what the references show, unless they have."""
    if not looks or looked == mark(looks):
        return None
    return NotDone(Why.LOOK_FIRST, looks=_told(looks), looked=mark(looks))


async def settled(desk: Desk, visit: Visit, run: Run) -> Visit | NotDone:
    """The visit with every reference settled: what is proven absent is, anything else stands in the way.

    So does one that was settled without it and has turned up since.
    """
    for item in doubtful(await attempts(desk, visit.id)):
        seen = Looked(item, await look_for(desk, visit, item, run))
        if item.state not in UNSETTLED and seen.look.shown is not Shown.OURS:
            continue
        absent = seen.look.shown is Shown.NOTHING and not item.exists_shown and is_settled(desk, visit, item)
        if not (absent and item.state is AttemptState.OPEN and await is_still_there(desk, visit, item, run)):
            return NotDone(Why.IN_DOUBT, looks=(seen.told,))
        change = Change(
            visit=visit,
            name="reference_absent",
            lease=KEEP,
            attempts=(still_watched(desk, visit, AttemptWrite(item, AttemptEvent.ABSENT)),),
            detail=dump({"reference": item.reference}),
        )
        moved = await commit(desk, change)
        if moved is None:
            return NotDone(Why.CHANGED)
        visit = moved
    return visit


def watched(visit: Visit, known: Sequence[Attempt]) -> list[AttemptWrite]:
    """From a person's answer on, references still open are looked for at once: one that turns up is taken out."""
    return [
        AttemptWrite(item, None, {"look_at": visit.now, "looks": 0})
        for item in known
        if item.state is AttemptState.OPEN
    ]


def _told(looks: Sequence[Looked]) -> tuple[ReferenceLook, ...]:
    return tuple(item.told for item in looks)
