"""What goes wrong during a run: processes die or stand still, the prison system, the database and the mail fail."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp

from adapter.demo.mail_sink import Fault as MailFault
from adapter.demo.mail_sink import MailSink, Stage
from tests.chaos.world import World
from tests.support.plant import FakeControl, RefusedByHand
from tests.support.processes import RealProcess
from tests.support.proxy import Proxy

LATEST = 1.2
"""Seconds: the latest that the prison system carries a request out, well below `[nomis] post_lifetime`."""
_STALEST = 0.3
_LONG_STOP = 0.12
"""Which part of the stops outlasts the lease, in long runs."""

_ANYWHERE: tuple[dict[str, Any], ...] = (
    {"kind": "delay", "operation": "reads"},
    {"kind": "delay", "operation": "writes"},
    {"kind": "delay", "operation": "writes", "when": "after"},
    {"kind": "hang", "operation": "*"},
    {"kind": "hang", "operation": "book", "when": "after"},
    {"kind": "reset", "operation": "*"},
    {"kind": "reset", "operation": "writes", "when": "after"},
    {"kind": "drop", "operation": "*"},
    {"kind": "drop", "operation": "writes", "when": "after"},
    {"kind": "restart", "operation": "*"},
    {"kind": "restart", "operation": "writes", "when": "after"},
    {"kind": "answer", "operation": "*", "status": 500},
    {"kind": "answer", "operation": "writes", "status": 502, "when": "after"},
    {"kind": "answer", "operation": "*", "status": 504},
    {"kind": "answer", "operation": "reads", "status": 404},
    {"kind": "answer", "operation": "*", "status": 418},
    {"kind": "html", "operation": "*"},
    {"kind": "html", "operation": "writes", "when": "after"},
    {"kind": "access_denied", "operation": "*"},
    {"kind": "access_denied", "operation": "writes", "when": "after"},
    {"kind": "nonce_refused", "operation": "*"},
    {"kind": "rate_limit", "operation": "*"},
    {"kind": "locked", "operation": "writes"},
    {"kind": "late_commit", "operation": "writes"},
    {"kind": "replay", "operation": "book"},
    {"kind": "repeat_answer", "operation": "book"},
    {"kind": "stale", "operation": "reads"},
    {"kind": "find_404"},
    {"kind": "find_405"},
    {"kind": "find_in_transit"},
    {"kind": "find_wrong_status"},
    {"kind": "find_two"},
    {"kind": "truncate", "operation": "*"},
    {"kind": "drip", "operation": "*"},
    {"kind": "wrong_types", "operation": "*"},
    {"kind": "empty", "operation": "*"},
)
_LASTING: tuple[dict[str, Any], ...] = (
    {"kind": "outage", "operation": "*"},
    {"kind": "outage", "operation": "reads"},
    {"kind": "outage", "operation": "writes"},
    {"kind": "outage", "operation": "*", "prison": "LEI"},
    {"kind": "outage", "operation": "*", "up": 0.3, "down": 0.2},
    {"kind": "late_commit", "operation": "writes"},
    {"kind": "stale", "operation": "reads"},
)


class Havoc:
    """Every `…_fails` goes on until it is cancelled, and is then put right by `heal`. What was done is counted."""

    def __init__(
        self, control: FakeControl, fake: RealProcess, sink: MailSink, services: Sequence[RealProcess], *, long: bool
    ) -> None:
        self._control = control
        self.fake = fake
        self._sink = sink
        self.services = services
        self._long = long
        self.done: Counter[str] = Counter()

    async def processes_fail(self, rng: random.Random, victims: Sequence[RealProcess], lease: float) -> None:
        """Killed, told to end, or stopped for a while, and started again; one of the victims at a time."""
        while True:
            await asyncio.sleep(rng.uniform(0.4, 2.5))
            victim = rng.choice(victims)
            way = rng.choice(("kill", "kill", "stop", "terminate"))
            self.done[way] += 1
            if way == "stop":
                await self._stop(victim, rng, lease)
                continue
            if way == "kill":
                await victim.kill()
            else:
                await victim.terminate()
            await asyncio.sleep(rng.uniform(0.0, 0.8))
            await started(victim)

    async def _stop(self, victim: RealProcess, rng: random.Random, lease: float) -> None:
        if victim is self.fake:
            pause = rng.uniform(0.1, LATEST / 2)
        elif self._long and rng.random() < _LONG_STOP:
            pause = lease + 1.0
        else:
            pause = rng.uniform(0.1, 3.0)
        victim.freeze()
        try:
            await asyncio.sleep(pause)
        finally:
            victim.thaw()

    async def the_prison_system_fails(self, rng: random.Random) -> None:
        """One fault after the other, some at the same time."""
        while True:
            await asyncio.sleep(rng.uniform(0.1, 1.2))
            fault = _a_fault(rng)
            with suppress(aiohttp.ClientError, TimeoutError, OSError):
                await self._control.arm(**fault)
                self.done[f"fault {fault['kind']}"] += 1

    async def people_work_by_hand(self, rng: random.Random, world: World) -> None:
        """Members of staff book, cancel, lock and ban in the prison system itself."""
        mine: list[int] = []
        while True:
            await asyncio.sleep(rng.uniform(0.2, 1.5))
            family = rng.choice(world.families)
            noms_id, prison = family.prisoner["noms_id"], family.prisoner["prison"]
            slots = [slot for slot in family.slots if (prison, slot) in world.roomy]
            try:
                match rng.choice(("book", "book", "cancel", "lock", "lock", "ban", "court")):
                    case "book" if slots:
                        made = await self._control.hand("book", noms_id=noms_id, slot=rng.choice(slots))
                        mine.append(int(made["visit_id"]))
                    case "cancel" if mine:
                        await self._control.hand("cancel", visit_id=mine.pop(rng.randrange(len(mine))))
                    case "lock":
                        await self._control.hand("lock", noms_id=noms_id)
                        await asyncio.sleep(rng.uniform(0.2, 2.0))
                        await self._control.hand("unlock", noms_id=noms_id)
                    case "ban":
                        await self._control.hand("ban", noms_id=noms_id)
                        await asyncio.sleep(rng.uniform(0.2, 2.0))
                        await self._control.hand("ban", noms_id=noms_id, lift=True)
                    case "court":
                        day = rng.choice(family.slots)[:10]
                        await self._control.hand("court", noms_id=noms_id, day=day)
                self.done["by hand"] += 1
            except (aiohttp.ClientError, TimeoutError, OSError, RefusedByHand):
                continue

    async def the_database_fails(self, rng: random.Random, proxies: Sequence[Proxy]) -> None:
        """COMMITs and their answers are lost; connections freeze or break."""
        while True:
            await asyncio.sleep(rng.uniform(0.3, 2.0))
            proxy, way = (
                rng.choice(proxies),
                rng.choice(("lose answer", "lose answer", "lose", "freeze", "cut", "break")),
            )
            self.done[f"database {way}"] += 1
            match way:
                case "lose answer":
                    proxy.lose_commit_answers(rng.randint(1, 2))
                case "lose":
                    proxy.lose_commits(rng.randint(1, 2))
                case "break":
                    proxy.break_all()
                case _:
                    proxy.freeze() if way == "freeze" else proxy.cut()
                    try:
                        await asyncio.sleep(rng.uniform(0.1, 1.5))
                    finally:
                        proxy.heal()

    async def the_mail_fails(self, rng: random.Random) -> None:
        """The 250 is lost, or the server says "not now", or nothing."""
        while True:
            await asyncio.sleep(rng.uniform(0.1, 1.0))
            stage: Stage = rng.choice(("MAIL", "RCPT", "DATA", "DATA", "DATA"))
            way: dict[str, Any] = rng.choice(
                ({"lose": True}, {"lose": True}, {"hang": True}, {"reply": "451 not now"}, {"reply": "421 closing"})
            )
            self._sink.arm(MailFault(stage, times=rng.randint(1, 3), **way))
            self.done["mail fault"] += 1

    async def prisons_are_read_again(self, rng: random.Random, overlay: Path) -> None:
        """SIGHUP, with good files and with bad ones."""
        good = overlay.read_text()
        while True:
            await asyncio.sleep(rng.uniform(0.5, 2.0))
            if rng.random() < 0.3:
                overlay.write_text("[prisons.LEI")
            rng.choice(self.services).signal(signal.SIGHUP)
            self.done["reload"] += 1
            await asyncio.sleep(0.2)
            overlay.write_text(good)

    async def heal(self, proxies: Sequence[Proxy], world: World) -> None:
        """Everything runs again and nothing goes wrong any more."""
        self._sink.disarm()
        for proxy in proxies:
            proxy.heal()
            proxy.lose_commit_answers(0)
            proxy.lose_commits(0)
        for process in (self.fake, *self.services):
            process.thaw()
            if not process.alive:
                await started(process)
        await _surely(self._control.heal)
        for family in world.families:
            noms_id = family.prisoner["noms_id"]
            await _surely(lambda one=noms_id: self._control.hand("unlock", noms_id=one))


async def started(process: RealProcess) -> None:
    """Start it; again, as a supervisor would, where the database or a bad file let it end at once."""
    for _ in range(100):
        try:
            await process.start()
        except AssertionError:
            await asyncio.sleep(0.3)
        else:
            return
    raise AssertionError(f"{process.name} doesn't start:\n{process.said()[-2000:]}")


async def _surely(action: Any) -> None:
    for _ in range(100):
        try:
            await action()
        except RefusedByHand:
            return
        except (aiohttp.ClientError, TimeoutError, OSError):
            await asyncio.sleep(0.1)
        else:
            return
    raise AssertionError("the fake's control face doesn't answer")


def _a_fault(rng: random.Random) -> dict[str, Any]:
    if rng.random() < 0.2:
        fault = {**rng.choice(_LASTING), "lasts": rng.uniform(0.3, 2.5)}
    else:
        fault = {**rng.choice(_ANYWHERE), "count": rng.randint(1, 4), "seed": rng.randrange(1000)}
    match fault["kind"]:
        case "delay" | "late_commit":
            fault["seconds"] = rng.uniform(0.05, LATEST)
        case "replay":
            fault["seconds"] = rng.choice((0.0, rng.uniform(0.05, LATEST)))
        case "restart":
            fault["seconds"], fault["count"] = rng.uniform(0.1, 0.8), 1
        case "stale":
            fault["seconds"] = rng.uniform(0.05, _STALEST)
        case "drip":
            fault["seconds"] = rng.uniform(0.01, 0.2)
        case "find_wrong_status":
            fault["text"] = rng.choice(("CANC", "NORM"))
        case "hang":
            fault["count"] = 1
    return fault
