"""The prisons, and whether they answer at once."""

from __future__ import annotations

from pydantic_core import to_json

from adapter.http import schemas
from adapter.http.context import Call, Context
from adapter.http.endpoint import Reply, json_bytes
from adapter.http.presenting import mode_reply, prison_reply, prisons_reply


async def list_prisons(context: Context, call: Call) -> Reply:
    current = context.bookings.prisons()

    def make() -> bytes:
        return to_json(prisons_reply(current.all(), call.language, context.public_url))

    return json_bytes(context.made_lists.get(current, call.language, make))


async def show_prison(context: Context, call: Call) -> schemas.PrisonReply:
    return prison_reply(call.known_prison(context.prison(call.segment())), call.language)


async def show_mode(context: Context, call: Call) -> schemas.ModeReply:
    (prison_id,) = call.need_query("prison_id")
    prison = call.known_prison(context.prison(prison_id))
    return mode_reply(prison, context.bookings.mode(prison))
