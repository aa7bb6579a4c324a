"""The REST transport."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random, SystemRandom

from nomis_client.calls import Calls, Sleep
from nomis_client.loop_clock import LoopClock
from nomis_client.observer import Observer, Silent, Tracer
from nomis_client.port import PrisonSystem
from nomis_client.rest.auth import make_auth
from nomis_client.rest.client import RestClient
from nomis_client.settings import NomisSettings
from nomis_client.wire import Wire

__all__ = ["make"]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def make(
    settings: NomisSettings,
    *,
    observer: Observer | None = None,
    tracer: Tracer | None = None,
    monotonic: Callable[[], float] | None = None,
    sleep: Sleep = asyncio.sleep,
    rng: Random | None = None,
    now: Callable[[], datetime] = _utc_now,
) -> PrisonSystem:
    """A `PrisonSystem` over REST. Connects when first called; `close` it in the event loop that used it.

    `monotonic` is the clock of deadlines (the loop's, if none is given), `now` the wall clock (aware). Raises
    ValueError, naming no secret, if the settings can't work.
    """
    if not settings.base_url.startswith(("http://", "https://")):
        raise ValueError("[nomis] base_url must be an http or https address")
    monotonic = monotonic or LoopClock()
    wire = Wire(connect_timeout=settings.connect_timeout, monotonic=monotonic, tracer=tracer)
    calls = Calls(
        settings,
        observer=observer or Silent(),
        monotonic=monotonic,
        sleep=sleep,
        rng=rng or SystemRandom(),
        tracer=tracer,
    )
    auth = make_auth(settings.auth, wire, monotonic=monotonic, now=now, told=calls.told)
    return RestClient(settings, wire, auth, calls, monotonic=monotonic, now=now)
