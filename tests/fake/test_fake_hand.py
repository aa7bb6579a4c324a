"""What staff do by hand, and how it looks from the API."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nomis_client.fake.hand import ImpossibleByHand
from nomis_client.fake.history import history
from nomis_client.fake.replies import ContactList, FoundVisits, OffenderFound, Restrictions, Slots
from nomis_client.fake.requests import FindByReference, FindOffender, GetContacts, GetRestrictions, GetSlots
from tests.support.fake_nomis import (
    BORN,
    DAY,
    EVENING,
    LATER,
    LEAD,
    NUMBER,
    OFFENDER,
    OTHER,
    SLOT,
    a_contact,
    a_prisoner,
    a_session,
    a_world,
)

OTHER_NUMBER, OTHER_OFFENDER = "B7654XY", 42


def test_a_booking_by_hand_is_known_as_one_and_heeds_no_rule() -> None:
    prisons = a_world(a_prisoner(locked=True, vo=0))
    made = prisons.hand("book", noms_id=NUMBER, slot=SLOT, contacts=[LEAD, OTHER])
    visit = prisons.visit(made["visit_id"])
    assert (visit.made_by, visit.lead, visit.others, visit.reference) == ("hand", LEAD, (OTHER,), None)
    prisons.hand("book", noms_id=NUMBER, slot=SLOT)


def test_a_visit_booked_by_hand_overlaps_and_costs_an_order() -> None:
    prisons = a_world(a_prisoner(vo=2))
    made = prisons.hand("book", noms_id=NUMBER, slot=SLOT)
    assert prisons.prisoner().vo == 1
    assert prisons.refused() == ("Overlapping visit",)
    prisons.hand("cancel", visit_id=made["visit_id"])
    assert prisons.prisoner().vo == 2
    prisons.booked()


def test_a_merged_record_is_unknown_and_its_visits_live_on_with_the_other() -> None:
    prisons = a_world(a_prisoner(), a_prisoner(noms_id=OTHER_NUMBER, offender_id=OTHER_OFFENDER))
    visit = prisons.booked()
    prisons.hand("merge", noms_id=NUMBER, into=OTHER_NUMBER)
    assert prisons.ask(FindOffender(NUMBER, BORN)) == OffenderFound(None)
    assert prisons.refused(reference="ref-2") == ("Offender Not Found",)
    found = prisons.ask(FindByReference(OTHER_OFFENDER, "ref-1"))
    assert isinstance(found, FoundVisits) and found.visits == (
        replace(visit, noms_id=OTHER_NUMBER, offender_id=OTHER_OFFENDER),
    )


@pytest.mark.parametrize("stay", [False, True])
def test_a_session_gets_another_time_and_its_visits_with_it(stay: bool) -> None:
    prisons = a_world(a_session())
    visit = prisons.booked()
    prisons.hand("retime", prison="LEI", slot=SLOT, to=EVENING, visits_stay=stay)
    assert prisons.visit(visit.id).slot == (SLOT if stay else EVENING)
    slots = prisons.ask(GetSlots("LEI", DAY, DAY))
    assert isinstance(slots, Slots)
    assert [(one.session.slot, one.groups_booked) for one in slots.slots] == [(EVENING, 1)]


def test_sessions_come_and_go() -> None:
    prisons = a_world(a_session())
    prisons.hand("add_slot", prison="LEI", slot=LATER, capacity=4)
    prisons.hand("add_slot", prison="LEI", slot=LATER)
    prisons.hand("delete_slot", prison="LEI", slot=SLOT)
    slots = prisons.ask(GetSlots("LEI", DAY, DAY))
    assert isinstance(slots, Slots)
    assert [(s.session.slot, s.session.room, s.session.capacity) for s in slots.slots] == [
        (LATER, "1", 4),
        (LATER, "2", 60),
    ]


@pytest.mark.parametrize("room", [0, 1, 3])
def test_a_session_can_be_filled_up_to_some_room(room: int) -> None:
    people = [a_prisoner(noms_id=f"C{n:04d}AA", offender_id=900 + n) for n in range(5)]
    prisons = a_world(*people, a_session())
    prisons.booked(offender_id=904, reference="before")
    prisons.hand("fill", prison="LEI", slot=SLOT, groups=room)
    slots = prisons.ask(GetSlots("LEI", DAY, DAY))
    assert isinstance(slots, Slots)
    if room == 0:
        assert slots.slots == ()
        assert prisons.refused(offender_id=900) == ("Visit slot is at or over capacity",)
    else:
        (one,) = slots.slots
        assert one.session.max_groups - one.groups_booked == room


def test_a_ban_on_the_prisoner_comes_and_is_lifted() -> None:
    prisons = a_world()
    prisons.hand("ban", noms_id=NUMBER, effective_date=DAY, expiry_date=DAY)
    assert prisons.refused() == ("Offender has an active ban or restriction",)
    prisons.hand("ban", noms_id=NUMBER, lift=True)
    prisons.booked()


def test_a_ban_on_a_visitor_comes_and_is_lifted() -> None:
    prisons = a_world()
    prisons.hand("ban", noms_id=NUMBER, contact_id=LEAD)
    assert prisons.refused() == ("Lead visitor has an active ban or restriction",)
    prisons.hand("ban", noms_id=NUMBER, contact_id=LEAD, lift=True)
    prisons.booked()


def test_closed_visits_come_and_go() -> None:
    prisons = a_world()
    prisons.hand("close", noms_id=NUMBER, effective_date=DAY)
    found = prisons.ask(GetRestrictions(OFFENDER))
    assert isinstance(found, Restrictions) and [r.type for r in found.restrictions] == ["CLOSED"]
    prisons.hand("close", noms_id=NUMBER, lift=True)
    assert prisons.ask(GetRestrictions(OFFENDER)) == Restrictions(())


def test_a_contact_is_changed_added_and_taken_off_the_list() -> None:
    prisons = a_world()
    prisons.hand("change_contact", noms_id=NUMBER, contact_id=LEAD, change={"approved": False, "surname": "ROE"})
    prisons.hand("change_contact", noms_id=NUMBER, contact_id=OTHER, remove=True)
    prisons.hand("add_contact", noms_id=NUMBER, contact={"id": 7, "given_name": "AL", "surname": "POE"})
    reply = prisons.ask(GetContacts(OFFENDER))
    assert isinstance(reply, ContactList)
    assert [(c.id, c.surname, c.approved) for c in reply.contacts] == [
        (LEAD, "ROE", False),
        (13430, "DOE", True),
        (7, "POE", True),
    ]


def test_both_lines_of_a_contact_are_changed() -> None:
    prisons = a_world(a_prisoner(contacts=(a_contact(1), a_contact(1, relationship="COU"))))
    prisons.hand("change_contact", noms_id=NUMBER, contact_id=1, change={"active": False})
    assert [(c.relationship, c.active) for c in prisons.prisoner().contacts] == [("FRI", False), ("COU", False)]


def test_visiting_orders_are_granted_and_stand_in_the_ledger() -> None:
    prisons = a_world(a_prisoner(vo=0, pvo=0))
    prisons.hand("grant", noms_id=NUMBER, vo=2, pvo=1)
    assert (prisons.prisoner().vo, prisons.prisoner().pvo) == (2, 1)
    assert [(e.type, e.change, e.visit_id) for e in history(prisons.state.world).ledger] == [
        ("VO", 2, None),
        ("PVO", 1, None),
    ]


def test_court_is_set_and_called_off() -> None:
    prisons = a_world()
    prisons.hand("court", noms_id=NUMBER, day=DAY)
    assert prisons.prisoner().moves_on(DAY)
    prisons.hand("court", noms_id=NUMBER, day=DAY, lift=True)
    assert not prisons.prisoner().moves_on(DAY)


IMPOSSIBLE: list[dict[str, Any]] = [
    {"action": "lock", "noms_id": "Z9999ZZ"},
    {"action": "merge", "noms_id": NUMBER, "into": "Z9999ZZ"},
    {"action": "merge", "noms_id": NUMBER, "into": NUMBER},
    {"action": "cancel", "visit_id": 1},
    {"action": "delete_slot", "prison": "LEI", "slot": "2026-12-15T14:00/15:00"},
    {"action": "retime", "prison": "LEI", "slot": SLOT, "to": "tomorrow"},
    {"action": "book", "noms_id": NUMBER, "slot": "2026-12-15T14:00/15:00"},
    {"action": "ban", "noms_id": NUMBER, "contact_id": 1},
    {"action": "change_contact", "noms_id": NUMBER, "contact_id": LEAD, "change": {"approved": "perhaps"}},
    {"action": "change_contact", "noms_id": NUMBER, "contact_id": LEAD, "change": {"nonsense": 1}},
]


@pytest.mark.parametrize("action", IMPOSSIBLE, ids=lambda action: action["action"])
def test_what_isnt_there_cant_be_handled_and_isnt_named(action: dict[str, Any]) -> None:
    with pytest.raises(ImpossibleByHand) as refused:
        a_world().hand(**action)
    assert "Z9999ZZ" not in str(refused.value) and NUMBER not in str(refused.value)


def test_a_reference_in_use_isnt_given_to_another_visit_by_hand() -> None:
    prisons = a_world(a_prisoner())
    visit = prisons.booked(reference="ref-1")
    with pytest.raises(ImpossibleByHand):
        prisons.hand("book", noms_id=NUMBER, slot=SLOT, reference="ref-1")
    found = prisons.ask(FindByReference(OFFENDER, "ref-1"))
    assert isinstance(found, FoundVisits) and found.visits == (visit,)


def test_a_visit_cancelled_already_isnt_cancelled_again_by_hand() -> None:
    prisons = a_world()
    visit = prisons.booked()
    prisons.cancel(visit.id)
    with pytest.raises(ImpossibleByHand):
        prisons.hand("cancel", visit_id=visit.id)


def test_the_history_keeps_every_scheduled_interval() -> None:
    prisons = a_world()
    booked_at = prisons.now
    visit = prisons.booked()
    prisons.pass_time(60)
    prisons.hand("retime", prison="LEI", slot=SLOT, to="2026-12-14T12:00/13:00")
    prisons.pass_time(60)
    prisons.cancel(visit.id)
    (past,) = history(prisons.state.world).visits
    assert [(i.visit.status.value, i.visit.slot, (i.since - booked_at).total_seconds()) for i in past.intervals] == [
        ("SCH", SLOT, 0),
        ("SCH", "2026-12-14T12:00/13:00", 60),
        ("CANC", "2026-12-14T12:00/13:00", 120),
    ]
    assert [i.until for i in past.intervals] == [*(i.since for i in past.intervals[1:]), None]
