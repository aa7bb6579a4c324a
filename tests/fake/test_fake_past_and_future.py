"""Reads of what was, and writes that happen later."""

from __future__ import annotations

from datetime import timedelta

from nomis_client.fake.replies import (
    FoundVisits,
    OffenderFound,
    Slots,
)
from nomis_client.fake.requests import (
    FindByReference,
    FindOffender,
    GetSlots,
)
from tests.support.fake_nomis import (
    BORN,
    DAY,
    NUMBER,
    OFFENDER,
    a_world,
    an_order,
)


def test_a_stale_read_shows_what_was() -> None:
    prisons = a_world()
    before = prisons.now
    prisons.pass_time(5)
    visit = prisons.booked()
    find = FindByReference(OFFENDER, "ref-1")
    assert prisons.ask(find, as_of=before) == FoundVisits(())
    assert prisons.ask(find) == FoundVisits((visit,))
    slots = prisons.ask(GetSlots("LEI", DAY, DAY), as_of=before)
    assert isinstance(slots, Slots) and slots.slots[0].groups_booked == 0


def test_a_stale_read_still_knows_what_was_seeded_a_moment_ago() -> None:
    prisons = a_world()
    long_ago = prisons.now - timedelta(days=300)
    assert prisons.ask(FindOffender(NUMBER, BORN), as_of=long_ago) == OffenderFound(OFFENDER)


def test_a_late_write_is_carried_out_when_it_is_due_whoever_looks_then() -> None:
    prisons = a_world()
    prisons.state.put_off(an_order(), prisons.now + timedelta(seconds=30), prisons.now)
    find = FindByReference(OFFENDER, "ref-1")
    prisons.pass_time(29)
    assert prisons.ask(find) == FoundVisits(())
    prisons.pass_time(31)
    reply = prisons.ask(find)
    assert isinstance(reply, FoundVisits) and len(reply.visits) == 1
    at, _ = prisons.state.world.visits.history(reply.visits[0].id)[0]
    assert at == prisons.now - timedelta(seconds=30)


def test_a_late_write_is_judged_by_what_is_true_then() -> None:
    prisons = a_world()
    prisons.state.put_off(an_order(), prisons.now + timedelta(seconds=30), prisons.now)
    prisons.hand("lock", noms_id=NUMBER)
    prisons.pass_time(31)
    assert prisons.ask(FindByReference(OFFENDER, "ref-1")) == FoundVisits(())
    prisons.hand("unlock", noms_id=NUMBER)
    assert prisons.ask(FindByReference(OFFENDER, "ref-1")) == FoundVisits(())
