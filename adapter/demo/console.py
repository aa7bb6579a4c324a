"""The demo's console at `/demo`: book as the public site would, watch it happen, and break the prison system meanwhile.

Everything works by plain forms; with scripts the page follows by itself. For this machine alone.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
from aiohttp import web

from adapter.booking.views import StoreUnavailable
from adapter.demo import console_pages as pages
from adapter.demo.console_board import read_board
from adapter.demo.console_form import CHOICES, VISITORS, Fields, as_person, body_of, filled, offers
from adapter.demo.console_switch import SETTINGS, Position, setting, turn
from adapter.demo.mail_sink import MailSink
from adapter.web.app import make_app
from adapter.web.arrival import Arrival
from adapter.web.body import read_bytes
from adapter.web.failure import Failure, not_found
from adapter.web.front import Face
from adapter.web.headers import security_headers
from adapter.wiring.service import Service
from booking_rules.calendar import first_bookable, last_bookable
from nomis_client.fake.engine import Engine
from nomis_client.fake.people import KnownPerson, known_people

PREFIX: Final = "/demo"

_HOSTS = {"127.0.0.1", "localhost", "::1"}
_FORM = "application/x-www-form-urlencoded"
_LOOK_EVERY = 0.4  # seconds between two looks for news
_HEARTBEAT = 15.0  # seconds without news after which a line is sent, to learn who has gone
_SLOTS_WITHIN = 1.0  # seconds that the page waits for the prison system's word on its slots
_ANSWER_WITHIN = 15.0  # seconds that a form waits for the API, which answers in 3


@dataclass(frozen=True, slots=True)
class Console:
    """What the console shows and switches."""

    service: Service
    engine: Engine
    sink: MailSink
    ended: asyncio.Event  # set: streams end, so that the process can

    def mount(self, root: web.Application) -> None:
        """Put the console under `/demo` of `root`."""
        app = make_app(
            Face(
                name="demo",
                render_failure=pages.failure_page,
                headers={**security_headers(pages.POLICY), "Referrer-Policy": "same-origin"},
                admit=_from_this_machine,
            )
        )
        app.router.add_get("", self._show)
        app.router.add_get("/events", self._events)
        app.router.add_post("/visits", self._book)
        app.router.add_post("/prison-system", self._switch)
        app.router.add_get("/{name:console\\.(?:css|js)}", _asset)
        app.on_shutdown.append(self._end)
        root.add_subapp(PREFIX, app)

    async def _end(self, _app: web.Application) -> None:
        self.ended.set()

    async def _show(self, request: web.Request) -> web.Response:
        known = self._known(request.query.get("prisoner", ""))
        return await self._page(known, None, ())

    async def _book(self, request: web.Request) -> web.Response:
        """Send what the form says to our own API, as the public site would, and lead to what became of it."""
        fields = await _fields(request)
        sockname = request.transport.get_extra_info("sockname") if request.transport is not None else None
        if sockname is None:
            raise Failure(400, "Bad request")
        host = f"[{sockname[0]}]" if ":" in sockname[0] else sockname[0]
        status, answer = await _ask(f"http://{host}:{sockname[1]}/api/visits", body_of(fields))
        if status == 200:
            return _see(f"{PREFIX}?{urlencode({'prisoner': fields.get('number', '')})}#visits")
        return await self._page(self._known(fields.get("number", "")), fields, _complaints(answer))

    async def _switch(self, request: web.Request) -> web.Response:
        try:
            position = Position((await _fields(request)).get("position", ""))
        except ValueError:
            raise Failure(400, "Bad request") from None
        if position is Position.OTHER:
            raise Failure(400, "Bad request")
        turn(self.engine, position)
        return _see(f"{PREFIX}#prison-system")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: what changed on the page, as soon as it has changed."""
        response = web.StreamResponse(headers={**security_headers(pages.POLICY), "Content-Type": "text/event-stream"})
        await response.prepare(request)
        sent, quiet = "", 0.0
        try:
            while not self.ended.is_set():
                news = await self._news()
                if news != sent:
                    await response.write(f"data: {news}\n\n".encode())
                    sent, quiet = news, 0.0
                elif quiet > _HEARTBEAT:
                    await response.write(b": still here\n\n")
                    quiet = 0.0
                await self._pause()
                quiet += _LOOK_EVERY
            await response.write_eof()
        except ConnectionResetError:
            pass  # the page was closed
        return response

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(_LOOK_EVERY):
                await self.ended.wait()
        except TimeoutError:
            return

    async def _news(self) -> str:
        try:
            board = await read_board(self.service.desk.store, self.sink)
        except StoreUnavailable:
            return "{}"
        mails_at = self._mails_at()
        return json.dumps(
            {
                "prison": pages.part("prison", {"now": setting(self.engine), "settings": SETTINGS}),
                "visits": pages.part("visits", {"visits": board.visits}),
                "mails": pages.part("mails", {"mails": board.mails, "mails_at": mails_at}),
                "said": pages.said(board),
            }
        )

    async def _page(self, known: KnownPerson, fields: Fields | None, complaints: Sequence[str]) -> web.Response:
        prisoner, desk = known.prisoner, self.service.desk
        prison = next(one for one in desk.registry.current.all() if one.nomis_id == prisoner.prison)
        today = desk.today()
        slots = await self.service.bookings.slots(
            prison,
            prisoner.noms_id,
            prisoner.date_of_birth,
            first_bookable(prison, today, desk.holidays(today)),
            last_bookable(prison, today),
            desk.clock.monotonic() + _SLOTS_WITHIN,
        )
        offered = offers(slots.slots)
        board = await read_board(desk.store, self.sink)
        values = {
            "people": [as_person(one) for one in self._people()],
            "chosen": as_person(known),
            "prison": prison,
            "offers": offered,
            "fields": filled(prison.id, prisoner, offered) if fields is None else fields,
            "complaints": complaints,
            "visitors": range(1, VISITORS + 1),
            "choices": range(1, CHOICES + 1),
            "now": setting(self.engine),
            "settings": SETTINGS,
            "visits": board.visits,
            "mails": board.mails,
            "mails_at": self._mails_at(),
        }
        return pages.page("console.html", values, 422 if complaints else 200)

    def _people(self) -> tuple[KnownPerson, ...]:
        """Those whose prison the adapter knows."""
        codes = {prison.nomis_id for prison in self.service.desk.registry.current.all()}
        return tuple(one for one in known_people(self.service.desk.today()) if one.prisoner.prison in codes)

    def _known(self, number: str) -> KnownPerson:
        people = self._people()
        if not people:
            raise not_found()
        return next((one for one in people if one.prisoner.noms_id == number), people[0])

    def _mails_at(self) -> str:
        return f"http://127.0.0.1:{self.sink.pages_port}"


async def _from_this_machine(request: web.Request, _arrival: Arrival, _route: str) -> None:
    """A page elsewhere can't read this one by giving its own name this machine's address, and can't send its forms."""
    if request.url.host not in _HOSTS:
        raise Failure(403, "Forbidden")
    if request.method == "GET":
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    own = (
        site in ("same-origin", "none")
        if site is not None
        else origin is None or urlsplit(origin).netloc == request.host
    )
    if not own:
        raise Failure(403, "Forbidden")


async def _fields(request: web.Request) -> Fields:
    """The fields of a form; of several of one name, the first."""
    if request.content_type != _FORM:
        raise Failure(415, "Unsupported media type")
    try:
        sent = parse_qs((await read_bytes(request)).decode(), max_num_fields=60)
    except ValueError:
        raise Failure(400, "Bad request") from None
    return {name: values[0].strip() for name, values in sent.items()}


async def _ask(url: str, body: dict[str, object]) -> tuple[int, object]:
    """The API's answer: its status, and its JSON where it is some."""
    timeout = aiohttp.ClientTimeout(total=_ANSWER_WITHIN)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as api, api.post(url, json=body) as reply:
            return reply.status, await reply.json()
    except (aiohttp.ClientError, TimeoutError, ValueError):
        raise Failure(503, "Service unavailable") from None


def _complaints(answer: object) -> tuple[str, ...]:
    """What the API says is wrong, in its own words: this is what a frontend gets to see."""
    if not isinstance(answer, dict):
        return ("The API refused the request.",)
    errors = answer.get("errors")
    details = [str(one.get("detail")) for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    return tuple(details) or (str(answer.get("message")),)


def _see(where: str) -> web.Response:
    return web.Response(status=303, headers={"Location": where})


async def _asset(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    kind = "text/css" if name.endswith(".css") else "text/javascript"
    content = files("adapter.demo").joinpath(name).read_bytes()
    return web.Response(body=content, content_type=kind, charset="utf-8", headers={"Cache-Control": "no-cache"})
