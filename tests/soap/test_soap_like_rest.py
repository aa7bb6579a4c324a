"""The same requests over REST and over SOAP get the same answers and leave the prison system in the same state."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from nomis_client import Booked, BookingOrder, CancellationCode, NomisError
from nomis_client.fake.history import history
from tests.support.contract_harness import TODAY, TRANSPORTS, Harness, harness

CALLS = 200
_ALIKE = {"http_404": "proves nothing", "no_such_offender": "proves nothing"}
"""REST can't tell a prisoner who is gone from a call that is missing; SOAP says which."""


async def _answers(port: Harness, seed: int) -> list[object]:
    """200 bookings of people at random, with what goes before and after them; what was answered."""
    rng = Random(seed)
    people = [*port.people.values(), *port.fake.state.world.prisoners.values()]
    said: list[object] = []
    visits: list[tuple[int, int]] = []
    for number in range(CALLS):
        prisoner = rng.choice(people)
        call = port.call()
        first = TODAY + timedelta(days=rng.randint(1, 28))
        said.append(await _said(port.client.find_offender(prisoner.noms_id, prisoner.date_of_birth, call)))
        said.append(await _said(port.client.contacts(prisoner.offender_id, call)))
        said.append(await _said(port.client.unavailability(prisoner.offender_id, [first], call)))
        offered: Any = await _said(port.client.slots(prisoner.prison, first, first + timedelta(days=7), call))
        times = [slot.time.raw for slot in offered] if isinstance(offered, tuple) else []
        said.append(offered)
        contacts = [contact.id for contact in prisoner.contacts] or [1]
        lead, *others = rng.sample(contacts, rng.randint(1, min(3, len(contacts))))
        order = BookingOrder(
            offender_id=prisoner.offender_id,
            prison=prisoner.prison,
            lead_contact=lead,
            other_contacts=tuple(others),
            slot=rng.choice(times or [f"{first}T03:00/04:00"]),
            reference=f"seed-{seed}-{rng.randint(0, number)}",
            comment=rng.choice(["", "Phone 01632 960123", "<&>'\"", "Siân\tŵ"]),
        )
        booked = await _said(_book(port, order))
        said.append(booked)
        if isinstance(booked, Booked):
            visits.append((prisoner.offender_id, booked.visit_id))
        if visits and rng.random() < 0.3:
            offender_id, visit_id = rng.choice(visits)
            code = rng.choice(list(CancellationCode))
            said.append(await _said(port.client.cancel(offender_id, visit_id, code, call)))
        said.append(await _said(port.client.find_by_reference(prisoner.offender_id, order.reference, call)))
    return said


async def _book(port: Harness, order: BookingOrder) -> object:
    async with port.client.booking_permit(order.prison, port.deadline()) as permit:
        return await permit.post(order, port.deadline())


async def _said(asking: Any) -> object:
    try:
        return await asking
    except NomisError as failure:
        return _ALIKE.get(failure.reason, (type(failure), failure.reason))


@pytest.mark.parametrize("seed", [1, 2])
async def test_two_hundred_bookings_end_alike(seed: int) -> None:
    answers, histories = [], []
    for transport in TRANSPORTS.values():
        async with harness(transport, "good", find_by_ref=True) as port:
            answers.append(await _answers(port, seed))
            histories.append(history(port.fake.state.world))
    by_rest, by_soap = answers
    for ours, theirs in zip(by_rest, by_soap, strict=True):
        assert theirs == ours
    assert histories[0] == histories[1]
    assert sum(isinstance(answer, Booked) for answer in by_rest) > CALLS / 10
