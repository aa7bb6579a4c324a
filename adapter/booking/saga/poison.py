"""A visit that was claimed again and again without progress: set aside so that it blocks nobody else."""

from __future__ import annotations

from adapter.booking.desk import Desk, Run
from adapter.booking.saga.doubt import doubt_after_crash
from adapter.booking.saga.endings import hand_over
from adapter.booking.saga.leave import give_up
from adapter.store.records import Visit
from booking_rules.lifecycle import Step
from booking_rules.reasons import StaffWhy


async def set_aside(desk: Desk, visit: Visit, run: Run) -> Visit:
    """Take a poisoned visit to where a person or the evidence decides."""
    match visit.step:
        case Step.BOOKING:
            return await doubt_after_crash(desk, visit, run)
        case Step.WITHDRAWING | Step.CANCELLING:
            return await give_up(desk, visit, run, why="stuck")
        case _:
            return await hand_over(desk, visit, run, why=StaffWhy.STUCK)
