"""The slots of a prison, as far as one prisoner could be visited in them."""

from __future__ import annotations

from typing import cast

from adapter.http import schemas
from adapter.http.context import Call, Context, invalid
from adapter.http.validations import PRISONERS, need_date
from adapter.web.failure import not_found
from booking_rules.request import normalise_number


async def list_slots(context: Context, call: Call) -> schemas.SlotsReply:
    prison_id, sent_number, sent_born, sent_start, sent_end = call.need_query(
        "prison_id", "prisoner_number", "prisoner_dob", "start_date", "end_date"
    )
    prison = call.known_prison(context.prison(prison_id))
    if not prison.in_use:
        raise not_found()
    number = normalise_number(sent_number)
    if number is None:
        raise invalid("prisoner_number", "is not a prisoner number")
    born = need_date("prisoner_dob", sent_born)
    start, end = need_date("start_date", sent_start), need_date("end_date", sent_end)
    if end < start:
        raise invalid("end_date", "is before start_date")
    who = call.arrival.limited_as
    context.limits.check_guesses(PRISONERS, who)
    offer = await context.bookings.slots(prison, number, born, start, end, call.deadline)
    if offer.stranger:
        context.limits.count_wrong_guess(PRISONERS, who)
    return {"slots": {str(slot): cast(list[schemas.SlotProblem], list(why)) for slot, why in offer.slots.items()}}
