"""Clients of the JSON API over a real socket. Every reply is held against the API's own description."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp
from aiohttp import web
from jsonschema import Draft202012Validator, FormatChecker
from yarl import URL

from adapter.web.server import ServerTimes, listen

_OUTSIDE = {"/metrics"}  # not described: it is not JSON


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def message(self) -> str:
        return str(self.json()["message"])


@dataclass
class ApiClient:
    """Asks as the frontend does. `url` is the server's."""

    url: str
    session: aiohttp.ClientSession
    description: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **options: Any) -> Reply:
        return await self.ask("GET", path, **options)

    async def post(self, path: str, body: object, **options: Any) -> Reply:
        return await self.ask("POST", path, data=json.dumps(body).encode(), **options)

    async def delete(self, path: str, **options: Any) -> Reply:
        return await self.ask("DELETE", path, **options)

    async def ask(
        self, method: str, path: str, *, data: bytes | None = None, headers: Mapping[str, str | None] | None = None
    ) -> Reply:
        """One request; a header set to None is not sent."""
        sent: dict[str, str | None] = {
            "Accept": "application/json",
            "Accept-Language": "en",
            "X-Request-Id": str(uuid4()),
            "Content-Type": "application/json" if data is not None else None,
            **self.headers,
            **(headers or {}),
        }
        final = {name: value for name, value in sent.items() if value is not None}
        skip = [name for name in ("Accept", "Content-Type") if name not in final]
        url = URL(self.url + path, encoded=True)
        async with self.session.request(
            method, url, data=data, headers=final, skip_auto_headers=skip, allow_redirects=False
        ) as got:
            reply = Reply(got.status, got.headers, await got.read())
        self.check(method, path, reply)
        return reply

    def check(self, method: str, path: str, reply: Reply) -> None:
        """The reply is what the description says, and carries what every reply carries."""
        assert reply.headers["X-Request-Id"]
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert "Python" not in reply.headers.get("Server", "")
        route = path.partition("?")[0]
        if route in _OUTSIDE or method == "HEAD":
            return
        if route != "/api/docs" or reply.status != 200:
            assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
            if reply.status >= 400:
                assert isinstance(reply.json()["message"], str)
        operation = self._operation(method, route)
        if operation is None:
            self._validate(reply.json(), {"$ref": "#/components/schemas/Problem"})
            return
        described = operation["responses"].get(str(reply.status))
        assert described is not None, f"{method} {route}: {reply.status} is not described"
        schema = described["content"].get("application/json", {}).get("schema")
        if schema is not None:
            self._validate(reply.json(), schema)

    def _operation(self, method: str, route: str) -> dict[str, Any] | None:
        for template, operations in self.description["paths"].items():
            if re.fullmatch(re.sub(r"\{[a-z]+\}", "[^/]+", template), route) and method.lower() in operations:
                found: dict[str, Any] = operations[method.lower()]
                return found
        return None

    def _validate(self, value: Any, schema: dict[str, Any]) -> None:
        whole = {**schema, "components": self.description["components"]}
        Draft202012Validator(whole, format_checker=FormatChecker()).validate(value)


@asynccontextmanager
async def api_client(
    app: web.Application, *, times: ServerTimes | None = None, headers: Mapping[str, str] | None = None
) -> AsyncIterator[ApiClient]:
    """`app` served on a free port of the loopback interface, and a client of it."""
    async with listen(app, "127.0.0.1", 0, times) as url, aiohttp.ClientSession() as session:
        async with session.get(f"{url}/api/openapi.json") as reply:
            description = await reply.json()
        yield ApiClient(url, session, description, dict(headers or {}))


async def send_raw(url: str, data: bytes, *, then_close: bool = False) -> bytes:
    """What the server at `url` answers to these bytes until it closes; `then_close` ends our side first."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(data)
        await writer.drain()
        if then_close:
            writer.write_eof()
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()
