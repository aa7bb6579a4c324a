"""Every answer to a cancellation."""

from __future__ import annotations

import pytest

from nomis_client.fake.entities import Status
from nomis_client.fake.replies import Cancelled, No, Refusal
from tests.support.fake_nomis import (
    LATER,
    NUMBER,
    SLOT,
    a_prisoner,
    a_session,
    a_world,
)

YESTERDAY = "2026-11-29T14:00/15:00"
THIS_MORNING = "2026-11-30T09:00/11:00"


@pytest.mark.parametrize("code", ["VISCANC", "OFFCANC", "NO_VO", "ADMIN", "HMP"])
def test_each_code_of_the_contract_cancels(code: str) -> None:
    prisons = a_world()
    visit = prisons.booked()
    assert prisons.cancel(visit.id, code) == Cancelled("Visit Cancelled")
    gone = prisons.visit(visit.id)
    assert (gone.status, gone.cancellation_code) == (Status.CANCELLED, code)


def test_a_second_cancellation_is_told_so_and_gives_no_second_order_back() -> None:
    prisons = a_world(a_prisoner(vo=1))
    visit = prisons.booked()
    prisons.cancel(visit.id)
    assert prisons.cancel(visit.id) == Refusal(No.ALREADY_CANCELLED, ("Visit already cancelled",))
    assert prisons.prisoner().vo == 1


def test_a_cancelled_visit_gives_its_place_back() -> None:
    prisons = a_world(a_session(capacity=2))
    visit = prisons.booked()
    prisons.cancel(visit.id)
    prisons.booked(reference="ref-2")


@pytest.mark.parametrize("code", ["", "viscanc", "NONSENSE"])
def test_an_unknown_code_cancels_nothing(code: str) -> None:
    prisons = a_world()
    visit = prisons.booked()
    assert prisons.cancel(visit.id, code) == Refusal(No.INVALID_CODE, ("Invalid cancellation code",))
    assert prisons.visit(visit.id).scheduled


def test_unknown_visits_prisoners_and_other_peoples_visits_arent_found() -> None:
    prisons = a_world(a_prisoner(), a_prisoner(noms_id="B7654XY", offender_id=42))
    visit = prisons.booked()
    missing = Refusal(No.VISIT_NOT_FOUND, ("Visit not found",))
    assert prisons.cancel(1) == missing
    assert prisons.cancel(visit.id, offender=5) == missing
    assert prisons.cancel(visit.id, offender=42) == missing


def test_a_visit_of_an_earlier_stay_isnt_found() -> None:
    prisons = a_world()
    visit = prisons.booked()
    prisons.hand("release", noms_id=NUMBER)
    prisons.hand("readmit", noms_id=NUMBER)
    assert prisons.cancel(visit.id) == Refusal(No.VISIT_NOT_FOUND, ("Visit not found",))


@pytest.mark.parametrize(
    "action",
    [
        {"action": "release", "noms_id": NUMBER},
        {"action": "transfer", "noms_id": NUMBER, "prison": "CFI", "in_transit": True},
    ],
)
def test_while_the_prisoner_is_out_nothing_is_cancelled(action: dict[str, object]) -> None:
    prisons = a_world()
    visit = prisons.booked()
    prisons.hand(**action)  # type: ignore[arg-type]
    assert prisons.cancel(visit.id) == Refusal(No.IN_TRANSIT, ("Offender is out or in transit",))
    assert prisons.visit(visit.id).scheduled


def test_a_locked_record_stays_as_it_is() -> None:
    prisons = a_world()
    visit = prisons.booked()
    prisons.hand("lock", noms_id=NUMBER)
    assert prisons.cancel(visit.id) == Refusal(No.LOCKED, ("Resource is locked",))
    prisons.hand("unlock", noms_id=NUMBER)
    assert prisons.cancel(visit.id) == Cancelled()


def test_a_visit_that_is_over_or_completed_by_hand_cant_be_cancelled() -> None:
    prisons = a_world(a_session(YESTERDAY), a_session(THIS_MORNING), a_session(), a_session(LATER))
    completed = Refusal(No.COMPLETED, ("Visit completed",))
    assert prisons.cancel(prisons.booked(slot=YESTERDAY).id) == completed
    running = prisons.booked(slot=THIS_MORNING, reference="ref-2")
    assert prisons.cancel(running.id) == Cancelled()
    done = prisons.booked(slot=SLOT, reference="ref-3")
    prisons.hand("complete", visit_id=done.id)
    assert prisons.cancel(done.id) == completed


def test_a_visit_can_be_cancelled_after_a_transfer() -> None:
    prisons = a_world()
    visit = prisons.booked()
    prisons.hand("transfer", noms_id=NUMBER, prison="CFI")
    assert prisons.cancel(visit.id) == Cancelled()
