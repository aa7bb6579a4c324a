"""Whatever is asked in whatever order, the prison system's own promises hold."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from nomis_client.fake.hand import ImpossibleByHand
from nomis_client.fake.history import history
from nomis_client.fake.replies import Booking, Cancelled, FoundVisits, No, Refusal
from nomis_client.fake.requests import FindByReference
from nomis_client.fake.times import touches
from tests.support.fake_nomis import EVENING, LATER, SLOT, Prisons, a_prisoner, a_session, a_world, an_order

PEOPLE = 5
SLOTS = (SLOT, LATER, EVENING)
MAX_GROUPS = 2

people = st.integers(0, PEOPLE - 1)
slots = st.sampled_from(SLOTS)
references = st.sampled_from([f"ref-{n}" for n in range(8)])


def number(person: int) -> str:
    return f"C{person:04d}AA"


class PrisonSystemMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        everybody = [a_prisoner(noms_id=number(n), offender_id=900 + n, vo=2) for n in range(PEOPLE)]
        sessions = [a_session(slot, max_groups=MAX_GROUPS) for slot in SLOTS]
        self.prisons: Prisons = a_world(*everybody, *sessions)
        self.answered: dict[int, str] = {}

    @rule(person=people, slot=slots, reference=references)
    def book(self, person: int, slot: str, reference: str) -> None:
        known = self.prisons.state.world.visit_under(reference) is not None
        reply = self.prisons.book(an_order(offender_id=900 + person, slot=slot, reference=reference))
        if isinstance(reply, Booking):
            assert not known
            self.answered[reply.visit_id] = reference
        else:
            assert isinstance(reply, Refusal) and reply.texts

    @rule(person=people, slot=slots, reference=references, seconds=st.integers(1, 90))
    def book_late(self, person: int, slot: str, reference: str, seconds: int) -> None:
        order = an_order(offender_id=900 + person, slot=slot, reference=reference)
        self.prisons.state.put_off(order, self.prisons.now + timedelta(seconds=seconds), self.prisons.now)

    @rule(person=people, back=st.integers(0, 4), code=st.sampled_from(["VISCANC", "HMP"]))
    def cancel(self, person: int, back: int, code: str) -> None:
        visits = list(self.prisons.state.world.visits.values())
        if visits:
            visit = visits[-1 - back % len(visits)]
            reply = self.prisons.cancel(visit.id, code, offender=900 + person)
            if isinstance(reply, Cancelled):
                assert visit.scheduled and visit.noms_id == number(person)
            else:
                assert isinstance(reply, Refusal) and reply.why is not No.BAD_REQUEST

    @rule(person=people, action=st.sampled_from(["lock", "unlock", "release", "readmit", "arrive", "grant", "close"]))
    def by_hand(self, person: int, action: str) -> None:
        kinds: dict[str, dict[str, Any]] = {"grant": {"vo": 1}, "close": {"lift": True}}
        more = kinds.get(action, {})
        self.prisons.hand(action, noms_id=number(person), **more)

    @rule(person=people, prison=st.sampled_from(["LEI", "CFI"]), in_transit=st.booleans())
    def transfer(self, person: int, prison: str, in_transit: bool) -> None:
        self.prisons.hand("transfer", noms_id=number(person), prison=prison, in_transit=in_transit)

    @rule(slot=slots)
    def delete_and_add(self, slot: str) -> None:
        try:
            self.prisons.hand("delete_slot", prison="LEI", slot=slot)
        except ImpossibleByHand:
            self.prisons.hand("add_slot", prison="LEI", slot=slot, max_groups=MAX_GROUPS)

    @rule(seconds=st.integers(1, 60))
    def wait(self, seconds: int) -> None:
        self.prisons.pass_time(seconds)
        self.prisons.state.settle(self.prisons.now)

    @invariant()
    def references_are_unique_over_all_visits_ever(self) -> None:
        visits = self.prisons.state.world.visits.values()
        counts = Counter(visit.reference for visit in visits if visit.reference)
        assert all(count == 1 for count in counts.values())

    @invariant()
    def what_was_answered_is_there(self) -> None:
        for visit_id, reference in self.answered.items():
            assert self.prisons.visit(visit_id).reference == reference

    @invariant()
    def nobodys_visits_of_one_stay_overlap(self) -> None:
        visits = [visit for visit in self.prisons.state.world.visits.values() if visit.scheduled]
        for one in visits:
            for other in visits:
                if one.id < other.id and (one.noms_id, one.stay) == (other.noms_id, other.stay):
                    assert not touches(one.span, other.span)

    @invariant()
    def no_session_holds_more_than_one_group_too_many(self) -> None:
        for session in self.prisons.state.world.sessions.values():
            assert len(self.prisons.state.world.visits_in(session.id)) <= session.max_groups + 1

    @invariant()
    def balances_are_never_negative_and_agree_with_the_ledger(self) -> None:
        world = self.prisons.state.world
        for prisoner in world.prisoners.values():
            if prisoner.noms_id.startswith("C"):
                moved = sum(e.change for e in world.ledger.values() if e.noms_id == prisoner.noms_id)
                assert prisoner.vo == 2 + moved >= 0

    @invariant()
    def each_visit_costs_at_most_one_order_and_none_when_cancelled(self) -> None:
        spent: Counter[int] = Counter()
        for entry in history(self.prisons.state.world).ledger:
            if entry.visit_id is not None:
                spent[entry.visit_id] -= entry.change
        for visit in self.prisons.state.world.visits.values():
            assert spent[visit.id] == (1 if visit.scheduled else 0)

    @invariant()
    def a_scheduled_visit_of_a_present_prisoner_is_found_while_its_slot_exists(self) -> None:
        world = self.prisons.state.world
        for visit in world.visits.values():
            prisoner = world.prisoners.get(visit.noms_id)
            assert prisoner is not None and visit.reference is not None
            if prisoner.active and not prisoner.in_transit and prisoner.stay == visit.stay:
                found = self.prisons.ask(FindByReference(visit.offender_id, visit.reference))
                exists = world.sessions.get(visit.session) is not None
                assert isinstance(found, FoundVisits) and bool(found.visits) is exists


TestPrisonSystem = PrisonSystemMachine.TestCase
TestPrisonSystem.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
