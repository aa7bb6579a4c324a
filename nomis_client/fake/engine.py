"""From a request to an outcome: logs it, lets faults strike, asks the state. Every face goes through here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from nomis_client.fake import texts
from nomis_client.fake.bending import bent, mangled
from nomis_client.fake.canned import canned
from nomis_client.fake.clock import SettableTime, Time
from nomis_client.fake.faults import Armed, Fault, FaultKind, Target
from nomis_client.fake.outcome import Arrival, Delivery, Outcome, outcome_word
from nomis_client.fake.replies import No, Refusal, Reply
from nomis_client.fake.requestlog import RequestLog
from nomis_client.fake.requests import Book, Cancel, FindByReference, GetSlots, Operation, Request, Write, operation_of
from nomis_client.fake.state import PrisonState

_ENDS = frozenset(
    {
        FaultKind.HANG,
        FaultKind.RESET,
        FaultKind.DROP,
        FaultKind.OUTAGE,
        FaultKind.RESTART,
        FaultKind.ANSWER,
        FaultKind.HTML,
        FaultKind.ACCESS_DENIED,
        FaultKind.EXPIRED_TOKENS,
        FaultKind.RATE_LIMIT,
        FaultKind.LOCKED,
        FaultKind.FIND_404,
        FaultKind.FIND_405,
        FaultKind.FIND_IN_TRANSIT,
    }
)
_SILENT = {
    FaultKind.HANG: Delivery.HANG,
    FaultKind.RESET: Delivery.RESET,
    FaultKind.DROP: Delivery.DROP,
    FaultKind.OUTAGE: Delivery.RESET,
    FaultKind.RESTART: Delivery.RESET,
}


class Engine:
    """One running prison system: state, clock, faults, log, and its switch."""

    def __init__(self, state: PrisonState, time: Time | None = None) -> None:
        self.state = state
        self.time = time if isinstance(time, SettableTime) else SettableTime(time)
        self.log = RequestLog(state.world.journal)
        self.power = True  # off: every connection is reset, and nothing of a request is looked at
        self.down_until: datetime | None = None
        self.on_restart: list[Callable[[float], None]] = []  # told how many seconds it stays down
        self.on_expired_tokens: list[Callable[[], None]] = []
        self.healed = 0  # counts up when faults are taken away: what hangs is let go then

    # -- faults -----------------------------------------------------------------------------------------------

    @property
    def faults(self) -> list[Armed]:
        return list(self.state.world.faults.values())

    def arm(self, fault: Fault) -> Armed:
        """It strikes from now on."""
        world = self.state.world
        armed = Armed(number=world.faults.last_key(0) + 1, fault=fault, since=self.time.now())
        world.commit(self.time.now(), (world.faults, armed.number, armed))
        return armed

    def heal(self, number: int | None = None) -> None:
        """Take one fault away, or all of them, and whatever they left hanging or down."""
        world = self.state.world
        gone = [a.number for a in self.faults if number in (None, a.number)]
        if gone:
            world.commit(self.time.now(), *((world.faults, one, None) for one in gone))
        self.down_until = None
        self.healed += 1

    def _strike(self, target: Target, now: datetime) -> list[Fault]:
        world, struck = self.state.world, []
        for armed in self.faults:
            if target.fits(armed.fault) and armed.active(now):
                met = armed.meets()
                if armed.fault.count is not None or armed.fault.nth is not None:
                    world.commit(now, (world.faults, met.number, met))
                else:
                    world.faults.amend(met.number, met)
                if met.fired > armed.fired:
                    struck.append(armed.fault)
        return struck

    # -- requests ---------------------------------------------------------------------------------------------

    async def perform(self, arrival: Arrival, patience: float | None = None) -> Outcome:
        """Carry a request out as the faults allow. `patience`: seconds after which the caller is gone, if known."""
        now = self.time.now()
        self.state.settle(now)
        target = self._target(arrival.request)
        entry = self.log.arrived(now, arrival.method, arrival.request, arrival.body, arrival.request_id, target)
        outcome, struck = Outcome(Delivery.DROP), list[Fault]()
        try:
            if not self.power or (self.down_until is not None and now < self.down_until):
                outcome = Outcome(Delivery.NEVER_REACHED)
            else:
                struck = self._strike(target, now)
                outcome = await self._suffer(arrival, struck, patience)
            return outcome
        finally:
            self.log.answered(entry, self.time.now(), outcome_word(outcome), [fault.kind for fault in struck])

    async def _suffer(self, arrival: Arrival, struck: Sequence[Fault], patience: float | None) -> Outcome:
        """One request under the faults that struck it."""
        request = arrival.request
        write = request if isinstance(request, Book | Cancel) else None
        end = _first(struck, _ENDS, "before")
        wait = _seconds(struck, FaultKind.DELAY, "before")
        if end is not None or arrival.denied is not None:
            if await self._sleep(wait, patience):
                return Outcome(Delivery.HANG)
            return self._ended(end, None) if end is not None else Outcome(instead=arrival.denied)
        late = _first(struck, {FaultKind.LATE_COMMIT})
        if late is not None and write is not None:
            now = self.time.now()
            self.state.put_off(write, now + timedelta(seconds=late.seconds), now)
            return Outcome(instead=canned(late)) if late.status != 200 else Outcome(Delivery.DROP)
        reply = await self._carried_out(request, write, wait, patience, struck)
        if reply is None:
            return Outcome(Delivery.HANG)
        left = None if patience is None else patience - wait
        if await self._sleep(_seconds(struck, FaultKind.DELAY, "after"), left):
            return Outcome(Delivery.HANG, reply)
        end = _first(struck, _ENDS, "after") or _first(struck, {FaultKind.NONCE_REFUSED})
        if end is not None:
            return self._ended(end, reply)
        return mangled(Outcome(reply=bent(reply, struck)), struck)

    async def _carried_out(
        self, request: Request, write: Write | None, wait: float, patience: float | None, struck: Sequence[Fault]
    ) -> Reply | None:
        """What the state says after the delay; None: the caller has gone meanwhile (a write happens all the same)."""
        now = self.time.now()
        number = None
        if write is not None and wait > 0:
            # On its way before the wait, so that neither a caller who goes nor a kill takes it back.
            number = self.state.put_off(write, now + timedelta(seconds=wait), now, awaited=True)
        try:
            gone = await self._sleep(wait, patience)
        except BaseException:
            if number is not None:
                self.state.abandon(number)
            raise
        if gone:
            if number is not None:
                self.state.abandon(number)
            return None
        now = self.time.now()
        if number is not None:
            reply = self.state.collect(number, now)
        else:
            stale = _seconds(struck, FaultKind.STALE)
            reply = self.state.answer(request, now, now - timedelta(seconds=stale) if stale else None)
        replay = _first(struck, {FaultKind.REPLAY})
        if replay is not None and write is not None:
            if replay.seconds:
                self.state.put_off(write, now + timedelta(seconds=replay.seconds), now)
            else:
                reply = self.state.answer(write, now)
        return reply

    async def _sleep(self, seconds: float, patience: float | None) -> bool:
        """Sleep, at most as long as the caller waits; True if the caller is gone by then."""
        gone = patience is not None and seconds > patience
        if seconds > 0:
            await self.time.sleep(max(0.0, patience) if gone and patience is not None else seconds)
        return gone

    def _ended(self, fault: Fault, reply: Reply | None) -> Outcome:
        if fault.kind is FaultKind.RESTART:
            self.down_until = self.time.now() + timedelta(seconds=fault.seconds)
            for restart in self.on_restart:
                restart(fault.seconds)
        if fault.kind is FaultKind.EXPIRED_TOKENS:
            for expire in self.on_expired_tokens:
                expire()
        if fault.kind is FaultKind.OUTAGE and reply is None:
            return Outcome(Delivery.NEVER_REACHED)
        silent = _SILENT.get(fault.kind)
        if silent is not None:
            return Outcome(silent, reply)
        if fault.kind is FaultKind.LOCKED:
            return Outcome(reply=Refusal(No.LOCKED, (texts.LOCKED,)))
        if fault.kind is FaultKind.FIND_IN_TRANSIT:
            return Outcome(reply=Refusal(No.IN_TRANSIT, (texts.IN_TRANSIT,)))
        oddity = fault.kind.value if fault.kind is FaultKind.NONCE_REFUSED else ""
        return Outcome(reply=reply, instead=canned(fault), oddity=oddity)

    def _target(self, request: Request) -> Target:
        operation = operation_of(request)
        if isinstance(request, GetSlots):
            return Target(operation, prison=request.prison)
        world = self.state.world
        prisoner = None
        offender_id = getattr(request, "offender_id", None)
        if isinstance(offender_id, int):
            prisoner = world.offender(offender_id)
        else:
            noms_id = getattr(request, "noms_id", None)
            prisoner = world.prisoners.get(noms_id) if isinstance(noms_id, str) else None
        reference = request.reference if isinstance(request, Book | FindByReference) else ""
        return Target(
            operation,
            prison=prisoner.prison if prisoner else "",
            noms_id=prisoner.noms_id if prisoner else "",
            reference=reference,
            repeat=operation is Operation.BOOK and world.visit_under(reference) is not None,
        )


def _first(struck: Sequence[Fault], kinds: frozenset[FaultKind] | set[FaultKind], when: str = "") -> Fault | None:
    return next((f for f in struck if f.kind in kinds and when in ("", f.when)), None)


def _seconds(struck: Sequence[Fault], kind: FaultKind, when: str = "") -> float:
    return sum(f.seconds for f in struck if f.kind is kind and when in ("", f.when))
