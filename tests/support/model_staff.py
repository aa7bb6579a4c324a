"""The staff of a model: they answer what was handed over, and cancel what is booked."""

from __future__ import annotations

import asyncio
from random import Random

from adapter.booking.staffing import Staffing
from adapter.booking.staffing_views import Done, Member, NotDone, Order, Rejection, Result, Why
from adapter.booking.views import StoreUnavailable
from tests.support.model_rows import Rows

_MEMBERS = (Member("Pat", "one"), Member("Sam", "two"))


class Staff:
    """They read the queue as stored, and act through one process as the staff pages do."""

    def __init__(self, rows: Rows, rng: Random) -> None:
        self._rows = rows
        self._rng = rng

    async def act(self, staffing: Staffing) -> None:
        """One thing that staff do; perhaps nothing is left for them."""
        by, rng = self._rng.choice(_MEMBERS), self._rng
        with_staff, booked = self._rows.ids("with_staff"), self._rows.ids("booked")
        try:
            if with_staff and rng.random() < 0.8:
                await self._answer(staffing, rng.choice(with_staff), by)
            elif booked:
                visit = rng.choice(booked)
                await staffing.cancel(Order(visit, self._rows.version(visit), by), "booked_in_error", "")
        except StoreUnavailable:
            return

    async def _answer(self, staffing: Staffing, visit: str, by: Member) -> None:
        kind = self._rng.random()
        if not isinstance(await staffing.start(self._order(visit, by)), Done) or kind < 0.1:
            return
        await asyncio.sleep(self._rng.choice((0.0, 1.0, 30.0)))
        if kind < 0.5:
            await self._reject(staffing, visit, by)
        elif kind < 0.9:
            await staffing.book(self._order(visit, by), self._rng.choice(self._rows.choices(visit)), "")
        else:
            await staffing.release(self._order(visit, by))

    async def _reject(self, staffing: Staffing, visit: str, by: Member) -> None:
        """Where references have to be read first, they are read, and the form is sent again."""
        looked = ""
        for _ in range(2):
            rejection = Rejection(reasons=("visitor_banned",), looked=looked)
            result: Result = await staffing.reject(self._order(visit, by), rejection)
            if not (isinstance(result, NotDone) and result.why is Why.LOOK_FIRST):
                return
            looked = result.looked

    def _order(self, visit: str, by: Member) -> Order:
        return Order(visit, self._rows.version(visit), by)
