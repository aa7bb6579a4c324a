"""The prison system of the benchmarks, in a process of its own: canned answers, a settable delay, and counts.

It speaks just enough HTTP for aiohttp, and enough SMTP to swallow mail, so that its own cost stays out of the figures.
`python -m benchmarks.backend` prints `ready: HTTP-PORT SMTP-PORT`.

`POST /_control?delay=0.05&contacts=30&hang=0&status=0` sets how it answers and forgets the counts; `GET /_control`
gives the counts by operation. `hang=1`: never; `status=503`: always with that.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import TypeVar, cast
from urllib.parse import parse_qsl

import uvloop

from benchmarks import replies
from benchmarks.cast import offender_id

T = TypeVar("T")

_CORRELATION = re.compile(rb"CorrelationId>([^<]*)<")
_NOMS_ID = re.compile(rb"NomsId>([^<]*)<")
_DATE = re.compile(rb"Date>(\d{4}-\d\d-\d\d)<")
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)


_TIMER = 0.0015
"""Seconds by which a timer of the event loop may be late: for so long it looks again and again instead."""


@dataclass
class State:
    """What the control face sets, and what it tells."""

    delay: float = 0.0
    contacts: int = 30
    hang: bool = False
    status: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    # No two benchmarks on one database may be given the same visit.
    visits: count[int] = field(default_factory=lambda: count(int(time.time() * 1000)))

    def control(self, method: bytes, query: str) -> bytes:
        if method == b"POST":
            asked = dict(parse_qsl(query))
            self.delay = float(asked.get("delay", "0"))
            self.contacts = int(asked.get("contacts", "30"))
            self.hang = asked.get("hang", "0") == "1"
            self.status = int(asked.get("status", "0"))
            self.counts.clear()
        return json.dumps(self.counts).encode()

    def rest(self, method: bytes, path: str) -> bytes:
        where, _, query = path.partition("?")
        kind = where.rpartition("/")[2]
        match kind:
            case "active_offender":
                return self._counted("find_offender", replies.rest_offender(offender_id(_value(query, "noms_id"))))
            case "location":
                return self._counted("location", replies.REST_LOCATION)
            case "contact_list":
                return self._counted("contacts", replies.rest_contacts(self.contacts))
            case "restrictions":
                return self._counted("restrictions", replies.REST_RESTRICTIONS)
            case "unavailability":
                return self._counted("unavailability", replies.rest_days(_value(query, "dates")))
            case "slots":
                first, last = _value(query, "start_date"), _value(query, "end_date")
                return self._counted("slots", replies.rest_slots(first, last))
            case "booking" if method == b"POST":
                return self._counted("book", replies.rest_booked(next(self.visits)))
            case _:
                return self._counted(f"other {kind}", replies.REST_VERSION)

    def soap(self, body: bytes, operation: str) -> bytes:
        found = _CORRELATION.search(body)
        return self._soap(body, operation)(found[1] if found else b"")

    def _soap(self, body: bytes, operation: str) -> Callable[[bytes], bytes]:
        match operation:
            case "LookupActiveOffender":
                noms_id = _NOMS_ID.search(body)
                assert noms_id is not None
                inner = replies.soap_offender(offender_id(noms_id[1].decode()))
                return self._counted("find_offender", replies.soap(operation, inner))
            case "GetOffenderLocation":
                return self._counted("location", replies.soap(operation, replies.SOAP_LOCATION))
            case "GetContactList":
                return self._counted("contacts", replies.soap_contacts(self.contacts))
            case "GetOffenderRestrictions":
                return self._counted("restrictions", replies.soap(operation, replies.SOAP_RESTRICTIONS))
            case "GetVisitUnavailability":
                days = tuple(day.decode() for day in _DATE.findall(body))
                return self._counted("unavailability", replies.soap_days(days))
            case "GetVisitSlots":
                first, last = (day.decode() for day in _DATE.findall(body))
                return self._counted("slots", replies.soap_slots(first, last))
            case "BookVisit":
                inner = replies.soap_booked(next(self.visits))
                return self._counted("book", replies.soap(operation, inner))
            case _:
                return self._counted(f"other {operation}", replies.soap(operation, replies.SOAP_VERSION))

    def _counted(self, operation: str, reply: T) -> T:
        self.counts[operation] += 1
        return reply


def _value(query: str, name: str) -> str:
    """Of a query whose values need no unescaping."""
    return query.partition(name + "=")[2].partition("&")[0]


class Http(asyncio.Protocol):
    """One connection."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # a stream: we made it one

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head, length = self._buffer[:end], 0
            if (found := _LENGTH.search(head)) is not None:
                length = int(found[1])
            if len(self._buffer) < end + 4 + length:
                return
            body, self._buffer = self._buffer[end + 4 : end + 4 + length], self._buffer[end + 4 + length :]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        method, path, _ = head[: head.index(b"\r")].split(b" ")
        if path.startswith(b"/_control"):
            self._write(200, b"application/json", self._state.control(method, path.partition(b"?")[2].decode()))
        elif path.startswith(b"/soap"):
            operation = re.search(rb'\r\nsoapaction: "[^"]*/(\w+)"', head, re.IGNORECASE)
            assert operation is not None
            self._later(b"text/xml; charset=utf-8", self._state.soap(body, operation[1].decode()))
        else:
            self._later(b"application/json", self._state.rest(method, path.decode()))

    def _later(self, kind: bytes, body: bytes) -> None:
        state = self._state
        if state.hang:
            return
        if state.status:
            self._write(state.status, kind, b"")
        elif state.delay:
            due = time.perf_counter() + state.delay
            asyncio.get_running_loop().call_later(state.delay - _TIMER, self._when_due, due, kind, body)
        else:
            self._write(200, kind, body)

    def _when_due(self, due: float, kind: bytes, body: bytes) -> None:
        if time.perf_counter() < due:
            asyncio.get_running_loop().call_soon(self._when_due, due, kind, body)
        else:
            self._write(200, kind, body)

    def _write(self, status: int, kind: bytes, body: bytes) -> None:
        assert self._transport is not None
        if not self._transport.is_closing():
            head = b"HTTP/1.1 %d Said\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (status, kind, len(body))
            self._transport.write(head + body)


class Smtp(asyncio.Protocol):
    """Takes every message and forgets it."""

    def __init__(self) -> None:
        self._buffer = b""
        self._in_message = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # a stream: we made it one
        self._transport.write(b"220 benchmark\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            end = self._buffer.find(b"\r\n.\r\n" if self._in_message else b"\r\n")
            if end < 0:
                return
            said = self._buffer[:end].upper()
            self._buffer = self._buffer[end + (5 if self._in_message else 2) :]
            if self._in_message:
                self._in_message = False
                self._transport.write(b"250 kept\r\n")
            elif said == b"DATA":
                self._in_message = True
                self._transport.write(b"354 go on\r\n")
            elif said == b"QUIT":
                self._transport.write(b"221 bye\r\n")
                self._transport.close()
            else:
                self._transport.write(b"250 ok\r\n")


async def main() -> None:
    state, loop = State(), asyncio.get_running_loop()
    http = await loop.create_server(lambda: Http(state), "127.0.0.1", 0, backlog=1024)
    smtp = await loop.create_server(Smtp, "127.0.0.1", 0, backlog=1024)
    ports = [server.sockets[0].getsockname()[1] for server in (http, smtp)]
    print("ready:", *ports, flush=True)
    await loop.create_future()


if __name__ == "__main__":
    uvloop.run(main())
