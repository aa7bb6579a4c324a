"""The prison system's answer now, for the page of one request: asked in the background, and seldom."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field, replace

from adapter.booking.codec import load_request
from adapter.booking.desk import Desk, Run
from adapter.booking.facts import Gathered, gather
from adapter.booking.letters import notes_of
from adapter.booking.staffing_queries import check_lines
from adapter.booking.staffing_references import a_look, look_at_all
from adapter.booking.staffing_views import Member, PrisonAnswer
from adapter.booking.tasks import SagaTasks
from adapter.store import visits as visit_rows
from adapter.store.records import Visit
from booking_rules.decision import judge
from booking_rules.facts import Facts, Unknown
from booking_rules.lifecycle import Step
from nomis_client import NomisError

AGAIN_AFTER = 5.0
"""Seconds from one round of questions to the next about the same visit, however often its page is opened; and about
any visit of the same prison, as long as pages are opened by nobody whom we know: mail scanners open every link."""
AT_ONCE = 0.4
"""Seconds that a page waits for the answer; what comes later is on the page when it is opened again."""
_MOST = 256


@dataclass(slots=True)
class _Asked:
    at: float
    task: asyncio.Task[PrisonAnswer | None]
    before: PrisonAnswer | None


@dataclass(frozen=True, slots=True)
class PrisonAnswers:
    """One per process."""

    desk: Desk
    tasks: SagaTasks
    asked: OrderedDict[str, _Asked] = field(default_factory=OrderedDict)
    for_strangers: dict[str, float] = field(default_factory=dict)
    """Prison → when it was last asked for somebody whom we don't know."""

    async def now(self, visit_id: str, prison_id: str, *, ask: bool, by: Member | None) -> PrisonAnswer | None:
        """The answer, if it is known or comes at once; else the one before; else None."""
        last = self.asked.get(visit_id)
        now = self.desk.clock.monotonic()
        due = last is None or (last.task.done() and now - last.at > AGAIN_AFTER)
        if ask and due and (by is not None or self._strangers_turn(prison_id, now)):
            last = self._ask(visit_id, now, _known(last))
        if last is None:
            return None
        await asyncio.wait({last.task}, timeout=AT_ONCE)
        return _known(last)

    def forget(self, visit_id: str) -> None:
        """What was known is old once the visit has been answered."""
        self.asked.pop(visit_id, None)

    def _strangers_turn(self, prison_id: str, now: float) -> bool:
        last = self.for_strangers.get(prison_id)
        if last is not None and now - last <= AGAIN_AFTER:
            return False
        self.for_strangers[prison_id] = now
        return True

    def _ask(self, visit_id: str, now: float, before: PrisonAnswer | None) -> _Asked:
        asked = _Asked(now, self.tasks.start(_answer(self.desk, visit_id), "prison_answer"), before)
        self.asked[visit_id] = asked
        self.asked.move_to_end(visit_id)
        if len(self.asked) > _MOST:
            self.asked.popitem(last=False)
        return asked


def _known(asked: _Asked | None) -> PrisonAnswer | None:
    if asked is None:
        return None
    if asked.task.done() and not asked.task.cancelled() and (answer := asked.task.result()) is not None:
        return answer
    return asked.before


async def _answer(desk: Desk, visit_id: str) -> PrisonAnswer | None:
    """One round of reads, none tried twice. None when there is nothing to ask, or nobody answers."""
    async with desk.store.read() as tx:
        visit = await visit_rows.load(tx, visit_id)
    prison = desk.prison(visit) if visit is not None else None
    if visit is None or prison is None or visit.step is not Step.WITH_STAFF or not desk.nomis.is_open(prison.nomis_id):
        return None
    run, request, at = replace(a_look(desk), once=True), load_request(visit.request), desk.clock.now()
    prisoner = request.prisoner
    try:
        offender = await desk.nomis.find_offender(prisoner.number, prisoner.date_of_birth, desk.call(visit, run))
    except NomisError:
        return None
    known = await _facts(desk, visit, run, offender)
    now = desk.wall_time()
    # A prison that answers all requests itself wants to read the checks as well.
    asked = replace(prison, real_time=True, enabled=True, closed=False)
    decision = judge(request, asked, known.facts, now, desk.holidays(now.date()), desk.policy)
    looks = await look_at_all(desk, visit, run)
    return PrisonAnswer(
        at=at,
        checks=tuple(line for line in check_lines(decision.trace) if not line.name.startswith("prison ")),
        notes=notes_of(decision.trace),
        existing=_existing(known.facts),
        looks=tuple(item.told for item in looks),
    )


async def _facts(desk: Desk, visit: Visit, run: Run, offender: int | None) -> Gathered:
    if offender is None:
        return Gathered(Facts(offender_id=None), visit.now, desk.clock.monotonic())
    return await gather(desk, visit._replace(offender_id=offender), run)


def _existing(facts: Facts) -> tuple[tuple[str, int], ...]:
    if isinstance(facts.days, Unknown):
        return ()
    found = ((str(item.normal), item.id) for day in facts.days.values() for item in day.existing if item.id is not None)
    return tuple(sorted(found))
