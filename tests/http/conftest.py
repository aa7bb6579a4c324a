"""An API on a socket, in front of bookings in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.api_client import ApiClient, api_client
from tests.support.api_site import Site


@pytest.fixture
def site() -> Site:
    """What stands behind the API: set it before the client is used, or while."""
    return Site()


@pytest.fixture
async def api(site: Site) -> AsyncIterator[ApiClient]:
    async with api_client(site.app()) as client:
        yield client
