"""Every metric is fed by the running service, not by hand."""

from __future__ import annotations

import asyncio
import math
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from adapter.booking.census import count
from adapter.log import events
from adapter.metrics import Backlog
from tests.support.logged import lines, logged
from tests.support.site import FULL_AT_LEEDS, HANG_GUARD, Site, a_body, running_site

NOBODY = {"first_name": "Ada", "last_name": "Nobody", "date_of_birth": "1983-06-21"}


class Page:
    """Samples of one reading."""

    def __init__(self, text: str) -> None:
        families = list(text_string_to_metric_families(text))
        self.samples = [sample for family in families for sample in family.samples]

    def value(self, name: str, **labels: str) -> float:
        found = [item.value for item in self.samples if item.name == name and labels.items() <= item.labels.items()]
        return sum(found)

    def has(self, name: str, **labels: str) -> bool:
        return any(item.name == name and labels.items() <= item.labels.items() for item in self.samples)


async def read(site: Site, url: str = "") -> Page:
    async with site.http.get(f"{url or site.url}/metrics") as reply:
        assert reply.status == 200
        assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return Page(await reply.text())


async def counted(site: Site, **wanted: float) -> Page:
    """The page once the backlog shows these numbers."""
    async with asyncio.timeout(HANG_GUARD):
        while True:
            page = await read(site)
            if all(page.value(f"visits_{name}") == number for name, number in wanted.items()):
                return page
            await asyncio.sleep(0.02)


def to_staff(**changes: Any) -> dict[str, Any]:
    """A request that a person must answer: a visitor is not on the contact list."""
    return a_body(visitors=[NOBODY], **changes)


async def test_what_happens_is_counted(sqlite_database: str) -> None:
    async with running_site(sqlite_database) as site:
        answer = await site.post(a_body())
        await site.post(a_body(), answer["visit"]["id"])  # the same again is no request of its own
        await site.post(to_staff())
        await site.post(a_body([FULL_AT_LEEDS]))
        await site.mailed(answer["visit"]["id"], 1)
        page = await read(site)
    assert page.value("visits_requests_total", decision="booked", mode="real_time") == 1
    assert page.value("visits_requests_total", decision="with_staff", mode="real_time") == 1
    assert page.value("visits_requests_total") == 3
    assert page.value("visits_decision_seconds_count", decision="booked") == 1
    assert page.value("visits_nomis_calls_total", operation="book", outcome="ok") == 1
    assert page.value("visits_nomis_call_seconds_count", operation="book") == 1
    assert page.value("visits_nomis_calls_total", operation="find_offender", outcome="ok") >= 1
    assert page.value("visits_steps_total", step="booking", happened="found", to="booked") == 1
    assert page.value("visits_http_request_seconds_count", route="/api/visits", method="POST", status="200") == 4
    assert page.value("visits_mails_total", kind="visitor_booked", channel="smtp", outcome="sent") == 1
    assert page.has("visits_nomis_breaker_state", prison="LEI", kind="reads")
    assert page.has("visits_adapter_info")


async def test_a_breaker_that_opens_shows_for_its_prison(sqlite_database: str) -> None:
    once = {"ADAPTER__NOMIS__BREAKER__FAILURES": "1"}
    async with running_site(sqlite_database, worker=False, config=once) as site:
        site.arm("answer", status=500, operation="reads")
        await site.post(a_body())
        page = await read(site)
        assert page.value("visits_nomis_breaker_state", prison="LEI", kind="reads") == 2
        assert page.value("visits_nomis_breaker_state", prison="CFI", kind="reads") == 0


async def test_the_worker_counts_the_backlog(sqlite_database: str) -> None:
    async with running_site(sqlite_database) as site:
        await site.post(to_staff())
        page = await counted(site, with_staff=1, outbox_depth=0)
        assert page.value("visits_overdue") == page.value("visits_dead_letters") == page.value("visits_drift") == 0
        assert page.value("visits_backlog_measured_timestamp_seconds") > 1_500_000_000


async def test_without_a_worker_the_backlog_is_unknown_not_nought(sqlite_database: str) -> None:
    async with running_site(sqlite_database, worker=False) as site:
        assert math.isnan((await read(site)).value("visits_with_staff"))


async def test_the_backlog_is_counted_alike_on_both_databases(database: str) -> None:
    async with running_site(database, worker=False) as site:
        assert await count(site.service.desk) == Backlog(0, 0, 0, 0, 0, 0, 0.0, 0, 0, 0.0)
        await site.post(to_staff())
        found = await count(site.service.desk)
        assert (found.with_staff, found.waiting, found.in_doubt, found.open_references) == (1, 0, 0, 0)
        assert found.outbox_depth == 2  # the visitor's receipt and the mailbox's request: nobody sends them here
        assert found.outbox_oldest_seconds >= 0
        site.arm("answer", status=500, operation="reads")
        await site.post(a_body())
        assert (await count(site.service.desk)).waiting == 1


async def test_metrics_may_have_a_listener_of_their_own(sqlite_database: str) -> None:
    own = {"ADAPTER__METRICS__HOST": "127.0.0.1", "ADAPTER__METRICS__PORT": "0", "ADAPTER__API__HOST": "localhost"}
    with logged() as log:
        async with running_site(sqlite_database, worker=False, config=own) as site:
            (url,) = [line["url"] for line in lines(log, events.SERVER_STARTED) if line["face"] == "metrics"]
            assert (await read(site, url)).has("visits_adapter_info")
            for path, status in (("/health/liveness", 200), ("/health/readiness", 200), ("/api/ping", 404)):
                async with site.http.get(f"{url}{path}") as reply:
                    assert reply.status == status
            async with site.http.get(f"{site.url}/metrics") as reply:
                assert reply.status == 404
