"""GOV.UK Notify, played by a server that keeps what it was given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid5

import jwt
from aiohttp import web

from notifier.settings import MailSettings, NotifyTemplates

SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"
KEY = f"visits-{SERVICE}-{SECRET}"
SPACE = UUID("00000000-0000-4000-8000-000000000000")


def template(language: str, kind: str) -> UUID:
    return uuid5(SPACE, f"{language} {kind}")


@dataclass
class Notify:
    """Keeps messages by reference. `status` is answered to a POST instead of taking it (with `keep`: after taking it);
    `drop` hangs up after taking it."""

    status: int = 201
    body: object = None
    keep: bool = False
    drop: bool = False
    hang: bool = False
    look_up: int = 200
    templates: int = 200
    look_up_body: object = None
    port: int = 0
    posts: list[dict[str, object]] = field(default_factory=list)
    known: dict[str, list[str]] = field(default_factory=dict)
    look_ups: list[str] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.StreamResponse:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        assert jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_iat": False})["iss"] == SERVICE
        order = await request.json()
        if self.status == 201 or self.keep:
            self.posts.append(order)
            self.known.setdefault(order["reference"], []).append("created")
        if self.status != 201:
            return web.json_response(
                {"errors": [{"error": "X", "message": order["email_address"]}]}, status=self.status
            )
        if self.drop:
            assert request.transport is not None
            request.transport.abort()
        if self.hang:
            await asyncio.Event().wait()
        if self.body is not None:
            return web.Response(body=str(self.body), content_type="text/html")
        return web.json_response({"id": str(SPACE)}, status=201)

    async def find(self, request: web.Request) -> web.StreamResponse:
        reference = request.query["reference"]
        self.look_ups.append(reference)
        if self.hang:
            await asyncio.Event().wait()
        if self.look_up != 200 or self.look_up_body is not None:
            return web.json_response(self.look_up_body or {}, status=self.look_up)
        found = [{"reference": reference, "status": status} for status in self.known.get(reference, ())]
        return web.json_response({"notifications": found, "links": {}})

    async def list_templates(self, _request: web.Request) -> web.StreamResponse:
        errors = [{"error": "AuthError", "message": "no"}]
        answer = {"templates": []} if self.templates == 200 else {"status_code": self.templates, "errors": errors}
        return web.json_response(answer, status=self.templates)


@asynccontextmanager
async def notify_server(**behaviour: object) -> AsyncIterator[Notify]:
    notify = Notify(**behaviour)  # type: ignore[arg-type]
    app = web.Application()
    app.router.add_post("/v2/notifications/email", notify.take)
    app.router.add_get("/v2/notifications", notify.find)
    app.router.add_get("/v2/templates", notify.list_templates)
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    notify.port = runner.addresses[0][1]
    try:
        yield notify
    finally:
        await runner.cleanup()


def notify_settings(port: int, **changes: object) -> MailSettings:
    ids = {
        language: {kind: str(template(language, kind)) for kind in NotifyTemplates.model_fields}
        for language in ("en", "cy")
    }
    notify = {"api_key": KEY, "base_url": f"http://127.0.0.1:{port}", "timeout": 5.0, "templates": ids, **changes}
    return MailSettings.model_validate({"visitor_channel": "govuk_notify", "govuk_notify": notify})
