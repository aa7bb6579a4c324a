"""The fake prison system as a command."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from nomis_client.fake import server


def run(host: str, port: int, state: Path | None, seed: int, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM. `ready` gets the URL once it answers; without `state` all is kept in memory."""
    asyncio.run(server.main(host, port, state, seed, ready))
