"""Which calls a fault strikes: by operation, filter, count, chance, place and time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from nomis_client.fake.engine import Engine
from nomis_client.fake.entities import Prison
from nomis_client.fake.faults import Fault, FaultKind
from nomis_client.fake.outcome import Arrival, Delivery
from nomis_client.fake.requests import (
    FindByReference,
    FindOffender,
    GetContacts,
    GetLocation,
    GetSlots,
    GetVersion,
    Operation,
    Request,
)
from nomis_client.fake.world import ALWAYS
from tests.support.fake_nomis import (
    BORN,
    DAY,
    EVENING,
    NUMBER,
    OFFENDER,
    TODAY,
    Prisons,
    a_prisoner,
    a_world,
    an_order,
)

CARDIFF, CARDIFF_OFFENDER = "B7654XY", 42


def an_engine(prisons: Prisons | None = None, **fault: Any) -> Engine:
    """With one fault armed, which drops connections."""
    prisons = prisons or a_world(a_prisoner(), a_prisoner(noms_id=CARDIFF, offender_id=CARDIFF_OFFENDER, prison="CFI"))
    engine = Engine(prisons.state, prisons.time)
    engine.arm(Fault(**({"kind": "drop"} | fault)))
    return engine


async def struck(engine: Engine, request: Request) -> bool:
    return (await engine.perform(Arrival(request))).delivery is Delivery.DROP


READ, WRITE = GetContacts(OFFENDER), an_order()


@pytest.mark.parametrize(
    ("operation", "request_", "hit"),
    [
        ("", READ, True),
        ("*", WRITE, True),
        ("reads", READ, True),
        ("reads", WRITE, False),
        ("writes", WRITE, True),
        ("writes", READ, False),
        ("contacts", READ, True),
        ("location", READ, False),
        ("book", WRITE, True),
        ("cancel", WRITE, False),
    ],
)
async def test_by_operation(operation: str, request_: Request, hit: bool) -> None:
    assert await struck(an_engine(operation=operation), request_) is hit


@pytest.mark.parametrize(
    "request_",
    [
        FindOffender(NUMBER, BORN),
        GetLocation(NUMBER),
        GetContacts(OFFENDER),
        FindByReference(OFFENDER, "x"),
        GetSlots("LEI", TODAY, DAY),
        an_order(),
    ],
    ids=lambda request: type(request).__name__,
)
async def test_by_prison_whatever_names_it(request_: Request) -> None:
    assert await struck(an_engine(prison="LEI"), request_)
    assert not await struck(an_engine(prison="CFI"), request_)


async def test_the_prison_is_where_the_prisoner_is_now() -> None:
    prisons = a_world()
    engine = an_engine(prisons, prison="CFI")
    assert not await struck(engine, READ)
    prisons.hand("transfer", noms_id=NUMBER, prison="CFI")
    assert await struck(engine, READ)


async def test_by_prisoner_and_by_reference() -> None:
    assert not await struck(an_engine(noms_id=CARDIFF), READ)
    assert await struck(an_engine(noms_id=NUMBER), READ)
    assert await struck(an_engine(reference="ref-1"), WRITE)
    assert await struck(an_engine(reference="ref-1"), FindByReference(OFFENDER, "ref-1"))
    assert not await struck(an_engine(reference="ref-2"), WRITE)


async def test_only_repeats() -> None:
    engine = an_engine(operation="book", repeats=True)
    assert [await struck(engine, WRITE), await struck(engine, WRITE)] == [False, True]
    assert not await struck(engine, an_order(slot=EVENING, reference="ref-2"))


async def pattern(engine: Engine, calls: int) -> str:
    return "".join(["x" if await struck(engine, READ) else "." for _ in range(calls)])


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({}, "xxxxxx"),
        ({"nth": 3}, "..x..."),
        ({"count": 2}, "xx...."),
        ({"probability": 0.0}, "......"),
        ({"probability": 1.0, "count": 1}, "x....."),
    ],
)
async def test_by_count(fault: dict[str, Any], expected: str) -> None:
    assert await pattern(an_engine(**fault), 6) == expected


async def test_nth_counts_only_calls_that_it_is_about() -> None:
    engine = an_engine(nth=2, operation="contacts")
    await struck(engine, GetLocation(NUMBER))
    await struck(engine, GetSlots("LEI", TODAY, DAY))
    assert await pattern(engine, 3) == ".x."


async def test_chance_comes_from_the_seed_alone() -> None:
    runs = [await pattern(an_engine(probability=0.5, seed=seed), 200) for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]
    assert 60 < runs[0].count("x") < 140


async def test_chance_doesnt_depend_on_what_else_is_armed() -> None:
    engine = an_engine(probability=0.5, seed=7)
    engine.arm(Fault(kind=FaultKind.DELAY, probability=0.5, seconds=0))
    assert await pattern(engine, 50) == await pattern(an_engine(probability=0.5, seed=7), 50)


async def test_a_fault_lasts_as_long_as_it_says() -> None:
    prisons = a_world()
    engine = an_engine(prisons, lasts=10)
    seen = []
    for _ in range(4):
        seen.append(await struck(engine, READ))
        prisons.pass_time(4)
    assert seen == [True, True, True, False]


async def test_a_flapping_fault_comes_and_goes() -> None:
    prisons = a_world()
    engine = an_engine(prisons, up=2, down=3)
    seen = ""
    for _ in range(12):
        seen += "x" if await struck(engine, READ) else "."
        prisons.pass_time(1)
    assert seen == "..xxx..xxx.."


async def test_taken_away_it_strikes_no_more() -> None:
    engine = an_engine()
    engine.heal(1)
    assert not await struck(engine, READ)


async def test_several_faults_strike_one_call() -> None:
    engine = an_engine()
    engine.arm(Fault(kind=FaultKind.DELAY, seconds=0))
    await struck(engine, READ)
    assert engine.log.entries()[-1].faults == ("drop", "delay")


def test_a_fault_that_doesnt_make_sense_is_refused() -> None:
    for wrong in (
        {"nth": 0},
        {"probability": 2},
        {"status": 99},
        {"when": "never"},
        {"operation": "fly"},
        {"kind": "find_wrong_status", "text": "X"},
        {"kind": "soap", "text": "x"},
    ):
        with pytest.raises(ValidationError):
            Fault(**({"kind": "answer"} | wrong))


def test_each_operation_is_a_read_a_write_or_the_token() -> None:
    reads, writes = Fault(kind=FaultKind.DROP, operation="reads"), Fault(kind=FaultKind.DROP, operation="writes")
    assert reads.operations | writes.operations | {Operation.TOKEN} == frozenset(Operation)
    assert not reads.operations & writes.operations


async def test_a_call_about_nobody_has_no_prison() -> None:
    assert not await struck(an_engine(prison="LEI"), GetVersion())


async def test_the_log_knows_requests_that_never_got_an_answer() -> None:
    engine = an_engine()
    engine.state.world.commit(ALWAYS, (engine.state.world.prisons, "XYI", Prison(code="XYI", desc="EXAMPLE")))
    await struck(engine, WRITE)
    (entry,) = engine.log.entries()
    assert (entry.operation, entry.outcome, entry.reference) == (Operation.BOOK, "drop", "ref-1")
    assert entry.answered_at is not None and entry.answered_at - entry.at < timedelta(seconds=1)
