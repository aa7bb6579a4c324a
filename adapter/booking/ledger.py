"""The one door through which visits change: guard, history, references and messages in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from adapter.booking.desk import Desk, Run
from adapter.booking.letters import Letter
from adapter.log import events, get_logger
from adapter.store import attempts as attempt_rows
from adapter.store import outbox as outbox_rows
from adapter.store import visits as visit_rows
from adapter.store.errors import CommitUnknown, Gone
from adapter.store.records import Attempt, Visit
from adapter.store.shapes import NOW
from adapter.store.unit_of_work import Tx
from adapter.store.visits import FREE, KEEP, Happened, LeaseTerms
from booking_rules.lifecycle import AttemptEvent, AttemptState, Event, Step
from notifier import MessageKind

_log = get_logger()

__all__ = [
    "FREE",
    "KEEP",
    "NOW",
    "AttemptWrite",
    "Change",
    "Repost",
    "attempts",
    "commit",
    "hold",
    "park",
    "reload",
    "soon",
    "tried_before",
]


@dataclass(frozen=True, slots=True)
class AttemptWrite:
    """What a change does to one reference: an event of its own table, or (None) only facts."""

    attempt: Attempt
    event: AttemptEvent | None
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Repost:
    """The reference whose stored body is posted again; `anew` replaces a body of which no byte ever left."""

    attempt: Attempt
    event: AttemptEvent | None = None
    anew: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Everything that one commit says about a visit, which is as it was read: what becomes of it stands in `values`.

    `events` may be empty: facts only. `supersede`: messages that these facts make untrue, if they are still unsent.
    `check` may look once more inside the transaction; when it returns False nothing is written.
    """

    visit: Visit
    events: Sequence[Event | Happened] = ()
    name: str = "noted"
    who: str = "machine"
    lease: LeaseTerms = FREE
    held_by: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    attempts: Sequence[AttemptWrite] = ()
    opens: Mapping[str, object] | None = None
    reposts: Repost | None = None
    letters: Sequence[Letter] = ()
    supersede: Sequence[MessageKind] = ()
    check: Callable[[Tx], Awaitable[bool]] | None = None
    detail: str | None = None
    written: list[Attempt] = field(default_factory=list)
    """Filled by `commit`: the references that were opened or changed, as committed."""


async def commit(desk: Desk, change: Change, deadline: float | None = None) -> Visit | None:
    """Write a change. None: somebody was faster (or `check` said no), and nothing was written: read again.

    Raises `Conflict` when a unique index refuses it, `StoreUnavailable` when it can't be known to be written, `Gone`
    when the visit was removed.
    """
    visit = change.visit
    rows = desk.letters.rows(
        _as_it_will_be(change) if change.letters else visit,
        desk.prison(visit),
        change.letters,
        desk.clock.now(),
    )
    values = dict(change.values)
    if rows:
        values["mail_sequence"] = visit.mail_sequence + len(rows)
    written: Visit | None = None
    dropped: set[str] = set()
    try:
        async with desk.store.write(deadline) as tx:
            if change.check is not None and not await change.check(tx):
                return None
            written = await _write_visit(tx, change, values, blind=desk.breaks.guard_without_version)
            if written is None or not await _write_attempts(tx, desk, change):
                _log.info(events.STEP_OVERTAKEN, visit=visit.id, step=visit.step.value)
                return None
            dropped = await _write_letters(tx, visit.id, change, rows)
            await tx.commit()
    except CommitUnknown:
        if written is None:
            raise
        return await _read_back(desk, written)
    if rows:
        desk.waker.notify()
    _tell(desk, change, written, dropped)
    return written


def _tell(desk: Desk, change: Change, written: Visit, dropped: set[str]) -> None:
    """One line for each move, for what became of references, and for messages that are no longer true."""
    for item in change.events:
        happened = item.event if isinstance(item, Happened) else item
        tell_step(desk, written, change.visit.step, happened)
    for attempt in change.written:
        if any(write.event is not None and write.attempt.id == attempt.id for write in change.attempts):
            _tell_settled(attempt)
    for kind in sorted(dropped):
        _log.info(events.MAIL_SUPERSEDED, visit=written.id, kind=kind, audience=_audience(kind))


def tell_step(desk: Desk, visit: Visit, before: Step, happened: Event) -> None:
    """One line for a move; `visit` as committed with it."""
    _log.info(
        events.STEP_TAKEN,
        visit=visit.id,
        step=before.value,
        happened=happened.value,
        to=visit.step.value,
        acting_for=visit.acting_for,
    )
    desk.counts.step_taken(before.value, happened.value, visit.step.value)


def _tell_settled(attempt: Attempt) -> None:
    about = {"visit": attempt.visit_id, "reference": attempt.reference, "state": attempt.state.value}
    if attempt.state is AttemptState.STRAY:
        _log.warning(events.STRAY_FOUND, **about)
    else:
        _log.info(events.ATTEMPT_SETTLED, **about)


def _audience(kind: str) -> str:
    return "mailbox" if kind.startswith("staff_") else "visitor"


async def reload(desk: Desk, visit_id: str) -> Visit:
    """The visit as committed now. Raises `Gone` when it was removed meanwhile."""
    async with desk.store.read() as tx:
        visit = await visit_rows.load(tx, visit_id)
    if visit is None:
        raise Gone
    return visit


async def attempts(desk: Desk, visit_id: str) -> list[Attempt]:
    async with desk.store.read() as tx:
        return await attempt_rows.attempts_of(tx, visit_id)


async def tried_before(desk: Desk, visit: Visit) -> list[Attempt]:
    """The references of a visit in `checking`. One whose second version that is has only arrived and been started: it
    can't have any, for each is opened with a version of its own.
    """
    return [] if visit.version == 2 else await attempts(desk, visit.id)


async def park(desk: Desk, visit: Visit, run: Run, due_in: float) -> Visit:
    """Let go without progress, to be taken up again in `due_in` seconds."""
    async with desk.store.write() as tx:
        await visit_rows.park(tx, visit, run.holder, due_in)
        await tx.commit()
    return visit._replace(lease_holder=None, lease_until=None)


def hold(desk: Desk, run: Run) -> LeaseTerms:
    """Keep the visit for this run, for a whole lease from now."""
    return LeaseTerms(holder=run.holder, seconds=desk.times.lease)


def soon(seconds: float) -> LeaseTerms:
    """Let go; the worker takes it up again after `seconds`."""
    return LeaseTerms(due_in=seconds)


async def _write_visit(tx: Tx, change: Change, values: Mapping[str, object], *, blind: bool) -> Visit | None:
    if not change.events:
        return await visit_rows.note(
            tx,
            change.visit,
            name=change.name,
            who=change.who,
            values=values,
            detail=change.detail,
            lease=change.lease,
            held_by=change.held_by,
        )
    happened = [item if isinstance(item, Happened) else Happened(item) for item in change.events]
    if change.detail is not None:
        happened[-1] = replace(happened[-1], detail=change.detail)
    return await visit_rows.move(
        tx,
        change.visit,
        happened,
        who=change.who,
        lease=change.lease,
        values=values,
        held_by=change.held_by,
        blind=blind,
    )


async def _write_attempts(tx: Tx, desk: Desk, change: Change) -> bool:
    done: Attempt | None
    if change.opens is not None:
        change.written.append(await attempt_rows.open_attempt(tx, change.opens, desk.times.lease))
    if (again := change.reposts) is not None:
        done = await attempt_rows.begin_post(tx, again.attempt, desk.times.lease, again.event, again.anew)
        if done is None:
            return False
        change.written.append(done)
    for item in change.attempts:
        if item.event is None:
            done = await attempt_rows.note_attempt(tx, item.attempt, item.values)
        else:
            done = await attempt_rows.move_attempt(tx, item.attempt, item.event, item.values)
        if done is None:
            return False
        change.written.append(done)
    return True


async def _write_letters(tx: Tx, visit_id: str, change: Change, rows: list[dict[str, object]]) -> set[str]:
    """Queue the messages; returns the kinds of those that were unsent and now never leave."""
    dropped: set[str] = set()
    if change.supersede and change.visit.mail_sequence:  # in the guarded row: 0 as long as it never had a message
        dropped = await outbox_rows.supersede(tx, visit_id, [kind.value for kind in change.supersede])
    wanted = [
        row
        for row, letter in zip(rows, change.letters, strict=True)
        if letter.only_after is None or letter.only_after.value not in dropped
    ]
    await outbox_rows.put(tx, wanted)
    return dropped


async def _read_back(desk: Desk, written: Visit) -> Visit | None:
    """A COMMIT whose answer was lost: the mark tells whether it was carried out."""
    found = await reload(desk, written.id)
    if found.mark == written.mark:
        return found
    async with desk.store.read() as tx:
        history = await visit_rows.history(tx, written.id)
    passed = any(row.version == written.version and row.at == written.updated_at for row in history)
    return found if passed else None


def _as_it_will_be(change: Change) -> Visit:
    """The visit with those plain values of the change that its messages must already show."""
    shown = ("trace", "slot_granted", "not_allowed", "calendar_sequence", "staff_messages")
    new: dict[str, Any] = {name: change.values[name] for name in shown if name in change.values}
    return change.visit._replace(**new)
