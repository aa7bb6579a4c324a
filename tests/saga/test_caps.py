"""How much one prisoner's visitors, or one email address, may ask for: on both databases, over several processes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from tests.support.site import Site, a_body, running_site, wednesdays

AWAY = {"ADAPTER__NOMIS__BASE_URL": "http://127.0.0.1:1/nomisapi", "ADAPTER__NOMIS__BREAKER__OPEN_SECONDS": "60"}
"""A prison system that can't be reached: what is asked for stays open."""


@asynccontextmanager
async def capped_site(
    database: str, *, prisoner: int = 0, address: int = 0, more: Mapping[str, str] | None = None, **how: Any
) -> AsyncIterator[Site]:
    caps = {
        "ADAPTER__API__RATE_LIMIT_PER_MINUTE": "10000",
        "ADAPTER__API__OPEN_REQUESTS_PER_PRISONER": str(prisoner),
        "ADAPTER__API__EMAILS_PER_ADDRESS_AND_DAY": str(address),
    }
    async with running_site(database, config={**AWAY, **caps, **(more or {})}, **how) as site:
        yield site


def another(number: int, **changes: Any) -> dict[str, Any]:
    """A request that equals no other one: by somebody else, unless `changes` say who."""
    body = a_body([wednesdays()[-1]], contact_email_address=f"visitor{number}@example.com", **changes)
    body["visitors"][1]["first_name"] = "I" + "v" * number
    return body


def for_prisoner(number: int) -> dict[str, Any]:
    return {"prisoner": {**a_body()["prisoner"], "number": f"A{number:04}AA"}}


async def ask(site: Site, body: Mapping[str, Any], **headers: str) -> tuple[int, dict[str, Any], Mapping[str, str]]:
    async with site.http.post(f"{site.url}/api/visits", json=body, headers=headers) as reply:
        return reply.status, await reply.json(), reply.headers


async def statuses(site: Site, *bodies: Mapping[str, Any]) -> list[int]:
    return [(await ask(site, body))[0] for body in bodies]


async def test_the_next_new_request_for_a_prisoner_with_too_many_open_ones_is_refused(database: str) -> None:
    async with capped_site(database, prisoner=3) as site:
        first = await site.post(another(0), "first")
        assert await statuses(site, another(1), another(2), another(3), another(3)) == [200, 200, 429, 429]
        assert await statuses(site, another(4, **for_prisoner(1))) == [200], "others are not concerned"
        again = await site.post(another(0), "first")
        assert again["visit"]["id"] == first["visit"]["id"], "a repeat is no new request"
        await site.delete(first["visit"]["id"])
        assert await statuses(site, another(3), another(5)) == [200, 429]


async def test_what_can_no_longer_be_answered_in_time_does_not_count(database: str) -> None:
    async with capped_site(database, prisoner=1, worker=False) as site:
        soonest = {**another(0), "slot_options": wednesdays(1)}
        assert await statuses(site, soonest, another(1)) == [200, 429]
        site.clock.move(timedelta(days=10))
        assert await statuses(site, another(1)) == [200]


async def test_an_address_that_got_too_many_emails_gets_no_new_request(database: str) -> None:
    async with capped_site(database, address=3, worker=False) as site:
        same = [
            {**another(number, **for_prisoner(number)), "contact_email_address": spelt}
            for number, spelt in enumerate(("n@example.com", "N@Example.COM", "n+visits@example.com", "n@example.com"))
        ]
        first, *others = same
        stored = await site.post(first)
        assert await statuses(site, *others) == [200, 200, 429]
        assert await statuses(site, another(9)) == [200]
        await site.delete(stored["visit"]["id"])
        assert await statuses(site, others[-1]) == [429], "its withdrawal is confirmed by an email, which counts"


async def test_emails_of_the_day_before_do_not_count(database: str) -> None:
    async with capped_site(database, address=1, worker=False) as site:
        first, second, third = (
            {**another(number, **for_prisoner(number)), "contact_email_address": "n@example.com"}
            for number in (1, 2, 3)
        )
        await site.delete((await site.post(first))["visit"]["id"])
        assert await statuses(site, second) == [429]
        site.clock.move(timedelta(hours=25))
        assert await statuses(site, second) == [200]
        site.clock.move(timedelta(hours=25))
        assert await statuses(site, third) == [429], "the email that answers the second is still to come"


async def test_what_was_accepted_is_always_answered(database: str) -> None:
    """The cap holds requests back, never a message."""
    more = {"ADAPTER__DECISION__HANDOVER_AFTER": "0.2"}
    async with capped_site(database, address=2, more=more) as site:
        bodies = [{**another(n, **for_prisoner(n)), "contact_email_address": "n@example.com"} for n in range(3)]
        accepted = [(await site.post(body))["visit"]["id"] for body in bodies[:2]]
        assert await statuses(site, bodies[2]) == [429]
        for visit_id in accepted:
            await site.until(visit_id, "with_staff")
            await site.mailed(visit_id, 2)
            await site.delete(visit_id)
            kinds = Counter(mail["X-Message-Kind"] for mail in await site.mailed(visit_id, 4))
            assert kinds == {"visitor_requested": 1, "staff_request": 1, "visitor_withdrawn": 1, "staff_withdrawn": 1}


async def test_the_answer_does_not_tell_which_cap_it_was_and_nothing_is_stored(database: str) -> None:
    async with capped_site(database, prisoner=1, address=1) as site:
        assert await statuses(site, another(0)) == [200]
        headers = {"X-Request-Id": "the-same"}
        by_prisoner = await ask(site, another(1), **headers)
        by_address = await ask(site, {**another(0), **for_prisoner(1)}, **headers)
        assert by_prisoner[:2] == by_address[:2]
        assert by_prisoner[0] == 429
        assert by_prisoner[2]["Retry-After"] == by_address[2]["Retry-After"] == "3600"
        assert by_prisoner[1]["message"] == "Too many requests"
        assert set(by_prisoner[1]) == {"message", "type", "title", "status", "detail", "instance"}


async def test_two_processes_at_once_let_no_more_in_than_one(database: str) -> None:
    async with (
        capped_site(database, prisoner=3, address=4) as one,
        capped_site(database, prisoner=3, address=4, worker=False, fake=one.fake, mail=one.mail) as other,
    ):
        to_one_prisoner = [ask((one, other)[number % 2], another(number)) for number in range(8)]
        found = Counter(status for status, _, _ in await asyncio.gather(*to_one_prisoner))
        assert found == {200: 3, 429: 5}
        same = {"contact_email_address": "n@example.com"}
        to_one_address = [
            ask((one, other)[number % 2], {**another(number, **for_prisoner(number)), **same}) for number in range(8)
        ]
        found = Counter(status for status, _, _ in await asyncio.gather(*to_one_address))
        assert found == {200: 4, 429: 4}


async def test_without_limits_there_are_no_caps(sqlite_database: str) -> None:
    more = {"ADAPTER__API__RATE_LIMIT_PER_MINUTE": "0"}
    async with capped_site(sqlite_database, prisoner=1, address=1, more=more) as site:
        assert await statuses(site, another(0), another(0, **for_prisoner(1)), another(1)) == [200, 200, 200]
