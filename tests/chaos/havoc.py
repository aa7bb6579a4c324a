"""What goes wrong during a run: processes die or stand still, the prison system, the database and the mail fail."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import aiohttp

from adapter.demo.mail_sink import Fault as MailFault
from adapter.demo.mail_sink import MailSink, Stage
from tests.chaos.faults import LATEST, a_fault
from tests.chaos.plan import Plan
from tests.chaos.world import World
from tests.support.plant import FakeControl, RefusedByHand
from tests.support.processes import RealProcess
from tests.support.proxy import Proxy

_LONG_STOP = 0.12
"""Which part of the stops outlasts the lease, in long runs."""
_LONG_RUN = 200  # requests from which on processes also stand still for longer than their lease


class Havoc:
    """Every `…_fails` goes on until it is cancelled, and is then put right by `heal`. What was done is counted."""

    def __init__(
        self, control: FakeControl, fake: RealProcess, sink: MailSink, services: Sequence[RealProcess], plan: Plan
    ) -> None:
        self._control = control
        self.fake = fake
        self._sink = sink
        self.services = services
        self._plan = plan
        self.done: Counter[str] = Counter()
        self._ending: set[RealProcess] = set()
        """Told to end, and perhaps not gone yet: somebody who looks now may still find them alive."""

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
            self._ending.add(victim)
            if way == "kill":
                await victim.kill()
            else:
                await victim.terminate()
            self._ending.discard(victim)
            await asyncio.sleep(rng.uniform(0.0, 0.8))
            await started(victim)

    async def _stop(self, victim: RealProcess, rng: random.Random, lease: float) -> None:
        if victim is self.fake:
            pause = rng.uniform(0.1, LATEST / 2)
        elif self._plan.requests >= _LONG_RUN and rng.random() < _LONG_STOP:
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
            fault = a_fault(rng, self._plan)
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
                    proxy.lose_commit_answers(rng.randint(1, 2) * self._plan.weight)
                case "lose":
                    proxy.lose_commits(rng.randint(1, 2) * self._plan.weight)
                case "break":
                    proxy.break_all()
                case _:
                    proxy.freeze() if way == "freeze" else proxy.cut()
                    try:
                        await asyncio.sleep(rng.uniform(0.1, 1.5))
                    finally:
                        proxy.heal()

    async def the_file_is_busy(self, rng: random.Random, file: Path) -> None:
        """Somebody else writes to the SQLite file, for a moment or for longer than anybody waits."""
        while True:
            await asyncio.sleep(rng.uniform(0.3, 2.0))
            with closing(sqlite3.connect(file, timeout=0.0, isolation_level=None)) as other:
                try:
                    other.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError:
                    continue  # one of ours writes just now
                self.done["database busy"] += 1
                await asyncio.sleep(rng.choice((rng.uniform(0.05, 0.5), rng.uniform(0.5, 3.0))))

    async def the_mail_fails(self, rng: random.Random) -> None:
        """The 250 is lost, or the server says "not now", or nothing."""
        while True:
            await asyncio.sleep(rng.uniform(0.1, 1.0))
            stage: Stage = rng.choice(("MAIL", "RCPT", "DATA", "DATA", "DATA"))
            way: dict[str, Any] = rng.choice(
                ({"lose": True}, {"lose": True}, {"hang": True}, {"reply": "451 not now"}, {"reply": "421 closing"})
            )
            self._sink.arm(MailFault(stage, times=rng.randint(1, 3) * self._plan.weight, **way))
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
            if process in self._ending:
                await process.ended()
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
