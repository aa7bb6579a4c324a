"""What is known of a request from the moment its head has been read."""

from __future__ import annotations

import asyncio
import re
import uuid
from dataclasses import dataclass

from aiohttp import web

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


@dataclass(slots=True)
class Arrival:
    """One request at the door. `at` is on the event loop's clock; all deadlines of the request count from it."""

    request_id: str
    sent_id: str | None  # the X-Request-Id that the client sent; None where it sent none that can be used
    address: str  # of the client, behind the proxies we trust
    at: float
    caller: str = ""  # the name of the credential; "" where none is asked for

    @property
    def limited_as(self) -> str:
        """Whom a limit counts: the credential where there is one, else the address."""
        return f"caller:{self.caller}" if self.caller else f"address:{self.address}"


ARRIVAL = web.RequestKey("arrival", Arrival)


def arrive(request: web.Request, address: str) -> Arrival:
    """Note the arrival of `request` on it, and return it."""
    sent = request.headers.get("X-Request-Id", "")
    sent_id = sent if _REQUEST_ID.fullmatch(sent) else None
    arrival = Arrival(
        request_id=sent_id or str(uuid.uuid4()),
        sent_id=sent_id,
        address=address,
        at=asyncio.get_running_loop().time(),
    )
    request[ARRIVAL] = arrival
    return arrival
