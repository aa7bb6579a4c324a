"""One step of a model: one thing that families, staff, operators, the prison system or bad luck do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from nomis_client.fake.actions import BookByHand, Court, Fill, Lock, Unlock
from nomis_client.fake.hand import ImpossibleByHand, by_hand
from tests.support.model_faults import arm_any
from tests.support.model_world import World

Action = Callable[[World], Awaitable[None]]


async def random_steps(world: World, count: int) -> None:
    """So many steps, one after the other; what must always hold is looked at after each."""
    names, weights = list(_ACTIONS), [weight for weight, _ in _ACTIONS.values()]
    for _ in range(count):
        (name,) = world.rng.choices(names, weights)
        world.steps += 1
        world.log.append(f"{world.clock.monotonic():.2f} {name}")
        await _ACTIONS[name][1](world)
        world.watchman.look(world.steps)


async def _request(world: World) -> None:
    world.callers.ask(world.people.any_request(world.rng, len(world.callers.asked)))


async def _burst(world: World) -> None:
    for _ in range(world.rng.randint(2, 4)):
        await _request(world)


async def _repeat(world: World) -> None:
    if world.callers.asked:
        world.callers.repeat(world.rng.choice(world.callers.asked))


async def _again(world: World) -> None:
    if recent := world.callers.recent():
        world.callers.ask_again(world.rng.choice(recent))


async def _depart(world: World) -> None:
    if answered := world.callers.answered():
        world.callers.depart(world.rng.choice(answered))


async def _depart_at_once(world: World) -> None:
    """A family asks and changes its mind while the booking is under way."""
    await _request(world)
    await asyncio.sleep(world.rng.choice((0.0, 0.05, 2.0, 4.0)))
    item = world.callers.asked[-1]
    if item.told:
        world.callers.depart(item)


async def _look(world: World) -> None:
    if answered := world.callers.answered():
        world.callers.look(world.rng.choice(answered))


async def _clock(world: World) -> None:
    await asyncio.sleep(world.rng.choice((0.01, 0.1, 0.5, 2, 5, 20, 45, 100)))


async def _fault(world: World) -> None:
    arm_any(world.engine, world.rng)


async def _heal(world: World) -> None:
    world.engine.heal()
    world.engine.power = True


async def _power(world: World) -> None:
    world.engine.power = not world.engine.power


async def _kill(world: World) -> None:
    await world.kill(world.rng.choice(world.processes))


async def _kill_at_a_point(world: World) -> None:
    world.dies_in = world.rng.randint(1, 12)


async def _lose_commit(world: World) -> None:
    world.rng.choice(world.processes).store.lose_answers += 1


async def _mail(world: World) -> None:
    world.mail.trouble = world.rng.choice((0.0, 0.3, 0.9))


async def _staff(world: World) -> None:
    process = world.rng.choice(world.processes)
    process.call(world.staff.act(process.service.staffing))


async def _by_hand(world: World) -> None:
    """What is done in the prison system without us: booked, filled up, locked, unlocked, sent to court."""
    fake, rng, now = world.engine.state.world, world.rng, world.engine.time.now()
    noms_id, slot = rng.choice(world.people.prisoners()).noms_id, rng.choice(world.people.slots())
    kind = rng.random()
    try:
        if kind < 0.35:
            made = by_hand(fake, BookByHand(action="book", noms_id=noms_id, slot=str(slot)), now)
            world.by_hand.update(made.values())
        elif kind < 0.5:
            by_hand(fake, Fill(action="fill", prison="LEI", slot=str(slot), groups=rng.randint(1, 2)), now)
        elif kind < 0.65:
            by_hand(fake, Lock(action="lock", noms_id=noms_id), now)
        elif kind < 0.92:
            by_hand(fake, Unlock(action="unlock", noms_id=noms_id), now)
        else:
            by_hand(fake, Court(action="court", noms_id=noms_id, day=slot.day), now)
    except ImpossibleByHand:
        return


_ACTIONS: dict[str, tuple[int, Action]] = {
    "request": (19, _request),
    "burst": (4, _burst),
    "repeat": (3, _repeat),
    "again": (4, _again),
    "depart": (5, _depart),
    "depart at once": (3, _depart_at_once),
    "look": (4, _look),
    "clock": (20, _clock),
    "fault": (16, _fault),
    "heal": (4, _heal),
    "power": (2, _power),
    "kill": (3, _kill),
    "kill at a point": (5, _kill_at_a_point),
    "lose commit": (2, _lose_commit),
    "mail": (2, _mail),
    "staff": (4, _staff),
    "by hand": (4, _by_hand),
}
"""What may happen, and how often beside the rest."""
