"""The port on the fake without a socket: the real REST or SOAP client over a wire that is a function call.

Deadlines, retries, breakers, caches and the reading of replies are the client's own, so nothing here can know better
than the product does. On a virtual event loop every delay, outage and late commit passes in no time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from yarl import URL

from nomis_client.calls import Calls, Sleep
from nomis_client.fake.bending import PIECES, wrong_types
from nomis_client.fake.canned import Canned
from nomis_client.fake.engine import Engine
from nomis_client.fake.outcome import Arrival, Delivery, Mangle, Outcome
from nomis_client.fake.parsing import Parts, find_route, parsed
from nomis_client.fake.payloads import written
from nomis_client.fake.soap import Posted, SoapFace
from nomis_client.observer import Observer, Silent
from nomis_client.port import PrisonSystem
from nomis_client.rest.auth import NoAuth
from nomis_client.rest.client import RestClient
from nomis_client.settings import NomisSettings
from nomis_client.wire import NoReply, Reply, Wire

_BASE = "/nomisapi"


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


def in_process(engine: Engine, settings: NomisSettings | None = None, **clocks: Any) -> PrisonSystem:
    """A `PrisonSystem` on `engine` over the transport that the settings name; `clocks` as `InProcessPrisonSystem`'s."""
    if settings is not None and settings.transport == "soap":
        return _over_soap(engine, settings, **clocks)
    return InProcessPrisonSystem(engine, settings, **clocks)


class InProcessPrisonSystem(RestClient):
    """A `PrisonSystem` on `engine`. Make a new one on the same engine for an adapter that starts again.

    Its wall clock is the engine's; `monotonic` is the clock of deadlines and must go as fast as the engine's does.
    `sleep` is for the pauses between two tries of a read. `wire`: one of those below, or something around it.
    """

    def __init__(
        self,
        engine: Engine,
        settings: NomisSettings | None = None,
        *,
        observer: Observer | None = None,
        rng: Random | None = None,
        sleep: Sleep | None = None,
        monotonic: Callable[[], float] = _loop_time,
        wire: Wire | None = None,
    ) -> None:
        settings = (settings or NomisSettings()).model_copy(update={"base_url": "http://in-process" + _BASE})
        calls = _calls(engine, settings, observer, rng, sleep, monotonic)
        wire = wire or InProcessWire(engine, monotonic)
        super().__init__(settings, wire, NoAuth(), calls, monotonic=monotonic, now=engine.time.now)


def _over_soap(
    engine: Engine,
    settings: NomisSettings,
    *,
    observer: Observer | None = None,
    rng: Random | None = None,
    sleep: Sleep | None = None,
    monotonic: Callable[[], float] = _loop_time,
    wire: Wire | None = None,
) -> PrisonSystem:
    # Loading zeep takes longer than everything else here.
    from nomis_client.soap.client import SoapClient
    from nomis_client.soap.codec import Codec

    soap = settings.soap.model_copy(update={"url": "http://in-process/soap"})
    settings = settings.model_copy(update={"soap": soap})
    return SoapClient(
        settings,
        wire or InProcessSoapWire(engine, monotonic),
        Codec(soap.version, None),
        _calls(engine, settings, observer, rng, sleep, monotonic),
        monotonic=monotonic,
        now=engine.time.now,
        rng=Random(0),  # noqa: S311 - ids that only have to differ
    )


def _calls(
    engine: Engine,
    settings: NomisSettings,
    observer: Observer | None,
    rng: Random | None,
    sleep: Sleep | None,
    monotonic: Callable[[], float],
) -> Calls:
    return Calls(
        settings,
        observer=observer or Silent(),
        monotonic=monotonic,
        sleep=sleep or engine.time.sleep,
        rng=rng or Random(0),  # noqa: S311 - spreads retries; the same run must give the same pauses
    )


@dataclass(frozen=True, slots=True)
class _Sent:
    """One request as the wire is given it."""

    method: str
    url: URL
    headers: Mapping[str, str]
    body: bytes


class InProcessWire(Wire):
    """Exchanges without bytes on a wire. A caller that is cancelled leaves its write to the prison system's mercy."""

    def __init__(self, engine: Engine, monotonic: Callable[[], float]) -> None:
        super().__init__(connect_timeout=1.0, monotonic=monotonic)
        self.engine = engine
        self._clock = monotonic
        self._ended = False

    async def read(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, deadline: float
    ) -> Reply:
        return await self._exchange(method, url, headers, body or b"", deadline)

    async def write(self, method: str, url: str, headers: Mapping[str, str], body: bytes, deadline: float) -> Reply:
        return await self._exchange(method, url, headers, body, deadline)

    async def close(self) -> None:
        self._ended = True

    async def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes, deadline: float) -> Reply:
        if self._ended or deadline <= self._clock():
            raise NoReply("closed" if self._ended else "timeout", perhaps_written=False)
        await asyncio.sleep(0)  # others run while a request is on its way …
        outcome, answer = await self._perform(
            _Sent(method, URL(url, encoded=True), headers, body), deadline - self._clock()
        )
        await asyncio.sleep(0)  # … and while the reply is
        return await self._delivered(outcome, answer, deadline)

    async def _perform(self, sent: _Sent, patience: float) -> tuple[Outcome, Canned | None]:
        """What the prison system makes of it, and what it says if it answers."""
        route, path = find_route(sent.method, sent.url.path.removeprefix(_BASE))
        text = sent.body.decode()
        asked = parsed(route, Parts(path, sent.url.query, text))
        arrival = Arrival(asked, sent.method, text, request_id=sent.headers.get("X-Request-Id", ""))
        outcome = await self.engine.perform(arrival, patience=patience)
        answer = outcome.instead
        if answer is None and outcome.reply is not None:
            answer = written(outcome.reply, route.operation, self.engine.state.installation)
        return outcome, answer

    async def _delivered(self, outcome: Outcome, answer: Canned | None, deadline: float) -> Reply:
        match outcome.delivery:
            case Delivery.NEVER_REACHED:
                raise NoReply("connect", perhaps_written=False)
            case Delivery.RESET | Delivery.DROP:
                raise NoReply("cut_short", perhaps_written=True)
            case Delivery.HANG:
                await self._wait_in_vain(deadline)
            case Delivery.ANSWER:
                pass
        assert answer is not None
        body = answer.body
        match outcome.mangle:
            case Mangle.TRUNCATE:
                raise NoReply("cut_short", perhaps_written=True)
            case Mangle.DRIP:
                if self._clock() + outcome.pace * PIECES >= deadline:
                    await self._wait_in_vain(deadline)
                await self.engine.time.sleep(outcome.pace * PIECES)
            case Mangle.EMPTY:
                body = ""
            case Mangle.WRONG_TYPES:
                body = wrong_types(body)
            case Mangle.NONE:
                pass
        return Reply(answer.status, {"Content-Type": answer.content_type, **answer.headers}, body.encode())

    async def _wait_in_vain(self, deadline: float) -> None:
        await self.engine.time.sleep(max(0.0, deadline - self._clock()))
        raise NoReply("timeout", perhaps_written=True)


class InProcessSoapWire(InProcessWire):
    """The same to the SOAP face."""

    def __init__(self, engine: Engine, monotonic: Callable[[], float]) -> None:
        super().__init__(engine, monotonic)
        self._face = SoapFace(engine)

    async def _perform(self, sent: _Sent, patience: float) -> tuple[Outcome, Canned | None]:
        action, request_id = (sent.headers.get(name, "") for name in ("SOAPAction", "X-Request-Id"))
        content_type = sent.headers["Content-Type"].partition(";")[0]
        return await self._face.perform(Posted(sent.body, content_type, action.strip('"'), request_id), patience)
