"""The same request again finds the first: by key, by request id and body, or by being equal."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapter.config import PrisonBook
from adapter.config.api import ApiAuthSettings, ApiSettings
from tests.support.api_client import ApiClient, Reply, api_client
from tests.support.api_site import LEEDS, Site
from tests.support.tokens import tokens_file

REUSED = "Idempotency-Key reused with a different request"
RID = {"X-Request-Id": "9c1d7e0e-5d0c-4f55-8a5e-2f2f6d1f2a11"}


async def _ask(api: ApiClient, body: dict[str, Any], **headers: str | None) -> Reply:
    return await api.post("/api/visits", body, headers={name.replace("_", "-"): text for name, text in headers.items()})


async def test_a_blind_retry_returns_the_first_visit(api: ApiClient, site: Site) -> None:
    first = await api.post("/api/visits", site.request(), headers=RID)
    again = await api.post("/api/visits", site.request(), headers=RID)
    assert (first.status, again.status) == (200, 200)
    assert again.json() == first.json()
    assert len(site.bookings.visits) == 1


async def test_a_retry_across_midnight_still_finds_its_visit(api: ApiClient, site: Site) -> None:
    first = await api.post("/api/visits", site.request(), headers=RID)
    site.clock.move(timedelta(hours=23, minutes=50))
    assert (await api.post("/api/visits", site.request(), headers=RID)).json()["visit"]["id"] == _id(first)
    other = {"X-Request-Id": "another-one"}
    assert (await api.post("/api/visits", site.request(), headers=other)).status == 422, "its first choice is too near"


async def test_a_retry_after_the_prison_was_closed_still_finds_its_visit(api: ApiClient, site: Site) -> None:
    first = await api.post("/api/visits", site.request())
    site.bookings.book = PrisonBook([replace(LEEDS, closed=True)])
    again = await api.post("/api/visits", site.request())
    assert (again.status, _id(again)) == (200, _id(first))


async def test_an_equal_request_is_the_same_for_ten_minutes(api: ApiClient, site: Site) -> None:
    """Compared after normalising, whatever the request id, the order of keys and the language."""
    first = await api.post("/api/visits", site.request())
    body = site.request(
        contact_phone_no="+44 1632 960123", contact_email_address=" ada@example.com ", locale="cy", more=1
    )
    body["prisoner"]["number"] = " A1234BC"
    body["visitors"][0]["first_name"] = "Ada "
    equal = dict(reversed(body.items()))
    site.clock.move(timedelta(minutes=9, seconds=59))
    assert _id(await api.post("/api/visits", equal)) == _id(first)
    site.clock.move(timedelta(seconds=2))
    assert _id(await api.post("/api/visits", equal)) != _id(first)


@pytest.mark.parametrize("state", ["rejected", "withdrawn", "cancelled"])
async def test_an_equal_request_is_a_new_one_after_a_no(api: ApiClient, site: Site, state: Any) -> None:
    first = await api.post("/api/visits", site.request())
    site.bookings.change(_id(first), processing_state=state)
    assert _id(await api.post("/api/visits", site.request())) != _id(first)


async def test_a_request_that_differs_is_another(api: ApiClient, site: Site) -> None:
    first, second, third = site.choices()
    bodies = [
        site.request(),
        site.request(slot_options=[second, first, third]),
        site.request(slot_options=[first]),
        site.request(contact_phone_no="01632 960 124"),
        site.request(contact_email_address="byron@example.com"),
        site.request(visitors=site.request()["visitors"][:1]),
    ]
    ids = {_id(await api.post("/api/visits", body, headers=RID)) for body in bodies}
    assert len(ids) == len(bodies)


async def test_a_key_and_its_body_are_the_same_for_a_day(api: ApiClient, site: Site) -> None:
    first = await _ask(api, site.request(), Idempotency_Key="k1")
    site.bookings.change(_id(first), processing_state="cancelled")
    site.clock.move(timedelta(hours=23, minutes=59))
    again = await _ask(api, site.request(), Idempotency_Key="k1")
    assert (_id(again), again.json()["visit"]["processing_state"]) == (_id(first), "cancelled")
    site.clock.move(timedelta(minutes=2))
    later = site.request(slot_options=[*site.choices()[2:]])
    assert _id(await _ask(api, later, Idempotency_Key="k1")) != _id(first)


async def test_a_key_with_another_body_is_refused_even_where_that_body_is_invalid(api: ApiClient, site: Site) -> None:
    await _ask(api, site.request(), Idempotency_Key="k1")
    for other in (site.request(contact_phone_no="01632 960 999"), site.request(prisoner=5), {}, {"prison_id": "x"}):
        reply = await _ask(api, other, Idempotency_Key="k1")
        assert (reply.status, reply.message) == (422, REUSED)


async def test_with_a_key_only_the_key_counts(api: ApiClient, site: Site) -> None:
    first = await api.post("/api/visits", site.request(), headers=RID)
    second = await api.post("/api/visits", site.request(), headers={**RID, "Idempotency-Key": "k2"})
    third = await api.post("/api/visits", site.request(), headers={**RID, "Idempotency-Key": "k3"})
    assert len({_id(first), _id(second), _id(third)}) == 3


@pytest.mark.parametrize(("key", "status"), [("k", 200), ("k" * 255, 200), ("k" * 256, 422), ("", 422)])
async def test_keys_have_1_to_255_characters(api: ApiClient, site: Site, key: str, status: int) -> None:
    reply = await _ask(api, site.request(), Idempotency_Key=key)
    assert reply.status == status
    if status == 422:
        assert reply.message.startswith("Invalid parameter: Idempotency-Key")


async def test_an_id_that_we_replaced_is_nobodys(api: ApiClient, site: Site) -> None:
    """Two requests with the same unusable id are told apart by their bodies alone."""
    await api.post("/api/visits", site.request(), headers={"X-Request-Id": "not usable!"})
    assert site.bookings.wanted[0].fingerprints.rid is None
    assert site.bookings.wanted[0].fingerprints.same is not None


async def test_fingerprints_tell_nothing_and_depend_on_the_caller(site: Site, tmp_path: Path) -> None:
    file, first, second = tokens_file(tmp_path)
    site.settings = ApiSettings(auth=ApiAuthSettings(mode="token", tokens_file=file))
    async with api_client(site.app()) as api:
        for token in (first, second):
            bearer = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k", **RID}
            assert (await api.post("/api/visits", site.request(), headers=bearer)).status == 200
    one, other = (wanted.fingerprints for wanted in site.bookings.wanted)
    assert one.key != other.key
    assert one.body != other.body
    assert all(len(digest) == 64 for digest in (one.key or "", one.body))


async def test_a_retry_while_the_first_is_being_decided_waits_for_it(api: ApiClient, site: Site) -> None:
    site.bookings.hold = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(api.post("/api/visits", site.request(), headers=RID))
        while not site.bookings.visits:
            await asyncio.sleep(0)
        again = group.create_task(api.post("/api/visits", site.request(), headers=RID))
        while site.bookings.waiting < 2:
            await asyncio.sleep(0)
        site.bookings.hold.set()
    assert first.result().json()["visit"]["processing_state"] == "booked"
    assert _id(again.result()) == _id(first.result())
    assert len(site.bookings.visits) == 1


async def test_what_takes_too_long_is_answered_within_the_budget(site: Site) -> None:
    site.budget = 0.05
    site.bookings.hold = asyncio.Event()
    async with api_client(site.app()) as api:
        made = await api.post("/api/visits", site.request())
    assert made.json()["visit"]["processing_state"] == "requested"
    assert made.json()["outcome"]["decision"] == "in_progress"


def _id(reply: Reply) -> str:
    assert reply.status == 200, reply.body
    return str(reply.json()["visit"]["id"])
