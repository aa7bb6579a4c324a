"""A person may have what is kept about them, and have it removed."""

from __future__ import annotations

import json
from datetime import datetime
from datetime import time as wall_time

from sqlalchemy import select

from adapter.booking import subject
from adapter.clock import LONDON
from adapter.store.tables import metadata
from tests.support.old_visits import an_old_visit, some_feedback, store_rows
from tests.support.site import TODAY, Site, a_body, running_site

ADDRESS = "Nora.Leaving@Example.com"


async def stored(site: Site) -> str:
    texts: list[str] = []
    async with site.service.desk.store.read(long=True) as tx:
        for table in metadata.sorted_tables:
            for row in await tx.execute(select(table)):
                texts.extend(value.decode() if isinstance(value, bytes) else str(value) for value in row)
    return "\n".join(texts).casefold()


async def test_what_is_over_is_exported_and_removed_and_what_lies_ahead_stays(database: str) -> None:
    async with running_site(database) as site:
        desk = site.service.desk
        ahead = await site.post(a_body(contact_email_address=ADDRESS))
        await site.mailed(ahead["visit"]["id"], 1)
        over = an_old_visit(7, datetime.combine(TODAY, wall_time(9), LONDON), step="cancelled")
        await store_rows(desk.store, [over, some_feedback(datetime.combine(TODAY, wall_time(9), LONDON))])

        exported = await subject.export(desk, " Zebedee.Q@example.org ")
        assert "Quillfeather" in json.dumps(exported)
        assert "staff:" not in json.dumps(exported)
        assert len(exported) == 2
        erased = await subject.erase(desk, "Zebedee.Q@example.org")
        assert (erased.removed, erased.feedback, erased.ending, erased.ahead) == (1, 1, 0, 0)
        assert "quillfeather" not in await stored(site)

        erased = await subject.erase(desk, ADDRESS.upper())
        assert (erased.removed, erased.ahead) == (0, 1)
        assert (await site.get(ahead["visit"]["id"]))["visit"]["processing_state"] == "booked"


async def test_an_open_request_is_withdrawn_first(database: str) -> None:
    async with running_site(database) as site:
        desk = site.service.desk
        arrived = datetime.combine(TODAY, wall_time(9), LONDON)
        waiting = an_old_visit(8, arrived, step="with_staff", slot_granted=None, staff_why="closed_visit", trace=None)
        waiting["attempts"] = []
        await store_rows(desk.store, [waiting])
        (visit,) = waiting["visits"]
        erased = await subject.erase(desk, "zebedee.q@example.org")
        assert (erased.removed, erased.ending) == (0, 1)  # its messages have still to leave
        await site.until(visit["id"], "withdrawn")
        await site.mailed(visit["id"])
        erased = await subject.erase(desk, "zebedee.q@example.org")
        assert (erased.removed, erased.ending) == (1, 0)
        assert "quillfeather" not in await stored(site)
