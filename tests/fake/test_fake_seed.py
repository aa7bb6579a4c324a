"""The standard world: the same for the same day and number, never stale, and as the documentation has it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.config import load
from nomis_client.fake.generate import generated, noms_id
from nomis_client.fake.people import KnownPerson, known_people
from nomis_client.fake.replies import Booking, OffenderFound, Slots
from nomis_client.fake.requests import Book, FindOffender, GetSlots
from nomis_client.fake.seed import PRISONS, seeded
from nomis_client.fake.state import PrisonState
from nomis_client.fake.times import normal_span, parse_slot
from nomis_client.fake.world import Row, World
from nomis_client.slot_times import slot_time

TODAY = date(2026, 11, 30)
DAYS = st.dates(date(2026, 1, 1), date(2035, 12, 31))


def at_noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


class Tape:
    """A journal that keeps what it was given."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def append(self, rows: list[Row]) -> None:
        self.rows += rows

    def replay(self) -> tuple[Row, ...]:
        return ()

    def note(self, number: int, request: str) -> None: ...
    def notes(self) -> tuple[str, ...]:
        return ()

    def clear(self) -> None: ...
    def close(self) -> None: ...


def recorded(day: date, number: int) -> list[Row]:
    from nomis_client.fake.seed import seed

    tape = Tape()
    seed(PrisonState(World(tape)), day, number)  # type: ignore[arg-type]
    return tape.rows


def test_the_same_day_and_number_give_the_same_world_to_the_last_byte() -> None:
    assert recorded(TODAY, 1) == recorded(TODAY, 1)
    assert recorded(TODAY, 1) != recorded(TODAY, 2)


def slots_of(state: PrisonState, prison: str, day: date, ahead: int) -> list[str]:
    reply = state.answer(GetSlots(prison, day, day + timedelta(days=ahead)), at_noon(day))
    assert isinstance(reply, Slots)
    return [offered.session.slot for offered in reply.slots]


@settings(max_examples=15, deadline=None)
@given(DAYS)
def test_each_prison_offers_its_timetable_for_sixty_days_from_any_day(day: date) -> None:
    """Up to the minute that the prison system can't spell, and without the session that is always full."""
    book = load([Path(__file__).parents[2] / "config.toml"], {}).prisons
    state = seeded(day)
    for known in book.all():
        offered = {normal_span(*parse_slot(slot)) for slot in slots_of(state, known.nomis_id, day, 60)}
        planned = set()
        for ahead in range(61):
            on = day + timedelta(days=ahead)
            for hours in known.recurring.get(on.weekday(), ()):
                slot = hours.on(on)
                assert slot is not None
                if (known.nomis_id, on.weekday(), str(slot)[11:]) != ("LEI", 5, "09:30/11:30"):
                    planned.add((slot.begin, slot.end))
        assert offered == planned


def test_saturday_morning_at_leeds_is_always_full() -> None:
    state = seeded(TODAY)
    saturday = TODAY + timedelta(days=(5 - TODAY.weekday()) % 7)
    morning = f"{saturday}T09:30/11:30"
    assert morning not in slots_of(state, "LEI", TODAY, 60)
    known = person("leeds").prisoner
    reply = state.answer(Book(known.offender_id, known.contacts[0].id, (), morning, "ref"), at_noon(TODAY))
    assert getattr(reply, "texts", None) == ("Visit slot is at or over capacity",)


def test_leicester_is_spelt_in_every_way() -> None:
    slots = slots_of(seeded(TODAY), "LCI", TODAY, 6)
    assert {slot[11:] for slot in slots} == {
        "13:59/15:01",
        "14:00/15:00",
        "14:01/14:59",
        "13:59/15:00",
        "14:00/15:01",
    }
    assert len(slots) == 9 > len(set(slots))
    assert {slot_time(slot).normal[11:] for slot in slots} == {"14:00/15:00"}


def test_the_fakes_idea_of_a_normal_time_is_the_clients() -> None:
    for minute in range(60):
        slot = f"2026-12-14T13:{minute:02d}/15:{59 - minute:02d}"
        begin, end = normal_span(*parse_slot(slot))
        assert f"{begin:%Y-%m-%dT%H:%M}/{end:%H:%M}" == slot_time(slot).normal


def test_sessions_go_on_as_time_goes_by_and_a_deleted_one_stays_away() -> None:
    state = seeded(TODAY)
    far = TODAY + timedelta(days=200)
    assert len(slots_of(state, "CFI", far, 60)) > 40
    one = state.world.sessions_on("CFI", far + timedelta(days=(1 - far.weekday()) % 7 + 7))[0]
    state.world.commit(at_noon(far), (state.world.sessions, one.id, None))
    assert one.slot not in slots_of(state, "CFI", far + timedelta(days=1), 60)


def person(key: str) -> KnownPerson:
    return next(known for known in known_people(TODAY) if known.key == key)


def test_nobody_is_there_twice() -> None:
    everybody = [known.prisoner for known in known_people(TODAY)] + generated(50, "LEI", 1, TODAY, 1, 5)
    assert len({p.noms_id for p in everybody}) == len({p.offender_id for p in everybody}) == len(everybody)
    contacts = [{c.id for c in p.contacts} for p in everybody]
    assert sum(map(len, contacts)) == len(set().union(*contacts))


@pytest.mark.parametrize("key", ["leeds", "cardiff", "leicester"])
def test_the_ordinary_ones_can_be_booked(key: str) -> None:
    known, state = person(key).prisoner, seeded(TODAY)
    slot = slots_of(state, known.prison, TODAY + timedelta(days=7), 20)[0]
    others = tuple(c.id for c in known.contacts[1:2])
    reply = state.answer(Book(known.offender_id, known.contacts[0].id, others, slot, "ref"), at_noon(TODAY))
    assert isinstance(reply, Booking)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("no_vo", "Offender has no VO or PVO balance"),
        ("banned", "Offender has an active ban or restriction"),
        ("closed", "Offender requires closed visits"),
        ("locked", "Resource is locked"),
        ("released", "Offender Not Found"),
    ],
)
def test_the_others_are_refused(key: str, text: str) -> None:
    known, state = person(key).prisoner, seeded(TODAY)
    slot = slots_of(state, "LEI", TODAY + timedelta(days=7), 20)[0]
    reply = state.answer(Book(known.offender_id, known.contacts[0].id, (), slot, "ref"), at_noon(TODAY))
    assert getattr(reply, "texts", None) == (text,)


def test_everybody_but_the_released_one_is_found() -> None:
    state = seeded(TODAY)
    for known in known_people(TODAY):
        p = known.prisoner
        found = state.answer(FindOffender(p.noms_id, p.date_of_birth), at_noon(TODAY))
        assert found == OffenderFound(p.offender_id if p.active else None)


def test_court_is_on_wednesdays_and_one_visitor_is_banned() -> None:
    court = person("court").prisoner
    week = [TODAY + timedelta(days=n) for n in range(7)]
    assert [day.weekday() for day in week if court.moves_on(day)] == [2]
    banned = [c.given_name for c in person("visitor_banned").prisoner.contacts if c.restrictions]
    assert banned == ["WAYNE"]


@settings(max_examples=20, deadline=None)
@given(DAYS, st.integers(0, 10_000))
def test_generated_families_have_two_adults_and_a_child(day: date, first: int) -> None:
    for prisoner in generated(3, "CFI", first, day, 1, 5):
        ages = [(day - c.date_of_birth).days / 365.25 for c in prisoner.contacts if c.date_of_birth]
        assert ages[0] >= 18 and ages[1] >= 18 and ages[2] < 18
        assert len(prisoner.contacts) == len({c.id for c in prisoner.contacts}) == 3


@given(st.integers(0, 5_000_000), st.integers(0, 5_000_000))
def test_generated_numbers_are_well_formed_and_differ(one: int, other: int) -> None:
    import re

    assert re.fullmatch(r"G\d{4}[A-Z]{2}", noms_id(one))
    assert (noms_id(one) == noms_id(other)) == (one == other)


def test_the_standard_prisons() -> None:
    assert [(prison.code, prison.desc) for prison in PRISONS] == [
        ("LEI", "LEEDS (HMP)"),
        ("CFI", "CARDIFF (HMP)"),
        ("LCI", "LEICESTER (HMP)"),
    ]
