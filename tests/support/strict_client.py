"""The site's own client, as strict as it is: unknown keys crash it, nothing but 200 is a success, and it won't wait."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode
from uuid import uuid4

import aiohttp

PRISON = {"id", "name", "address", "postcode", "email_address", "phone_no", "prison_finder_url", "max_visitors"} | {
    "adult_age", "closed", "private", "enabled",
}  # fmt: skip
LISTED = {"id", "name", "closed", "private", "prison_url"}
VISIT = {"id", "human_id", "prison_id", "processing_state", "confirm_by", "contact_email_address", "slots"} | {
    "slot_granted", "cancellation_reasons", "cancelled_at", "can_cancel", "can_withdraw", "created_at", "updated_at",
    "visitors", "messages",
}  # fmt: skip
VISITOR = {"anonymized_name", "allowed"}

_TRIES = 3
_FAILURES = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, asyncio.TimeoutError)


class Crashed(AssertionError):
    """The site would show its error page."""


@dataclass
class StrictClient:
    """Asks at `url`, in one language. `seconds` are its time-outs (3 in the real one)."""

    session: aiohttp.ClientSession
    url: str
    language: str
    seconds: float = 3.0
    tried: list[tuple[str, str, str]] = field(default_factory=list)  # method, path and request id of each try

    async def prisons(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self._repeatedly("GET", "/api/prisons"))["prisons"]
        for prison in found:
            _only(prison, LISTED)
        return found

    async def prison(self, prison_id: str) -> dict[str, Any]:
        return _only((await self._repeatedly("GET", f"/api/prisons/{quote_plus(prison_id)}"))["prison"], PRISON)

    async def is_prisoner(self, number: str, born: str) -> bool:
        body = {"number": number, "date_of_birth": born}
        return bool((await self._repeatedly("POST", "/api/validations/prisoner", body))["validation"]["valid"])

    async def may_come(self, prison_id: str, born: list[str]) -> bool:
        body = {"prison_id": prison_id, "lead_date_of_birth": born[0], "dates_of_birth": born}
        return bool((await self._repeatedly("POST", "/api/validations/visitors", body))["validation"]["valid"])

    async def slots(self, **query: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = (await self._repeatedly("GET", f"/api/slots?{urlencode(query)}"))["slots"]
        assert list(found) == sorted(found)
        return found

    async def book(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """One blind repeat after a socket error, with the same id and body."""
        request_id = str(uuid4())
        try:
            reply = await self._once("POST", "/api/visits", body, request_id)
        except aiohttp.ClientConnectionError:
            reply = await self._once("POST", "/api/visits", body, request_id)
        return _visit(reply)

    async def visit(self, visit_id: str) -> dict[str, Any]:
        return _visit(await self._repeatedly("GET", f"/api/visits/{quote_plus(visit_id)}"))

    async def cancel(self, visit_id: str) -> dict[str, Any]:
        return _visit(await self._repeatedly("DELETE", f"/api/visits/{quote_plus(visit_id)}"))

    async def _repeatedly(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        request_id = str(uuid4())
        for left in reversed(range(_TRIES)):
            try:
                return await self._once(method, path, body, request_id)
            except _FAILURES as failure:
                if not left:
                    raise Crashed(type(failure).__name__) from None
            except _ServerError as failure:
                if not left:
                    raise Crashed(str(failure)) from None
        raise AssertionError("unreachable")

    async def _once(self, method: str, path: str, body: Mapping[str, Any] | None, request_id: str) -> Any:
        self.tried.append((method, path.partition("?")[0], request_id))
        headers = {
            "Accept": "application/json",
            "Accept-Language": self.language,
            "X-Request-Id": request_id,
            **({"Content-Type": "application/json"} if body is not None else {}),
        }
        data = json.dumps(body).encode() if body is not None else None
        timeout = aiohttp.ClientTimeout(connect=self.seconds, sock_read=self.seconds)
        async with self.session.request(
            method, self.url + path, data=data, headers=headers, timeout=timeout, allow_redirects=False
        ) as reply:
            text = await reply.text()
            if reply.status >= 500:
                raise _ServerError(reply.status)
            if reply.status != 200:
                raise Crashed(f"{reply.status} {text}")
            assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
            assert reply.headers["X-Request-Id"] == request_id
            return json.loads(text)


class _ServerError(Exception):
    """A 5xx."""


def _only(found: dict[str, Any], keys: set[str]) -> dict[str, Any]:
    if set(found) != keys:
        raise Crashed(f"keys {set(found) ^ keys}")
    return found


def _visit(reply: Any) -> dict[str, Any]:
    visit = _only(reply["visit"], VISIT)
    for visitor in visit["visitors"]:
        _only(visitor, VISITOR)
    return visit


@dataclass
class LosesAnswers:
    """Between a client and a server: passes everything on, but for the next `lose` answers breaks the connection."""

    host: str
    port: int
    lose: int = 0
    url: str = ""

    async def serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_connection(self.host, self.port)

        async def onwards() -> None:
            while data := await client.read(65536):
                to_server.write(data)

        sending = asyncio.ensure_future(onwards())
        try:
            while data := await server.read(65536):
                if self.lose:
                    self.lose -= 1
                    break
                to_client.write(data)
        finally:
            sending.cancel()
            to_client.transport.abort()
            to_server.transport.abort()


@asynccontextmanager
async def losing_answers(url: str) -> AsyncIterator[LosesAnswers]:
    """In front of the server at `url`."""
    host, _, port = url.removeprefix("http://").partition(":")
    between = LosesAnswers(host, int(port))
    server = await asyncio.start_server(between.serve, "127.0.0.1", 0)
    between.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield between
    finally:
        server.close()
