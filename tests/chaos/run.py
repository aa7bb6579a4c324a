"""One run: a service of four processes, its clients, its troubles; then all is healed, and the books compared."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from booking_rules.lifecycle import MACHINE_STEPS, PUBLIC_STATE, Step
from tests.chaos.audit import audit, resent
from tests.chaos.audit_turns import waited_for_scarce_room
from tests.chaos.books import Books, read_books
from tests.chaos.clients import Visitors
from tests.chaos.explain import explain
from tests.chaos.findings import Finding
from tests.chaos.havoc import Havoc
from tests.chaos.plan import Plan
from tests.chaos.site import Databases, Site
from tests.chaos.staff import Staff
from tests.chaos.world import World, a_world
from tests.support.nursery import Nursery
from tests.support.plant import Plant, a_plant
from tests.support.processes import RealProcess
from tests.support.proxy import Proxy

LEASE = 13.0
TIMES = {
    "ADAPTER__STORE__LEASE": str(LEASE),
    "ADAPTER__NOMIS__BOOK_TIMEOUT": "3.0",
    "ADAPTER__NOMIS__POST_LIFETIME": "4.0",
    "ADAPTER__NOMIS__READ_LAG": "0.5",
    "ADAPTER__DECISION__BUDGET": "2.0",
    "ADAPTER__DECISION__HANDOVER_AFTER": "30",
    "ADAPTER__DECISION__IN_DOUBT_HANDOVER_AFTER": "25",
}
_SERVES, _WORKERS = 2, 2
_DRAIN = 240.0
"""Seconds within which everything must have ended once all is well; far more than it takes."""
_LOOKS = 20.0  # seconds from then on within which looks of the watch are waited for: each was brought forward to then
_EXPLAINED = 8  # findings that are printed with everything that is known

_STATES = ("booked", "rejected", "with staff", "withdrawn", "cancelled")
_OPEN = f"""
SELECT (SELECT count(*) FROM visits WHERE step IN ({", ".join(f"'{step.value}'" for step in sorted(MACHINE_STEPS))}))
     + (SELECT count(*) FROM outbox WHERE state = 'queued')
     + (SELECT count(*) FROM attempts WHERE state IN ('stray', 'removing'))
     + (SELECT count(*) FROM attempts WHERE look_at < :soon) AS still
"""
"""What is still to do: work, mails, and the first looks of the watch; later ones are minutes and hours away."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run was like."""

    plan: Plan
    came: float
    """Seconds until the last family had gone, with everything going wrong."""
    drained: float
    """Seconds from then on until nothing was left to do."""
    books: Books
    findings: list[Finding]
    done: Counter[str]

    @property
    def good(self) -> bool:
        return not self.findings

    def line(self) -> str:
        states = Counter(_state(Step(visit["step"])) for visit in self.books.visits.values())
        broken = Counter(finding.kind for finding in self.findings)
        words = [f"requests {len(self.books.clients)}"]
        words += [f"{state} {states[state]}" for state in _STATES]
        words += [f"{kind} {broken[kind]}" for kind in ("lost", "double", "wrong")]
        words += [f"repeated emails {broken['repeated']}", f"resent {resent(self.books)}"]
        words += [f"killed {self.done['kill'] + self.done['terminate']}", f"stopped {self.done['stop']}"]
        words += [str(self.plan), f"{self.came:.0f} s and {self.drained:.0f} s to drain"]
        return ", ".join(words)

    def whys(self) -> str:
        """Why requests went to staff, and what was done to everybody."""
        return (
            f"with staff: {dict(Counter(str(v['staff_why']) for v in self.books.visits.values()))}; "
            f"waited for scarce room: {waited_for_scarce_room(self.books)}; {dict(self.done)}"
        )

    def details(self) -> list[str]:
        """The findings; the first of them with all that the books have about their visits."""
        lines = [f"{finding.kind}: {finding.visit_id} {finding.text}" for finding in self.findings]
        for visit_id in list(dict.fromkeys(finding.visit_id for finding in self.findings))[:_EXPLAINED]:
            lines += ["", f"visit {visit_id}", *(f"  {line}" for line in explain(self.books, visit_id))]
        return lines


async def run(nursery: Nursery, databases: Databases, folder: Path, plan: Plan) -> Result:
    """Run and compare."""
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(databases.site(plan.store, folder, _SERVES + _WORKERS))
        plant = await stack.enter_async_context(a_plant(nursery, site.url, folder, _environ(plan)))
        if not plan.find_by_ref:
            await plant.control.ask("POST", "/installation", {"find_by_ref": "404"})
        world = await a_world(plant.control, plan, random.Random(f"{plan.seed}:world"))
        overlay = folder / "overlay.toml"
        overlay.write_text("")
        services = [await _service(plant, number, site.way(number), overlay) for number in range(_SERVES + _WORKERS)]
        havoc = Havoc(plant.control, plant.fake, plant.sink, services, plan)
        doors = [_door(service) for service in services[:_SERVES]]
        http = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True))
        )
        visitors = Visitors(http, doors)
        staff = Staff(plant.sink, doors, havoc.done)
        began = time.monotonic()
        async with _trouble(havoc, staff, world, site, overlay, plan):
            await _all_come(visitors, world, plan)
            await visitors.think_again(random.Random(f"{plan.seed}:think again"))
        gone = time.monotonic()
        overlay.write_text("")
        await havoc.heal(site.proxies, world)
        await plant.looks_come_due()
        await _drained(plant)
        ended = time.monotonic()
        books = await read_books(plant, visitors.all, world, plan)
        return Result(plan, gone - began, ended - gone, books, audit(books), havoc.done)


def _environ(plan: Plan) -> dict[str, str]:
    return {
        **TIMES,
        "ADAPTER__NOMIS__TRANSPORT": plan.transport,
        "ADAPTER__NOMIS__FIND_BY_REF": "true" if plan.find_by_ref else "false" if plan.told else '"auto"',
        # Where references can't be found, a withdrawal in doubt ends with the mailbox: no sooner than it must.
        "ADAPTER__DECISION__CANCEL_HANDOVER_AFTER": "90" if plan.find_by_ref else "25",
    }


async def _service(plant: Plant, number: int, proxy: Proxy | None, overlay: Path) -> RealProcess:
    serves = number < _SERVES
    name = f"{'serve' if serves else 'worker'}-{number}"
    # The first one as most run it, with a worker of its own; the second one answers only.
    command = ("serve", *(("--no-worker",) if number == 1 else ())) if serves else ("worker",)
    return await plant.service(name, command, through=proxy, configs=[overlay])


def _door(service: RealProcess) -> Callable[[], str]:
    return lambda: service.url


@asynccontextmanager
async def _trouble(
    havoc: Havoc, staff: Staff, world: World, site: Site, overlay: Path, plan: Plan
) -> AsyncIterator[None]:
    """While this lasts, everything goes wrong, and staff do their work."""

    def rng(actor: str) -> random.Random:
        return random.Random(f"{plan.seed}:{actor}")

    actors = [
        asyncio.ensure_future(actor)
        for actor in (
            havoc.processes_fail(rng("even processes"), havoc.services[::2], LEASE),
            havoc.processes_fail(rng("odd processes"), havoc.services[1::2], LEASE),
            havoc.processes_fail(rng("the fake"), [havoc.fake], LEASE),
            havoc.the_prison_system_fails(rng("prison system")),
            havoc.people_work_by_hand(rng("by hand"), world),
            havoc.the_database_fails(rng("database"), site.proxies)
            if site.file is None
            else havoc.the_file_is_busy(rng("database"), site.file),
            havoc.the_mail_fails(rng("mail")),
            staff.work([rng(f"staff {number}") for number in range(2 * plan.weight)]),
            havoc.prisons_are_read_again(rng("reload"), overlay),
        )
    ]
    try:
        yield
    finally:
        for actor in actors:
            actor.cancel()
        ends = await asyncio.gather(*actors, return_exceptions=True)
    for end in ends:
        if not isinstance(end, asyncio.CancelledError):
            raise AssertionError("an actor of the run ended early") from (end if isinstance(end, Exception) else None)


async def _all_come(visitors: Visitors, world: World, plan: Plan) -> None:
    """So many at once, until all have been."""
    numbers = iter(range(plan.requests))

    async def one_after_the_other() -> None:
        for number in numbers:
            rng = random.Random(f"{plan.seed}:client:{number}")
            await visitors.come(number, rng.choice(world.families), rng)

    async with asyncio.TaskGroup() as group:
        for _ in range(plan.at_once):
            group.create_task(one_after_the_other())


async def _drained(plant: Plant) -> None:
    """Wait until nothing is left to do; what is left at the end of our patience the audit finds."""
    until, soon = time.monotonic() + _DRAIN, int((time.time() + _LOOKS) * 1e6)
    while time.monotonic() < until:
        if (await plant.rows(_OPEN, soon=soon))[0]["still"] == 0:
            return
        await asyncio.sleep(0.3)


def _state(step: Step) -> str:
    return "with staff" if step is Step.WITH_STAFF else PUBLIC_STATE[step].value
