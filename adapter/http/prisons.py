"""The prisons, and whether they answer at once."""

from __future__ import annotations

from pydantic_core import to_json

from adapter.booking.port import Prisons
from adapter.booking.views import Language
from adapter.http import schemas
from adapter.http.context import Call, Context
from adapter.http.endpoint import Reply, json_bytes
from adapter.http.presenting import mode_reply, prison_reply, prisons_reply


class PrisonList:
    """Answers with all prisons; the bytes are made once for each language and each set of prisons."""

    def __init__(self) -> None:
        self._of: Prisons | None = None
        self._bodies: dict[Language, bytes] = {}

    async def list_prisons(self, context: Context, call: Call) -> Reply:
        current = context.bookings.prisons()
        if current is not self._of:
            self._of, self._bodies = current, {}
        body = self._bodies.get(call.language)
        if body is None:
            body = to_json(prisons_reply(current.all(), call.language, context.public_url))
            self._bodies[call.language] = body
        return json_bytes(body)


async def show_prison(context: Context, call: Call) -> schemas.PrisonReply:
    return prison_reply(call.known_prison(context.prison(call.segment())), call.language)


async def show_mode(context: Context, call: Call) -> schemas.ModeReply:
    (prison_id,) = call.need_query("prison_id")
    prison = call.known_prison(context.prison(prison_id))
    return mode_reply(prison, context.bookings.mode(prison))
