"""A request arrives: remembered with its idempotency rows in one commit, before anything is asked of anyone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapter.booking.caps import counted_address
from adapter.booking.codec import StoredOutcome, dump_request
from adapter.booking.desk import Desk
from adapter.booking.ledger import soon, tell_step
from adapter.booking.saga.endings import RETRY
from adapter.booking.views import Fingerprints, RequestVisit, TooMany
from adapter.log import events, get_logger
from adapter.store import idempotency
from adapter.store import visits as visit_rows
from adapter.store.errors import CommitUnknown, Conflict
from adapter.store.idempotency import Earlier, Sameness
from adapter.store.records import Visit
from adapter.store.rivals import somebody_waits, turn_is_free
from adapter.store.unit_of_work import Tx
from adapter.store.visits import Happened, LeaseTerms
from booking_rules.calendar import confirm_by
from booking_rules.decision import decide_without_facts
from booking_rules.lifecycle import Event, Step
from booking_rules.party import count_adults

_log = get_logger()
_DAY = 86_400.0
_TEN_MINUTES = 600.0
_TRIES = 5
_ROUND_TRIPS = 3
"""How often a booking waits for the prison system, at the least: who is it, what speaks against it, the booking."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A new visit, leased to `holder` since `leased_at` (loop time, before the commit).

    In `waiting` nobody has it: the prison system can't answer now, and it is taken up when it can.
    """

    visit: Visit
    holder: str
    leased_at: float


async def arrive(desk: Desk, wanted: RequestVisit) -> Arrived | Earlier | TooMany:
    """Store the request, or find the visit of an equal one. Raises `StoreUnavailable`.

    `TooMany` is the answer to a new request only; nothing of it is stored.
    """
    keys = _keys(desk, wanted.fingerprints)
    first = _first_step(desk, wanted)
    for _ in range(_TRIES):
        values, holder, leased_at = _values(desk, wanted), desk.ids.holder(), desk.clock.monotonic()
        lease = first.lease or LeaseTerms(holder=holder, seconds=desk.times.lease)
        visit: Visit | None = None
        try:
            async with desk.store.write(wanted.deadline) as tx:
                await desk.caps.take_turn(tx, wanted.request)
                if not await _turn_is_free(tx, first, wanted):
                    first = _NOTHING_YET
                happened = [Happened(event) for event in first.events]
                values |= first.values
                visit = await visit_rows.add(tx, values, lease, desk.times.handover_after, "visitor", happened)
                if await idempotency.claim(tx, visit.id, keys):
                    if cap := await desk.caps.exceeded(tx, wanted.request, desk.wall_time()):
                        _log.warning(events.REQUEST_CAPPED, prison=wanted.prison.key, reason=cap)
                        return TooMany()
                    await tx.commit()
                    return _arrived(desk, visit, first, holder, leased_at)
        except CommitUnknown:
            if visit is not None and (stored := await _read_back(desk, visit, wanted.deadline)):
                return _arrived(desk, stored, first, holder, leased_at)
            continue
        except Conflict:
            # A human id drawn twice, two equal requests at the same instant, or the prisoner's turn is taken.
            first = first if first.lease else _NOTHING_YET
            continue
        if (earlier := await find_same(desk, wanted.fingerprints, wanted.deadline)) is not None:
            return earlier
    raise CommitUnknown("timeout")


@dataclass(frozen=True, slots=True)
class _First:
    """What happens to a request in the commit that stores it. `lease` None: it is its creator's."""

    events: tuple[Event, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)
    lease: LeaseTerms | None = None


_NOTHING_YET = _First()


def _first_step(desk: Desk, wanted: RequestVisit) -> _First:
    """What can be said without asking anybody is stored with the request, and costs no commit of its own.

    It has to wait if nothing can be asked within its budget (unless it would be handed to staff at once: that takes
    emails, and is decided where all of it is); it is judged at once if it is known who the prisoner is.
    """
    prison, prisoner = wanted.prison, wanted.request.prisoner
    left = wanted.deadline - desk.times.reply_margin - desk.clock.monotonic()
    may_answer = desk.nomis.may_answer(prison.nomis_id, left / _ROUND_TRIPS)
    offender_id = desk.nomis.recall_offender(prisoner.number, prisoner.date_of_birth)
    if (may_answer and offender_id is None) or (not may_answer and desk.times.handover_after <= 0):
        return _NOTHING_YET
    if decide_without_facts(wanted.request, prison, desk.wall_time()) is not None:
        return _NOTHING_YET
    if may_answer:
        return _First((Event.START,), {"offender_id": offender_id})
    return _First((Event.AWAY,), {"ever_waited": True}, soon(min(RETRY, desk.times.handover_after)))


async def _turn_is_free(tx: Tx, first: _First, wanted: RequestVisit) -> bool:
    offender_id = first.values.get("offender_id")
    if not isinstance(offender_id, int):
        return True  # no turn is needed
    return await turn_is_free(tx, offender_id) and not await somebody_waits(tx, wanted.request.prisoner.number)


def _arrived(desk: Desk, visit: Visit, first: _First, holder: str, leased_at: float) -> Arrived:
    _log.info(events.VISIT_REQUESTED, visit=visit.id, prison=visit.prison_key, count=len(visit.choices))
    for event in first.events:
        tell_step(desk, visit, Step.RECEIVED, event)
    if first.lease is not None:
        desk.waker.notify()
    return Arrived(visit, holder, leased_at)


async def find_same(desk: Desk, fingerprints: Fingerprints, deadline: float) -> Earlier | None:
    """The visit of an earlier equal request, if its idempotency still counts."""
    async with desk.store.read(deadline) as tx:
        return await idempotency.find(tx, _keys(desk, fingerprints))


async def remember(desk: Desk, visit_id: str, fingerprints: Fingerprints, deadline: float) -> None:
    """This request was answered with an earlier visit: so will be its own repeats, for as long as they may come."""
    keys = [key for key in sameness(fingerprints) if key.kind != "same"]
    async with desk.store.write(deadline) as tx:
        if await idempotency.claim(tx, visit_id, keys):
            await tx.commit()


def sameness(fingerprints: Fingerprints) -> tuple[Sameness, ...]:
    """The ways in which the request may be the same again, and for how long each counts."""
    found = []
    if fingerprints.key is not None:
        found.append(Sameness(fingerprints.key, "key", fingerprints.body, _DAY))
    if fingerprints.rid is not None:
        found.append(Sameness(fingerprints.rid, "rid", fingerprints.body, _DAY))
    if fingerprints.same is not None:
        found.append(Sameness(fingerprints.same, "same", fingerprints.body, _TEN_MINUTES))
    return tuple(found)


def _keys(desk: Desk, fingerprints: Fingerprints) -> tuple[Sameness, ...]:
    keys = sameness(fingerprints)
    return tuple(key for key in keys if key.kind != "same") if desk.breaks.forget_identical_once_booked else keys


async def _read_back(desk: Desk, visit: Visit, deadline: float) -> Visit | None:
    async with desk.store.read(deadline) as tx:
        return await visit_rows.load(tx, visit.id)


def _values(desk: Desk, wanted: RequestVisit) -> dict[str, object]:
    prison, request = wanted.prison, wanted.request
    today = desk.today()
    choices = [str(slot) for slot in request.choices]
    slots = dict(zip(("slot1", "slot2", "slot3"), choices, strict=False))
    outcome = StoredOutcome("in_progress", (), ("not_tried",) * len(choices), _mode(wanted))
    return {
        "id": desk.ids.visit_id(),
        "human_id": desk.ids.human_id(),
        "prison_id": prison.id,
        "prison_key": prison.key,
        "nomis_prison": prison.nomis_id,
        "mailbox": prison.email_address,
        "channel": wanted.channel,
        "language": wanted.language,
        "noms_id": request.prisoner.number,
        "request": dump_request(request),
        "email": counted_address(request.email),
        **slots,
        "party": len(request.visitors),
        "adults": count_adults(prison, [person.date_of_birth for person in request.visitors], today),
        "confirm_by": confirm_by(prison, today, desk.holidays(today)).isoformat(),
        "outcome": outcome.dumped(),
        "find_by_ref": desk.nomis.finds_by_reference,
    }


def _mode(wanted: RequestVisit) -> str:
    return "real_time" if wanted.prison.real_time else "mailbox"
