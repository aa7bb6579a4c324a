"""`port` is the port on a fake prison system: over every transport, on a good, a flaky and a lossy day."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.contract_harness import CONDITIONS, TRANSPORTS, Harness, Transport, harness


@pytest.fixture(params=TRANSPORTS.values(), ids=lambda transport: transport.name)
def transport(request: pytest.FixtureRequest) -> Transport:
    """One way to speak to the prison system."""
    chosen: Transport = request.param
    return chosen


@pytest.fixture(params=CONDITIONS)
async def port(request: pytest.FixtureRequest, transport: Transport) -> AsyncIterator[Harness]:
    """Each test runs on each kind of day, and must see the same."""
    async with harness(transport, request.param) as made:
        yield made


@pytest.fixture
async def good_port(transport: Transport) -> AsyncIterator[Harness]:
    """On a good day only, for tests that bring their own trouble."""
    async with harness(transport, "good") as made:
        yield made
