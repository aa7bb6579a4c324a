"""A visit that is removed while somebody is busy with it is gone: 404 or a new request, never an error of ours."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from adapter.booking import arrive
from adapter.booking.depart import depart
from adapter.booking.desk import Run
from adapter.booking.ledger import reload
from adapter.booking.saga import advance
from adapter.booking.views import Fingerprints
from adapter.booking.watch import Watch
from adapter.store import purge
from adapter.store.errors import Gone
from adapter.store.idempotency import Earlier
from adapter.store.tables import visits
from tests.support.logged import logged
from tests.support.old_visits import an_old_visit, store_rows
from tests.support.site import Site, a_body, running_site

PATIENT = {
    "ADAPTER__DECISION__BUDGET": "60",
    "ADAPTER__STORE__POOL_TIMEOUT": "20",
    "ADAPTER__STORE__STATEMENT_TIMEOUT": "20",
    "ADAPTER__STORE__BUSY_TIMEOUT": "20",
}
"""None of this is about time, and the machine may be busy."""
FINGERPRINTS = Fingerprints(key=None, rid="a" * 64, same="b" * 64, body="c" * 64)


async def remove(site: Site, visit_id: str) -> None:
    """As a purge does it, whatever state the visit is in."""
    async with site.service.desk.store.write() as tx:
        await tx.execute(select(visits.c.id).where(visits.c.id == visit_id).with_for_update())
        await purge.remove(tx, [visit_id])
        await tx.commit()


async def test_work_on_what_was_removed_ends_there(database: str) -> None:
    """Each has read the visit before it was removed."""
    async with running_site(database, worker=False, config=PATIENT) as site:
        desk = site.service.desk
        rows = an_old_visit(1, site.clock.now(), step="waiting", slot_granted=None, lease_holder="us", trace=None)
        rows["visits"][0]["lease_until"] = 2**60
        await store_rows(desk.store, [rows])
        visit = await site.stored(rows["visits"][0]["id"])
        (attempt,) = await site.attempts(visit.id)
        far = desk.clock.monotonic() + 60
        run = Run("us", far, far, foreground=False)
        await remove(site, visit.id)
        with pytest.raises(Gone):
            await reload(desk, visit.id)
        with pytest.raises(Gone):
            await depart(desk, visit)
        with pytest.raises(Gone):
            await arrive.remember(desk, visit.id, FINGERPRINTS, far)
        with logged() as log:
            await Watch(desk).look(attempt)
            assert await site.service.tasks.start(advance(desk, visit, run), "visit") is None
        assert log.getvalue().count('"event": "visit.gone"') == 2
        assert "failed" not in log.getvalue()


async def test_a_repeat_of_what_was_removed_is_a_new_request(database: str) -> None:
    async with running_site(database, worker=False, config=PATIENT) as site:
        bookings = site.service.bookings
        gone = Earlier("00000000-0000-4000-8000-000000000000", "rid", "c" * 64)
        assert await bookings._same_again(gone, FINGERPRINTS, site.clock.monotonic() + 60) is None


async def test_asking_while_it_goes_is_never_an_error_of_ours(database: str) -> None:
    """Every order in which the two may meet, as far as chance goes; the statuses are checked one by one."""
    async with running_site(database, worker=False, config=PATIENT) as site:
        statuses = set()
        with logged() as log:
            for number in range(12):
                rows = an_old_visit(number, site.clock.now() - timedelta(days=30), step="cancelled")
                await store_rows(site.service.desk.store, [rows])
                visit_id = rows["visits"][0]["id"]
                asking = [asyncio.create_task(ask(site, method, visit_id)) for method in ("GET", "DELETE") * 3]
                await asyncio.sleep(0.002 * number)
                await remove(site, visit_id)
                statuses |= set(await asyncio.gather(*asking))
                assert await ask(site, "DELETE", visit_id) == 404
        assert statuses <= {200, 404}
        assert "request.crashed" not in log.getvalue()


async def test_the_same_key_while_its_visit_goes(database: str) -> None:
    async with running_site(database, worker=False, config=PATIENT) as site:
        for number in range(6):
            body = a_body(contact_email_address=f"again{number}@example.com")
            key = {"Idempotency-Key": f"key-{number}"}
            first = await site.post(body, **key)
            await site.delete(first["visit"]["id"])
            await removed_by_key(site, first["visit"]["id"], body, key)


async def removed_by_key(site: Site, visit_id: str, body: dict[str, object], key: dict[str, str]) -> None:
    """Repeats while the rows go: each gets the old visit or a new one."""
    _, *answers = await asyncio.gather(remove(site, visit_id), *(site.post(body, **key) for _ in range(3)))
    ids = {answer["visit"]["id"] for answer in answers if answer is not None}
    assert len(ids - {visit_id}) <= 1


async def ask(site: Site, method: str, visit_id: str) -> int:
    async with site.http.request(method, f"{site.url}/api/visits/{visit_id}") as reply:
        await reply.read()
        return reply.status
