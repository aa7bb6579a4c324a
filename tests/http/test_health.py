"""What monitors ask, and what is counted."""

from __future__ import annotations

import asyncio

from adapter.booking.views import Health
from tests.support.api_client import ApiClient, api_client
from tests.support.api_site import Site
from tests.support.memory_bookings import MemoryBookings

HEALTH = ("/healthcheck", "/health", "/health/liveness", "/health/readiness")


async def test_all_is_well(api: ApiClient) -> None:
    assert (await api.get("/healthcheck")).json() == {"ok": True}
    assert (await api.get("/ping")).json() == {"ok": True}
    assert (await api.get("/health/liveness")).json() == {"status": "UP"}
    assert (await api.get("/health/readiness")).json() == {"status": "UP"}
    assert (await api.get("/info")).json() == {"version": "1.2.3", "git_revision": "abcdef0"}
    health = (await api.get("/health")).json()
    assert health == {"status": "UP", "components": {"store": {"status": "UP"}, "prison_system": {"status": "UP"}}}


async def test_without_a_store_we_live_and_are_not_ready(api: ApiClient, site: Site) -> None:
    site.bookings.store_is_down = True
    assert [(await api.get(path)).status for path in HEALTH] == [503, 503, 200, 503]
    health = (await api.get("/health")).json()
    assert (health["status"], health["components"]["store"]["status"]) == ("DOWN", "DOWN")
    assert health["message"] == "Service unavailable"


async def test_without_the_prison_system_we_still_take_requests(api: ApiClient, site: Site) -> None:
    site.bookings.prison_system_is_down = True
    assert [(await api.get(path)).status for path in HEALTH] == [200, 200, 200, 200]
    assert (await api.get("/health")).json()["components"]["prison_system"] == {"status": "DOWN"}


async def test_head_tells_the_same_without_a_body(api: ApiClient, site: Site) -> None:
    reply = await api.ask("HEAD", "/healthcheck")
    assert (reply.status, reply.body) == (200, b"")
    site.bookings.store_is_down = True
    assert (await api.ask("HEAD", "/healthcheck")).status == 503


async def test_a_health_that_cannot_be_told_in_time_is_bad(site: Site) -> None:
    class Stuck(MemoryBookings):
        async def health(self) -> Health:
            await asyncio.Event().wait()
            raise AssertionError

    site.budget = 0.05
    site.bookings = Stuck(site.clock, site.bookings.book)
    async with api_client(site.app()) as api:
        assert (await api.get("/health/readiness")).status == 503


async def test_metrics_are_served_where_they_share_the_listener(api: ApiClient, site: Site) -> None:
    reply = await api.get("/metrics")
    assert (reply.status, reply.body) == (200, b"visits_total 1\n")
    assert reply.headers["Content-Type"].startswith("text/plain")
    async with api_client(site.app(metrics=None)) as without:
        assert (await without.ask("POST", "/metrics")).status == 404


async def test_every_answer_is_observed_under_its_route(api: ApiClient, site: Site) -> None:
    site.answered.clear()
    await api.get("/api/visits/ABC")
    await api.post("/api/visits", {})
    await api.get("/nowhere")
    assert site.answered == [
        ("api", "/api/visits/{id}", "GET", 404),
        ("api", "/api/visits", "POST", 422),
        ("api", "unmatched", "GET", 404),
    ]
