"""What every call goes through, whatever the transport: a place, the breaker's leave, retries, the observer's ear.

A transport hands in a function that makes one try on the wire and returns a value or raises one of our errors (or
the wire's `NoReply`). Reads are repeated here and nowhere else; a write is tried once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import ParamSpec, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from nomis_client.defects import has_unknown_text, is_defect
from nomis_client.errors import (
    AccessDenied,
    CannotAsk,
    Locked,
    NomisError,
    OutcomeUnknown,
    Refused,
    Unavailable,
)
from nomis_client.observer import Observer, Tracer, Untraced
from nomis_client.places import Place, Places
from nomis_client.prisons import PrisonHealth
from nomis_client.settings import NomisSettings
from nomis_client.types import BookingRefused, Call
from nomis_client.wire import NoReply

T = TypeVar("T")
P = ParamSpec("P")
Sleep = Callable[[float], Awaitable[None]]

READ_TRIES = 3
FIRST_PAUSE = 0.05
"""Seconds before the second try, doubled for the third, each with up to as much again by chance."""

_FOR_A_PLACE = 0.6
"""Share of a read's time that it may wait for a place: one that comes later leaves too little to be answered in."""

CANCELLED_LATE = 0.1
"""Seconds. A read that its caller gave up this shortly before its deadline was too slow, not unwanted."""

# Ours, not the prison system's: nothing was asked of it, so they neither count against it nor are worth a retry.
_OWN_REASONS = frozenset({"breaker_open", "breaker_half_open", "no_place", "too_late", "held_off"})


class Leave:
    """A place and the write breaker's leave, for one write."""

    __slots__ = ("_answered", "_calls", "_prison", "_used")

    def __init__(self, calls: Calls, prison: PrisonHealth) -> None:
        self._calls = calls
        self._prison = prison
        self._used = False
        self._answered: bool | None = None

    @property
    def answered(self) -> bool | None:
        """Whether the prison system answered what was sent; None while nothing was sent."""
        return self._answered

    def hold(self, seconds: float | None) -> None:
        """The reply asked us to stay away for so long."""
        self._prison.hold(seconds)

    async def send(self, operation: str, write: Callable[[], Awaitable[T]]) -> T:
        """Make the one try. `NoReply` becomes `Unavailable` if surely nothing was written, else `OutcomeUnknown`."""
        assert not self._used, "one leave is one write"
        self._used = True
        self._answered = False  # until we know better; also if we are cancelled in the middle
        try:
            value = await self._calls.told(operation, write)
        except NoReply as failure:
            raise (OutcomeUnknown if failure.perhaps_written else Unavailable)(failure.reason) from None
        except (Refused, Locked):
            self._answered = True
            raise
        except Unavailable as failure:
            self.hold(failure.retry_after)
            raise
        self._answered = True
        return value


class Calls:
    """Shared by all calls of one client. `monotonic` is the clock of all deadlines (the event loop's)."""

    def __init__(
        self,
        settings: NomisSettings,
        *,
        observer: Observer,
        monotonic: Callable[[], float],
        sleep: Sleep,
        rng: Random,
        tracer: Tracer | None = None,
    ) -> None:
        self._settings = settings
        self._observer = observer
        self._tracer = tracer or Untraced()
        self._monotonic = monotonic
        self._sleep = sleep
        self._rng = rng
        self._places = Places(settings.max_in_flight, monotonic)
        self._prisons: dict[str, PrisonHealth] = {}

    async def read(self, operation: str, call: Call, ask: Callable[[float], Awaitable[T]]) -> T:
        """Ask, and ask again inside the deadline where that may help. `ask` gets the deadline of its own try."""
        try:
            return await self._read_once(operation, call, ask)
        except Unavailable as failure:
            if call.probe or call.once or not _worth_repeating(failure):
                raise
            return await self._read_again(failure, operation, call, ask)

    async def _read_once(self, operation: str, call: Call, ask: Callable[[float], Awaitable[T]]) -> T:
        """One try, and what it says about the prison system's health."""
        prison = self._prison(call.prison)
        self._check_breaker(prison, call)
        place = await self._take_place(prison, call.deadline, _FOR_A_PLACE)
        try:
            self._check_breaker(prison, call)  # much may have happened while we waited
            now, era = self._monotonic(), prison.reads.era
            if now >= call.deadline:
                raise Unavailable("too_late")
            deadline = min(call.deadline, now + self._settings.read_timeout)
            try:
                value = await self.told(operation, ask, deadline)
            except NoReply as failure:
                prison.note_failure(era)
                raise Unavailable(failure.reason) from None
            except BaseException as failure:
                self._learn(failure, prison, era, call, deadline)
                raise
            prison.note_answer(era, probed=call.probe)
            return value
        finally:
            self._places.give_back(place)

    def _learn(self, failure: BaseException, prison: PrisonHealth, era: int, call: Call, deadline: float) -> None:
        """What the end of a try that brought no value says about the prison system's health."""
        if isinstance(failure, (Refused, CannotAsk, Locked)):
            prison.note_answer(era, probed=call.probe)
        elif isinstance(failure, NomisError):
            prison.note_failure(era)
            prison.hold(getattr(failure, "retry_after", None))
        elif isinstance(failure, asyncio.CancelledError) and self._monotonic() >= deadline - CANCELLED_LATE:
            prison.note_failure(era)

    @staticmethod
    def _check_breaker(prison: PrisonHealth, call: Call) -> None:
        if prison.reads.is_open and not call.probe:
            raise Unavailable("breaker_open")

    async def _read_again(
        self, failure: Unavailable, operation: str, call: Call, ask: Callable[[float], Awaitable[T]]
    ) -> T:
        first: list[Unavailable] = [failure]

        async def again() -> T:
            if first:  # the first try was made before this policy existed: the usual case pays nothing for it
                raise first.pop()
            return await self._read_once(operation, call, ask)

        def too_late(state: RetryCallState) -> bool:
            return state.attempt_number >= READ_TRIES or self._monotonic() + state.upcoming_sleep >= call.deadline

        policy = AsyncRetrying(
            retry=retry_if_exception(_worth_repeating),
            wait=self._pause,
            stop=too_late,
            sleep=self._sleep,
            reraise=True,
        )
        return await policy(again)

    def _pause(self, state: RetryCallState) -> float:
        pause = FIRST_PAUSE * 2 ** (state.attempt_number - 1) * (1 + self._rng.random())
        failure = state.outcome.exception() if state.outcome else None
        asked = failure.retry_after if isinstance(failure, Unavailable) else None
        return float(max(pause, asked or 0.0))

    @asynccontextmanager
    async def leave_to_write(self, prison_code: str, deadline: float) -> AsyncIterator[Leave]:
        """Wait for everything that one write needs. Entering raises `Unavailable`; nothing is sent by entering."""
        prison = self._prison(prison_code)
        if prison.held_until > self._monotonic():
            await self._wait_out_hold(prison, deadline)
        era = await prison.writes.enter(deadline)
        leave = Leave(self, prison)
        try:
            place = await self._take_place(prison, deadline, 1.0)
            try:
                if prison.writes.era != era:  # it opened while we waited for a place
                    raise Unavailable("breaker_open")
                yield leave
            finally:
                self._places.give_back(place)
        finally:
            prison.writes.leave(era, leave.answered)

    def is_open(self, prison_code: str) -> bool:
        """True while ordinary reads for this prison are let through."""
        return not self._prison(prison_code).reads.is_open

    def may_answer(self, prison_code: str, within: float) -> bool:
        """False where a read would fail without being sent, or wait longer than `within` seconds before it is."""
        prison = self._prison(prison_code)
        held = prison.held_until - self._monotonic()
        return not prison.reads.is_open and max(held, self._places.wait()) <= within

    async def probe(self, prison_code: str, deadline: float, read: Callable[[Call], Awaitable[object]]) -> bool:
        """Ask through open breakers, at most once in `open_seconds`; True if the prison system answers."""
        prison = self._prison(prison_code)
        if not prison.needs_probe:
            return True
        if not prison.begin_probe():
            return not prison.reads.is_open
        try:
            await read(Call(prison_code, deadline, probe=True))
        except (Refused, Locked, CannotAsk):
            return True
        except NomisError:
            return False
        finally:
            prison.end_probe()
        return True

    def _prison(self, code: str) -> PrisonHealth:
        known = self._prisons.get(code)
        if known is None:
            known = self._prisons[code] = PrisonHealth(code, self._settings, self._observer, self._monotonic)
        return known

    async def _take_place(self, prison: PrisonHealth, deadline: float, share: float) -> Place:
        """A place, once the prison no longer asks to be left alone; `share` of the time left may be waited for one."""
        while True:
            if prison.held_until > self._monotonic():
                await self._wait_out_hold(prison, deadline)
            now = self._monotonic()
            place = await self._places.take(now + share * (deadline - now))
            if prison.held_until <= self._monotonic():
                return place
            self._places.give_back(place)  # it asked while we waited; calls for other prisons may have it meanwhile

    async def _wait_out_hold(self, prison: PrisonHealth, deadline: float) -> None:
        while (left := prison.held_until - self._monotonic()) > 0:
            if prison.held_until >= deadline:
                raise Unavailable("held_off", retry_after=left)
            await self._sleep(left * (1 + self._rng.random() / 10))

    async def told(self, operation: str, attempt: Callable[P, Awaitable[T]], *given: P.args, **named: P.kwargs) -> T:
        """Make one try on the wire and tell the observer how it ended."""
        with self._tracer.call(operation) as ended:
            began, outcome = self._monotonic(), "cancelled"
            try:
                value = await attempt(*given, **named)
            except (NomisError, NoReply) as failure:
                outcome = failure.reason
                if is_defect(failure):
                    self._observer.defect_seen(operation, outcome)
                raise
            else:
                outcome = "refused" if isinstance(value, BookingRefused) else "ok"
                if has_unknown_text(value):
                    self._observer.defect_seen(operation, "unknown_text")
                return value
            finally:
                ended(outcome)
                self._observer.call_ended(operation, outcome, self._monotonic() - began)


def _worth_repeating(failure: BaseException) -> bool:
    if not isinstance(failure, Unavailable) or isinstance(failure, AccessDenied):
        return False
    return failure.reason not in _OWN_REASONS
