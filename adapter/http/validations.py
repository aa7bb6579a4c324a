"""Questions that the site asks while its form is being filled in."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from adapter.http import schemas
from adapter.http.context import Call, Context, invalid
from booking_rules.party import check_party
from booking_rules.request import normalise_number, parse_date

PRISONERS = "prisoner"
"""What is guessed by asking after somebody with a number and a birth date, on whichever way: one limit for all."""


async def validate_prisoner(context: Context, call: Call) -> schemas.PrisonerCheckReply:
    call.need_body("number", "date_of_birth")
    sent = call.body["number"]
    if not isinstance(sent, str):
        raise invalid("number", "must be a string")
    born = need_date("date_of_birth", call.body["date_of_birth"])
    number = normalise_number(sent)
    context.limits.check_guesses(PRISONERS, call.arrival.limited_as)
    if number is not None and await context.bookings.validate_prisoner(number, born, call.deadline):
        return {"validation": {"valid": True}}
    context.limits.count_wrong_guess(PRISONERS, call.arrival.limited_as)
    return {"validation": {"valid": False, "errors": ["prisoner_does_not_exist"]}}


async def validate_visitors(context: Context, call: Call) -> schemas.VisitorsCheckReply:
    call.need_body("prison_id", "lead_date_of_birth", "dates_of_birth")
    prison = context.prison(call.body["prison_id"])
    if prison is None:
        raise invalid("prison_id", "is no prison's id")
    lead = need_date("lead_date_of_birth", call.body["lead_date_of_birth"])
    born = _need_dates("dates_of_birth", call.body["dates_of_birth"])
    errors = check_party(prison, lead, born, context.today())
    if errors:
        return {"validation": {"valid": False, "errors": cast(list[schemas.VisitorsError], list(errors))}}
    return {"validation": {"valid": True}}


def need_date(name: str, value: object) -> date:
    """The date that the parameter `name` holds. Raises its 422."""
    found = parse_date(value) if isinstance(value, str) else None
    if found is None:
        raise invalid(name, "is not a date")
    return found


def _need_dates(name: str, value: Any) -> tuple[date, ...]:
    if not isinstance(value, list):
        raise invalid(name, "must be a list")
    return tuple(need_date(name, one) for one in value)
