"""From views to the shapes of the contract."""

from __future__ import annotations

from datetime import datetime

from adapter.booking.views import Mode, Outcome, VisitView
from adapter.http import schemas
from booking_rules.party import MAX_VISITORS
from booking_rules.prisons import Prison


def visit_reply(view: VisitView) -> schemas.VisitReply:
    return {"visit": _visit(view), "outcome": _outcome(view.outcome)}


def prison_reply(prison: Prison, language: str) -> schemas.PrisonReply:
    return {
        "prison": {
            "id": prison.id,
            "name": prison.name_in(language),
            "address": prison.address,
            "postcode": prison.postcode,
            "email_address": prison.email_address,
            "phone_no": prison.phone_no,
            "prison_finder_url": prison.finder_url,
            "max_visitors": MAX_VISITORS,
            "adult_age": prison.adult_age,
            "closed": prison.closed,
            "private": prison.private,
            "enabled": prison.enabled,
        }
    }


def prisons_reply(prisons: tuple[Prison, ...], language: str, public_url: str) -> schemas.PrisonsReply:
    """By the name that is shown: in Welsh the order may be another."""
    summaries: list[schemas.PrisonSummary] = [
        {
            "id": prison.id,
            "name": prison.name_in(language),
            "closed": prison.closed,
            "private": prison.private,
            "prison_url": f"{public_url}/api/prisons/{prison.id}",
        }
        for prison in prisons
    ]
    return {"prisons": sorted(summaries, key=lambda summary: (summary["name"].casefold(), summary["id"]))}


def mode_reply(prison: Prison, mode: Mode) -> schemas.ModeReply:
    return {
        "mode": {
            "prison_id": prison.id,
            "mode": mode.mode,
            "answer_by": mode.answer_by.isoformat(),
            "since": _instant(mode.since),
        }
    }


def _visit(view: VisitView) -> schemas.VisitOut:
    return {
        "id": view.id,
        "human_id": view.human_id,
        "prison_id": view.prison_id,
        "processing_state": view.processing_state,
        "confirm_by": view.confirm_by.isoformat(),
        "contact_email_address": view.contact_email_address,
        "slots": list(view.slots),
        "slot_granted": view.slot_granted,
        "cancellation_reasons": None if view.cancellation_reasons is None else list(view.cancellation_reasons),
        "cancelled_at": None if view.cancelled_at is None else _instant(view.cancelled_at),
        "can_cancel": view.can_cancel,
        "can_withdraw": view.can_withdraw,
        "created_at": _instant(view.created_at),
        "updated_at": _instant(view.updated_at),
        "visitors": [{"anonymized_name": name, "allowed": allowed} for name, allowed in view.visitors],
        "messages": [{"body": body} for body in view.messages],
    }


def _outcome(outcome: Outcome) -> schemas.OutcomeOut:
    return {
        "decision": outcome.decision,
        "reasons": list(outcome.reasons) if outcome.decision == "rejected" else [],
        "choices": [{"slot": slot, "result": result} for slot, result in outcome.choices],
        "mode": outcome.mode,
        "answer_by": outcome.answer_by.isoformat(),
    }


def _instant(moment: datetime) -> str:
    assert moment.tzinfo is not None, "the contract wants an offset"
    return moment.isoformat()
