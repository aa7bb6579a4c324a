"""A SOAP client of the prison system on a server of bytes or on the fake."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from random import Random
from typing import Any

from nomis_client import NomisSettings, PrisonSystem
from nomis_client.soap import make
from tests.support.raw_server import RawServer
from tests.support.rest_clients import NOW, Ear, no_pause


@asynccontextmanager
async def soap_client(
    server: RawServer | str,
    ear: Ear | None = None,
    *,
    now: Callable[[], datetime] = lambda: NOW,
    soap: dict[str, Any] | None = None,
    **settings: Any,
) -> AsyncIterator[PrisonSystem]:
    """A client of this server (or of exactly this address). `soap`: more of its section."""
    url = server if isinstance(server, str) else server.url + "/ws/visits"
    chosen = {"transport": "soap", "soap": {"url": url} | (soap or {})} | settings
    client = make(NomisSettings.model_validate(chosen), observer=ear or Ear(), sleep=no_pause, rng=Random(0), now=now)
    try:
        yield client
    finally:
        await client.close()
