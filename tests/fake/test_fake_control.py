"""The way behind the scenes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest

from tests.support.fake_nomis import (
    DAY,
    LEAD,
    NUMBER,
    OFFENDER,
    SLOT,
    Site,
    a_session,
    a_site,
    an_order,
)


async def wrong(site: Site, path: str, body: object) -> tuple[int, Any]:
    async with site.http.post(site.server.control_url + path, json=body) as response:
        return response.status, await response.json()


async def test_generated_prisoners_are_told_with_their_families_and_can_be_booked() -> None:
    async with a_site(a_session()) as site:
        made = (await site.control("POST", "/seed", {"generate": {"LEI": 3, "CFI": 1}, "vo": 2}))["prisoners"]
        assert [p["prison"] for p in made] == ["LEI", "LEI", "LEI", "CFI"]
        assert len({p["noms_id"] for p in made}) == len({p["offender_id"] for p in made}) == 4
        for number, prisoner in enumerate(made[:3]):
            lead, other, child = prisoner["contacts"]
            order = an_order(
                offender_id=prisoner["offender_id"],
                lead_contact=lead["id"],
                other_contacts=(other["id"], child["id"]),
                reference=f"r-{number}",
            )
            assert (await site.book(order))[0] == 200
        more = (await site.control("POST", "/seed", {"generate": {"LEI": 2}}))["prisoners"]
        assert not {p["noms_id"] for p in more} & {p["noms_id"] for p in made}


async def test_explicit_objects_are_added() -> None:
    async with a_site() as site:
        await site.control(
            "POST",
            "/seed",
            {
                "prisons": [{"code": "XYI", "desc": "EXAMPLE (HMP)"}],
                "sessions": [{"prison": "XYI", "begin": f"{DAY}T14:00:00", "end": f"{DAY}T15:00:00"}],
                "prisoners": [
                    {
                        "noms_id": "X1111XX",
                        "offender_id": 77,
                        "given_name": "NEW",
                        "surname": "ONE",
                        "date_of_birth": "1990-01-01",
                        "prison": "XYI",
                        "contacts": [{"id": 5, "given_name": "A", "surname": "B", "date_of_birth": "1990-01-01"}],
                    }
                ],
            },
        )
        assert (await site.book(an_order(offender_id=77, lead_contact=5)))[0] == 200


async def test_visits_are_listed_by_prisoner_and_by_reference() -> None:
    async with a_site() as site:
        await site.book()
        for query in ("", f"?noms_id={NUMBER}", "?client_unique_ref=ref-1"):
            (visit,) = (await site.control("GET", "/visits" + query))["visits"]
            assert (visit["id"], visit["slot"], visit["scheduled"], visit["made_by"]) == (5984, SLOT, True, "api")
            assert (visit["noms_id"], visit["prison"], visit["lead"]) == (NUMBER, "LEI", LEAD)
        for query in ("?noms_id=Z9999ZZ", "?client_unique_ref=ref-2"):
            assert (await site.control("GET", "/visits" + query))["visits"] == []


async def test_requests_are_logged_with_body_reference_and_outcome() -> None:
    async with a_site() as site:
        await site.get("/version", headers={"X-Request-Id": "abc"})
        await site.book()
        await site.book()
        logged = (await site.control("GET", "/requests"))["requests"]
        assert [(e["method"], e["operation"], e["outcome"], e["reference"], e["repeat"]) for e in logged] == [
            ("GET", "version", "ok", "", False),
            ("POST", "book", "ok", "ref-1", False),
            ("POST", "book", "duplicate", "ref-1", True),
        ]
        assert logged[0]["request_id"] == "abc"
        assert logged[1]["body"] and logged[1]["body_hash"] == logged[2]["body_hash"]
        assert logged[1]["noms_id"] == NUMBER and logged[1]["prison"] == "LEI"
        assert len((await site.control("GET", "/requests?operation=book&since=2"))["requests"]) == 1
        assert (await site.control("GET", "/requests?client_unique_ref=other"))["requests"] == []
        assert len((await site.control("GET", f"/requests?noms_id={NUMBER}"))["requests"]) == 2


async def test_the_history_has_visits_and_ledger() -> None:
    async with a_site() as site:
        await site.book()
        await site.cancel(5984)
        past = await site.control("GET", "/history")
        assert [i["visit"]["status"] for i in past["visits"][0]["intervals"]] == ["SCH", "CANC"]
        assert [entry["change"] for entry in past["ledger"]] == [-1, 1]


async def test_faults_are_armed_listed_and_taken_away() -> None:
    async with a_site() as site:
        armed = await site.control("POST", "/faults", {"faults": [{"kind": "hang"}, {"kind": "delay", "seconds": 1}]})
        assert [a["number"] for a in armed["faults"]] == [1, 2]
        assert len((await site.control("GET", "/faults"))["faults"]) == 2
        assert len((await site.control("DELETE", "/faults?number=1"))["faults"]) == 1
        assert (await site.control("DELETE", "/faults"))["faults"] == []


async def test_work_by_hand() -> None:
    async with a_site() as site:
        made = await site.control("POST", "/hand", {"action": "book", "noms_id": NUMBER, "slot": SLOT})
        assert made == {"done": "book", "visit_id": 5984}
        assert await site.book() == (400, {"errors": [{"message": "Overlapping visit"}]})
        assert await wrong(site, "/hand", {"action": "cancel", "visit_id": 1}) == (409, {"error": "no such visit"})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/hand", {"action": "dance"}),
        ("/hand", {}),
        ("/faults", {"kind": "nonsense"}),
        ("/faults", {"kind": "delay", "unknown": 1}),
        ("/seed", {"generate": "many"}),
        ("/seed", []),
        ("/seed", {"sessions": [{"prison": "LEI", "begin": f"{DAY}T14:00:00", "end": f"{DAY}T15:00:00", "rom": "2"}]}),
        ("/clock", {"now": "2026-01-01T00:00:00"}),
        ("/power", {}),
        ("/installation", {"locked_status": 500}),
    ],
)
async def test_what_isnt_understood_is_refused(path: str, body: object) -> None:
    async with a_site() as site:
        assert (await wrong(site, path, body))[0] == 400


@pytest.mark.parametrize(("method", "path"), [("GET", "/requests?since=x"), ("DELETE", "/faults?number=x")])
async def test_a_number_must_be_one(method: str, path: str) -> None:
    async with a_site() as site, site.http.request(method, site.server.control_url + path) as response:
        assert response.status == 400


async def test_the_clock_is_set_moved_and_let_go() -> None:
    async with a_site() as site:
        site.prisons.time.follow()
        set_to = "2027-01-05T09:00:00Z"
        stands = await site.control("POST", "/clock", {"now": set_to, "frozen": True})
        assert (stands["now"], stands["frozen"]) == (set_to, True)
        moved = await site.control("POST", "/clock", {"advance": 90})
        assert moved["now"] == "2027-01-05T09:01:30Z"
        assert (await site.get("/prison/LEI/slots?start_date=2027-01-04&end_date=2027-01-05"))[0] == 400
        runs = await site.control("POST", "/clock", {"now": set_to})
        assert not runs["frozen"] and datetime.fromisoformat(runs["now"]) >= datetime.fromisoformat(set_to)
        back = await site.control("POST", "/clock", {"follow": True})
        assert (back["frozen"], back["offset"]) == (False, 0)


async def test_a_late_commit_shows_when_the_clock_has_moved() -> None:
    async with a_site() as site:
        await site.arm("late_commit", seconds=60, count=1)
        assert (await site.book())[0] == 504
        assert (await site.control("GET", "/visits"))["visits"] == []
        await site.control("POST", "/clock", {"advance": timedelta(minutes=2).total_seconds()})
        assert len((await site.control("GET", "/visits"))["visits"]) == 1


async def test_switched_off_every_connection_is_reset_and_nothing_is_done() -> None:
    async with a_site() as site:
        assert await site.control("POST", "/power", {"on": False}) == {"on": False}
        for _ in range(2):
            with pytest.raises((aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)):
                await site.book()
        assert (await site.control("GET", "/visits"))["visits"] == []
        assert await site.control("POST", "/power", {"on": True}) == {"on": True}
        assert (await site.book())[0] == 200


async def test_reset_forgets_all_and_seeds_the_standard_world() -> None:
    async with a_site() as site:
        await site.book()
        await site.arm("hang", operation="version")
        await site.control("POST", "/installation", {"locked_status": 423})
        await site.control("POST", "/reset", {"seed": 2})
        assert (await site.control("GET", "/visits"))["visits"] == []
        assert (await site.control("GET", "/requests"))["requests"] == []
        assert (await site.control("GET", "/faults"))["faults"] == []
        assert (await site.control("GET", "/history"))["ledger"] == []
        assert (await site.control("GET", "/installation"))["locked_status"] == 423
        known = {p["noms_id"] for p in (await site.control("GET", "/prisoners"))["prisoners"]}
        assert "A1410AE" in known and NUMBER not in known
        assert len((await site.control("GET", "/slots?prison=LEI"))["slots"]) > 40


async def test_reset_can_leave_it_empty() -> None:
    async with a_site() as site:
        await site.control("POST", "/reset", {"empty": True})
        assert (await site.control("GET", "/prisoners"))["prisoners"] == []
        assert (await site.get(f"/offenders/{OFFENDER}/visits/contact_list"))[0] == 404
