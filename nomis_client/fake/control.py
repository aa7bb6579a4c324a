"""The control face, plainly not part of the contract: set up, spoil, look behind the scenes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from nomis_client.fake.actions import ACTIONS
from nomis_client.fake.clock import london_date
from nomis_client.fake.engine import Engine
from nomis_client.fake.entities import Prison, Prisoner, Session
from nomis_client.fake.faults import Fault
from nomis_client.fake.generate import generated
from nomis_client.fake.hand import ImpossibleByHand, by_hand
from nomis_client.fake.history import history
from nomis_client.fake.installation import Installation
from nomis_client.fake.seed import next_index, seed
from nomis_client.fake.world import ALWAYS

M = TypeVar("M", bound=BaseModel)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SeedBody(_Body):
    """Adds to what is there. `generate`: how many prisoners per prison; `vo`: visiting orders of each."""

    generate: dict[str, int] = {}
    vo: int = 26
    seed: int = 1
    prisons: tuple[Prison, ...] = ()
    prisoners: tuple[Prisoner, ...] = ()
    sessions: tuple[Session, ...] = ()


class ResetBody(_Body):
    """Forgets everything, the past and the log too; then the standard world, unless `empty`."""

    seed: int = 1
    empty: bool = False


class FaultsBody(_Body):
    faults: tuple[Fault, ...]


class PowerBody(_Body):
    on: bool


class ClockBody(_Body):
    """One of: `now` (ISO, with zone; runs on unless `frozen`), `advance` (seconds), `follow` (the machine's clock)."""

    now: AwareDatetime | None = None
    frozen: bool = False
    advance: float = 0.0
    follow: bool = False


class Control:
    """Handlers of `/_control`. Faults and the power switch don't touch them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add_to(self, app: web.Application) -> None:
        add = app.router.add_route
        add("POST", "/_control/seed", self._seed)
        add("POST", "/_control/reset", self._reset)
        add("GET", "/_control/visits", self._visits)
        add("GET", "/_control/prisoners", self._prisoners)
        add("GET", "/_control/slots", self._sessions)
        add("GET", "/_control/requests", self._requests)
        add("GET", "/_control/history", self._history)
        add("GET", "/_control/faults", self._faults)
        add("POST", "/_control/faults", self._arm)
        add("DELETE", "/_control/faults", self._heal)
        add("POST", "/_control/hand", self._hand)
        add("GET", "/_control/clock", self._clock)
        add("POST", "/_control/clock", self._set_clock)
        add("GET", "/_control/power", self._power)
        add("POST", "/_control/power", self._switch)
        add("GET", "/_control/installation", self._installation)
        add("POST", "/_control/installation", self._install)

    async def _seed(self, request: web.Request) -> web.Response:
        body = await _read(request, SeedBody)
        world, today = self._engine.state.world, london_date(self._engine.time.now())
        made: list[Prisoner] = list(body.prisoners)
        index = next_index(world)
        for prison, count in body.generate.items():
            made += generated(count, prison, index, today, body.seed, body.vo)
            index += count
        number = world.sessions.last_key(0)
        sessions = [replace(s, id=s.id or number + place) for place, s in enumerate(body.sessions, 1)]
        world.commit(
            ALWAYS,
            *((world.prisons, prison.code, prison) for prison in body.prisons),
            *((world.prisoners, prisoner.noms_id, prisoner) for prisoner in made),
            *((world.sessions, session.id, session) for session in sessions),
        )
        self._settle()
        return _json({"prisoners": made, "sessions": sessions})

    async def _reset(self, request: web.Request) -> web.Response:
        body = await _read(request, ResetBody)
        engine = self._engine
        installation = engine.state.installation
        engine.state.world.clear()
        engine.log.clear()
        engine.heal()
        engine.power = True
        engine.state.install(installation, ALWAYS)
        if not body.empty:
            seed(engine.state, london_date(engine.time.now()), body.seed)
        return _json({"reset": True})

    async def _visits(self, request: web.Request) -> web.Response:
        self._settle()
        noms_id, reference = request.query.get("noms_id"), request.query.get("client_unique_ref")
        found = [
            visit
            for visit in self._engine.state.world.visits.values()
            if (noms_id is None or visit.noms_id == noms_id) and (reference is None or visit.reference == reference)
        ]
        return _json(
            {"visits": [{**_plain(visit), "slot": visit.slot, "scheduled": visit.scheduled} for visit in found]}
        )

    async def _prisoners(self, request: web.Request) -> web.Response:
        noms_id = request.query.get("noms_id")
        found = [p for p in self._engine.state.world.prisoners.values() if noms_id in (None, p.noms_id)]
        return _json({"prisoners": found})

    async def _sessions(self, request: web.Request) -> web.Response:
        self._settle()
        prison = request.query.get("prison")
        found = [s for s in self._engine.state.world.sessions.values() if prison in (None, s.prison)]
        return _json({"slots": [{**_plain(session), "slot": session.slot} for session in found]})

    async def _requests(self, request: web.Request) -> web.Response:
        query = request.query
        since = _number(query.get("since", "0"))
        found = [
            entry
            for entry in self._engine.log.entries()
            if entry.number > since
            and query.get("operation") in (None, entry.operation.value)
            and query.get("client_unique_ref") in (None, entry.reference)
            and query.get("noms_id") in (None, entry.noms_id)
        ]
        return _json({"requests": found})

    async def _history(self, _: web.Request) -> web.Response:
        self._settle()
        return _json(history(self._engine.state.world))

    async def _faults(self, _: web.Request) -> web.Response:
        return _json({"faults": self._engine.faults})

    async def _arm(self, request: web.Request) -> web.Response:
        """One fault, or `{"faults": [...]}`."""
        raw = await _json_body(request)
        faults = _checked(FaultsBody, raw).faults if "faults" in raw else (_checked(Fault, raw),)
        return _json({"faults": [self._engine.arm(fault) for fault in faults]})

    async def _heal(self, request: web.Request) -> web.Response:
        number = request.query.get("number")
        self._engine.heal(None if number is None else _number(number))
        return _json({"faults": self._engine.faults})

    async def _hand(self, request: web.Request) -> web.Response:
        try:
            action = ACTIONS.validate_python(await _json_body(request))
        except ValidationError as wrong:
            raise _bad(wrong) from None
        self._settle()
        try:
            made = by_hand(self._engine.state.world, action, self._engine.time.now())
        except ImpossibleByHand as impossible:
            return _json({"error": str(impossible)}, status=409)
        return _json({"done": action.action, **made})

    async def _clock(self, _: web.Request) -> web.Response:
        time = self._engine.time
        return _json({"now": time.now(), "frozen": time.frozen, "offset": time.offset})

    async def _set_clock(self, request: web.Request) -> web.Response:
        body = await _read(request, ClockBody)
        time = self._engine.time
        if body.follow:
            time.follow()
        if body.now is not None:
            time.set(body.now, frozen=body.frozen)
        time.advance(body.advance)
        self._settle()
        return await self._clock(request)

    async def _power(self, _: web.Request) -> web.Response:
        return _json({"on": self._engine.power})

    async def _switch(self, request: web.Request) -> web.Response:
        self._engine.power = (await _read(request, PowerBody)).on
        return _json({"on": self._engine.power})

    async def _installation(self, _: web.Request) -> web.Response:
        return _json(self._engine.state.installation)

    async def _install(self, request: web.Request) -> web.Response:
        """Members that are left out keep their value."""
        present = self._engine.state.installation.model_dump()
        installation = _checked(Installation, {**present, **await _json_body(request)})
        self._engine.state.install(installation, self._engine.time.now())
        return _json(installation)

    def _settle(self) -> None:
        self._engine.state.settle(self._engine.time.now())


_ANYTHING = TypeAdapter(Any)


def _plain(value: object) -> dict[str, Any]:
    plain: dict[str, Any] = to_jsonable_python(value)
    return plain


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(status=status, body=_ANYTHING.dump_json(value), content_type="application/json")


async def _json_body(request: web.Request) -> dict[str, Any]:
    if not request.can_read_body:
        return {}
    try:
        body = await request.json()
    except ValueError:
        raise web.HTTPBadRequest(text='{"error":"not JSON"}', content_type="application/json") from None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text='{"error":"not an object"}', content_type="application/json")
    return body


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise web.HTTPBadRequest(text='{"error":"not a number"}', content_type="application/json") from None


async def _read(request: web.Request, model: type[M]) -> M:
    return _checked(model, await _json_body(request))


def _checked(model: type[M], body: dict[str, Any]) -> M:
    try:
        return model.model_validate(body)
    except ValidationError as wrong:
        raise _bad(wrong) from None


def _bad(wrong: ValidationError) -> web.HTTPBadRequest:
    complaints = [
        {"at": list(e["loc"]), "what": e["msg"]} for e in wrong.errors(include_url=False, include_input=False)
    ]
    text = _ANYTHING.dump_json({"errors": complaints}).decode()
    return web.HTTPBadRequest(text=text, content_type="application/json")
