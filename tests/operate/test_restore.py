"""After a restore: what the database forgot is taken back from the prison system before any other work."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from adapter.booking.restore import restore
from nomis_client.fake.clock import WallTime
from nomis_client.fake.seed import seeded
from nomis_client.fake.server import RunningServer, running
from tests.support.site import TODAY, a_body, running_site
from tests.support.smtp_servers import mail_server

Bodies = Mapping[str, Any]


def _file(database: str) -> Path:
    return Path(database.partition(":///")[2])


async def _forgotten_booking(
    database: str, fake: RunningServer, mail: Any, folder: Path, *, locked: bool = False
) -> str:
    """A visit that is booked in the prison system, and of which the restored database knows only that it waits.

    `locked`: it was tried once, and the prisoner's record was open elsewhere.
    """
    backup = folder / "backup.db"
    config = {"ADAPTER__DECISION__BUDGET": "1"} if locked else None
    async with running_site(database, fake=fake, mail=mail, worker=False, config=config) as site:
        if locked:
            site.arm("delay", operation="book", seconds=0.5)
            site.arm("locked", operation="book")
        else:
            site.arm("answer", status=500, operation="reads")
        visit_id: str = (await site.post(a_body()))["visit"]["id"]
        await site.until(visit_id, "waiting")
    shutil.copy(_file(database), backup)
    async with running_site(database, fake=fake, mail=mail) as site:
        await site.until(visit_id, "booked")
    for leftover in _file(database).parent.glob(f"{_file(database).name}-*"):
        leftover.unlink()
    shutil.copy(backup, _file(database))
    return visit_id


@pytest.mark.parametrize("locked", [False, True])
async def test_a_forgotten_booking_is_taken_back_and_never_made_twice(
    sqlite_database: str, tmp_path: Path, locked: bool
) -> None:
    async with running(seeded(TODAY), time=WallTime()) as fake, mail_server() as mail:
        visit_id = await _forgotten_booking(sqlite_database, fake, mail, tmp_path, locked=locked)
        async with running_site(sqlite_database, fake=fake, mail=mail, worker=False) as site:
            told: list[tuple[int, int]] = []
            done = await restore(site.service.desk, lambda count, of: told.append((count, of)))
            assert (done.looked, done.found, done.to_staff) == (1, 1, 0)
            assert told == [(1, 1)]
            visit = await site.stored(visit_id)
            (held,) = site.in_nomis(visit_id)
            assert (visit.step, visit.nomis_visit_id) == ("booked", held.id)
            assert [item.state for item in await site.attempts(visit_id)] == ["held"]
            again = await restore(site.service.desk)
            assert (again.looked, again.found) == (0, 0)


async def test_a_reference_used_and_cancelled_there_goes_to_staff(sqlite_database: str, tmp_path: Path) -> None:
    async with running(seeded(TODAY), time=WallTime()) as fake, mail_server() as mail:
        visit_id = await _forgotten_booking(sqlite_database, fake, mail, tmp_path)
        async with running_site(sqlite_database, fake=fake, mail=mail, worker=False) as site:
            site.arm("find_wrong_status")
            done = await restore(site.service.desk)
            assert (done.found, done.to_staff) == (0, 1)
            assert (await site.stored(visit_id)).step == "with_staff"
            (request,) = [row for row in await site.outbox(visit_id) if row.kind == "staff_request"]
            assert f"{visit_id}-1".encode() in request.payload.replace(b"=\r\n", b"")


@pytest.mark.parametrize("fault", ["find_404", "find_405"])
async def test_where_references_can_not_be_found_staff_get_what_may_be_booked(
    sqlite_database: str, tmp_path: Path, fault: str
) -> None:
    async with running(seeded(TODAY), time=WallTime()) as fake, mail_server() as mail:
        visit_id = await _forgotten_booking(sqlite_database, fake, mail, tmp_path)
        async with running_site(sqlite_database, fake=fake, mail=mail, worker=False) as site:
            site.arm(fault)
            assert (await restore(site.service.desk)).to_staff == 1
            assert (await site.stored(visit_id)).step == "with_staff"


async def test_a_visit_of_which_nothing_is_there_goes_on_as_it_was(sqlite_database: str) -> None:
    async with running_site(sqlite_database, worker=False, at=time(11, 0)) as site:
        site.arm("answer", status=500, operation="reads", count=3)
        visit_id = (await site.post(a_body()))["visit"]["id"]
        before = await site.stored(visit_id)
        site.heal()
        done = await restore(site.service.desk)
        assert (done.looked, done.found, done.to_staff) == (1, 0, 0)
        assert (await site.stored(visit_id)).version == before.version
