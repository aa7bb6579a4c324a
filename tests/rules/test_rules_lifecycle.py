"""Every pair of step and event, and of attempt state and event: allowed as written here, refused otherwise."""

from __future__ import annotations

from itertools import product

import pytest

from booking_rules.lifecycle import (
    ATTEMPT_TRANSITIONS,
    MACHINE_STEPS,
    PUBLIC_STATE,
    TRANSITIONS,
    TURN_STEPS,
    UNSETTLED,
    AttemptEvent,
    AttemptState,
    Event,
    IllegalTransition,
    PublicState,
    Step,
    next_attempt_state,
    next_step,
)

VISITS = """
received     start→checking away→waiting hand_over→with_staff withdraw→withdrawn
checking     post→booking doubt→in_doubt away→waiting reject→rejected hand_over→with_staff withdraw→withdrawn
waiting      start→checking hand_over→with_staff withdraw→withdrawn
booking      found→booked refused→checking away→waiting doubt→in_doubt hand_over→with_staff withdraw_open→withdrawing
in_doubt     found→booked post→booking refused→checking hand_over→with_staff withdraw_open→withdrawing
with_staff   post→booking found→booked staff_booked→booked staff_rejected→rejected withdraw→withdrawn
with_staff   withdraw_open→withdrawing
booked       cancel→cancelling cancel_blind→cancelled
cancelling   removed→cancelled give_up→cancelled
withdrawing  found→withdrawing clear→withdrawn give_up→withdrawn
withdrawn    take_out→withdrawing
rejected
cancelled
"""

ATTEMPTS = """
open      found→held refused→refused unsent→unsent absent→absent odd→gone
refused   found→stray
unsent    found→stray repost→open
absent    found→stray
held      remove→removing
stray     remove→removing attach→held tell→left
removing  removed→removed give_up→left
removed
gone
left
"""


def table(text: str) -> dict[tuple[str, str], str]:
    rows = [line.split() for line in text.strip().splitlines()]
    return {(row[0], pair.split("→")[0]): pair.split("→")[1] for row in rows for pair in row[1:]}


@pytest.mark.parametrize(("step", "event"), list(product(Step, Event)))
def test_every_step_and_event(step: Step, event: Event) -> None:
    expected = table(VISITS).get((step, event))
    if expected is None:
        with pytest.raises(IllegalTransition) as caught:
            next_step(step, event)
        assert str(caught.value) == f"{step} has no {event}"
        assert caught.value.__suppress_context__
    else:
        assert next_step(step, event) is Step(expected)


@pytest.mark.parametrize(("state", "event"), list(product(AttemptState, AttemptEvent)))
def test_every_attempt_state_and_event(state: AttemptState, event: AttemptEvent) -> None:
    expected = table(ATTEMPTS).get((state, event))
    if expected is None:
        with pytest.raises(IllegalTransition) as caught:
            next_attempt_state(state, event)
        assert str(caught.value) == f"attempt {state} has no {event}"
        assert caught.value.__suppress_context__
    else:
        assert next_attempt_state(state, event) is AttemptState(expected)


def test_the_tables_hold_nothing_else() -> None:
    assert {row.split()[0] for row in VISITS.strip().splitlines()} == set(Step)
    assert {row.split()[0] for row in ATTEMPTS.strip().splitlines()} == set(AttemptState)
    assert len(TRANSITIONS) == len(table(VISITS))
    assert len(ATTEMPT_TRANSITIONS) == len(table(ATTEMPTS))


def test_every_step_but_the_first_is_reached_and_every_event_happens() -> None:
    assert set(TRANSITIONS.values()) == set(Step) - {Step.RECEIVED}
    assert {event for _, event in TRANSITIONS} == set(Event)
    assert set(ATTEMPT_TRANSITIONS.values()) == set(AttemptState)
    assert {event for _, event in ATTEMPT_TRANSITIONS} == set(AttemptEvent)


PUBLIC = {
    PublicState.REQUESTED: {
        Step.RECEIVED,
        Step.CHECKING,
        Step.WAITING,
        Step.BOOKING,
        Step.IN_DOUBT,
        Step.WITH_STAFF,
    },
    PublicState.BOOKED: {Step.BOOKED},
    PublicState.REJECTED: {Step.REJECTED},
    PublicState.WITHDRAWN: {Step.WITHDRAWING, Step.WITHDRAWN},
    PublicState.CANCELLED: {Step.CANCELLING, Step.CANCELLED},
}


def test_the_public_state_of_each_step() -> None:
    assert {step: state for state, steps in PUBLIC.items() for step in steps} == dict(PUBLIC_STATE)


def test_what_the_public_sees_only_moves_forward() -> None:
    order = [{PublicState.REQUESTED}, {PublicState.BOOKED, PublicState.REJECTED, PublicState.WITHDRAWN}]
    order.append({PublicState.CANCELLED})
    rank = {state: index for index, states in enumerate(order) for state in states}
    for (step, _), target in TRANSITIONS.items():
        before, after = PUBLIC_STATE[step], PUBLIC_STATE[target]
        assert before is after or rank[before] < rank[after]


def test_steps_that_somebody_must_take_further() -> None:
    assert PUBLIC[PublicState.REQUESTED] - {Step.WITH_STAFF} | {Step.WITHDRAWING, Step.CANCELLING} == MACHINE_STEPS
    assert {Step.CHECKING, Step.BOOKING, Step.WITHDRAWING, Step.CANCELLING} == TURN_STEPS
    assert {AttemptState.OPEN, AttemptState.STRAY, AttemptState.REMOVING} == UNSETTLED
