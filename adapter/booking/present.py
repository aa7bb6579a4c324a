"""A committed visit as the frontend may see it."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import cast

from adapter.booking.codec import load_outcome, load_request, load_strings
from adapter.booking.views import ChoiceWord, DecisionWord, Outcome, VisitView
from adapter.clock import instant
from adapter.store.records import Visit
from booking_rules.lifecycle import PUBLIC_STATE, PublicState
from booking_rules.request import anonymized_name
from booking_rules.slots import Slot


def view(visit: Visit, now: datetime) -> VisitView:
    """The visit object of the frontend's contract, and the outcome beside it."""
    request = load_request(visit.request)
    state = PUBLIC_STATE[visit.step]
    outcome = load_outcome(visit.outcome)
    refused = {int(index) for index in load_strings(visit.not_allowed)}
    confirm_by = date.fromisoformat(visit.confirm_by)
    cancelled = state is PublicState.CANCELLED
    return VisitView(
        id=visit.id,
        human_id=visit.human_id,
        prison_id=visit.prison_id,
        processing_state=state.value,
        confirm_by=confirm_by,
        contact_email_address=request.email,
        slots=tuple(str(slot) for slot in request.choices),
        slot_granted=visit.slot_granted,
        cancellation_reasons=load_strings(visit.cancellation_reasons) if cancelled else None,
        cancelled_at=instant(visit.cancelled_at) if visit.cancelled_at is not None else None,
        can_cancel=state is PublicState.BOOKED and not has_begun(visit, now),
        can_withdraw=state is PublicState.REQUESTED,
        created_at=instant(visit.arrived_at),
        updated_at=instant(visit.updated_at),
        visitors=tuple(
            (anonymized_name(person), index not in refused) for index, person in enumerate(request.visitors)
        ),
        messages=tuple(item["body"] for item in json.loads(visit.staff_messages)) if visit.staff_messages else (),
        outcome=Outcome(
            decision=cast("DecisionWord", outcome.decision),
            reasons=outcome.reasons,
            choices=tuple(
                (str(slot), cast("ChoiceWord", result))
                for slot, result in zip(request.choices, outcome.choices, strict=True)
            ),
            mode="mailbox" if outcome.mode == "mailbox" else "real_time",
            answer_by=confirm_by,
        ),
    )


def has_begun(visit: Visit, now: datetime) -> bool:
    """Whether the granted slot has begun in London."""
    if visit.slot_granted is None:
        return False
    return Slot.parse(visit.slot_granted).begins_at() <= now
