"""The SOAP transport: requests in frames that zeep makes, over the shared HTTP client, and replies read strictly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random, SystemRandom

from nomis_client.calls import Calls, Sleep
from nomis_client.loop_clock import LoopClock
from nomis_client.observer import Observer, Silent, Tracer
from nomis_client.port import PrisonSystem
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
    """A `PrisonSystem` over SOAP. Connects when first called; `close` it in the event loop that used it.

    `monotonic` is the clock of deadlines (the loop's, if none is given), `now` the wall clock (aware). The first one in
    a process takes a second or two to make. Raises ValueError, naming no secret, if the settings can't work.
    """
    # Loading zeep takes longer than everything else at a start: only those who speak SOAP wait for it.
    from nomis_client.soap.client import SoapClient
    from nomis_client.soap.codec import Codec
    from nomis_client.soap.credentials import Credentials

    soap = settings.soap
    if not soap.url.startswith(("http://", "https://")):
        raise ValueError("[nomis.soap] url must be an http or https address")
    credentials = Credentials(soap.username, soap.secret("password")) if soap.username else None
    monotonic = monotonic or LoopClock()
    wire = Wire(connect_timeout=settings.connect_timeout, monotonic=monotonic, tracer=tracer)
    rng = rng or SystemRandom()
    calls = Calls(settings, observer=observer or Silent(), monotonic=monotonic, sleep=sleep, rng=rng, tracer=tracer)
    return SoapClient(settings, wire, Codec(soap.version, credentials), calls, monotonic=monotonic, now=now, rng=rng)
