"""One function takes a visit as far as it goes now. No step is special because of who runs it."""

from __future__ import annotations

from adapter.booking.desk import Desk, Run
from adapter.booking.ledger import park
from adapter.booking.saga.begin import begin
from adapter.booking.saga.check import check
from adapter.booking.saga.doubt import doubt_after_crash, look
from adapter.booking.saga.leave import cancelling, withdrawing
from adapter.booking.saga.poison import set_aside
from adapter.log import events, get_logger, tracing
from adapter.store.records import Visit
from booking_rules.lifecycle import MACHINE_STEPS, Step

_log = get_logger()
_MOST_STEPS = 40
"""More than any visit needs in one go; a guard against a loop that makes no progress."""


async def advance(desk: Desk, visit: Visit, run: Run) -> Visit:
    """Take `visit`, leased to `run.holder`, as far as it goes; returns it as committed last.

    Comes back when the visit is settled, parked, or held by somebody else. Raises `StoreUnavailable` when the store
    is gone; the lease then ends by itself and another process carries on.
    """
    if visit.claims > desk.times.max_claims:
        _log.error(events.VISIT_STUCK, visit=visit.id, step=visit.step.value, tries=visit.claims)
        visit = await set_aside(desk, visit, run)
    for _ in range(_MOST_STEPS):
        if visit.step not in MACHINE_STEPS or visit.lease_holder != run.holder:
            return visit
        with tracing.span(f"step {visit.step.value}", visit=visit.id, prison=visit.prison_key) as note:
            before, visit = visit, await _one_step(desk, visit, run)
            note(step=before.step.value, to=visit.step.value)
    return await park(desk, visit, run, 5.0)


async def _one_step(desk: Desk, visit: Visit, run: Run) -> Visit:
    match visit.step:
        case Step.RECEIVED | Step.WAITING:
            return await begin(desk, visit, run)
        case Step.CHECKING:
            return await check(desk, visit, run)
        case Step.BOOKING:
            # Its poster is gone: whoever posts stays inside the step until the answer is stored.
            return await doubt_after_crash(desk, visit, run)
        case Step.IN_DOUBT:
            return await look(desk, visit, run)
        case Step.WITHDRAWING:
            return await withdrawing(desk, visit, run)
        case _:
            return await cancelling(desk, visit, run)
