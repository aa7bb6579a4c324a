"""How often one may ask, and how often be wrong; off unless it is set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adapter.config.api import ApiAuthSettings, ApiSettings
from tests.support.api_client import api_client
from tests.support.api_site import LEEDS, Site
from tests.support.tokens import tokens_file


async def test_no_limit_is_shipped(site: Site) -> None:
    async with api_client(site.app()) as api:
        statuses = {(await api.get("/api/visits/00000000")).status for _ in range(100)}
    assert statuses == {404}


async def test_beyond_the_limit_it_says_when_to_come_again(site: Site) -> None:
    site.settings = ApiSettings(rate_limit_per_minute=10)
    async with api_client(site.app()) as api:  # asks for the description, which counts
        statuses = [(await api.get("/api/prisons")).status for _ in range(11)]
        refused = await api.get("/api/prisons")
        assert (await api.get("/healthcheck")).status == 200, "health is never limited"
    assert statuses == [200] * 9 + [429] * 2
    assert refused.message == "Too many requests"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


async def test_a_credential_is_counted_wherever_it_comes_from(site: Site, tmp_path: Path) -> None:
    path, first, second = tokens_file(tmp_path)
    auth = ApiAuthSettings(mode="token", tokens_file=path)
    site.settings = ApiSettings(rate_limit_per_minute=5, auth=auth, trusted_proxies=("127.0.0.1",))
    async with api_client(site.app()) as api:

        async def ask(token: str, host: int) -> int:
            headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": f"198.51.100.{host}"}
            return (await api.get("/api/prisons", headers=headers)).status

        assert [await ask(first, host) for host in range(6)] == [200] * 5 + [429]
        assert [await ask(second, host) for host in range(6)] == [200] * 5 + [429]


async def test_without_credentials_each_address_is_counted(site: Site) -> None:
    site.settings = ApiSettings(rate_limit_per_minute=5, trusted_proxies=("127.0.0.0/8",))
    async with api_client(site.app()) as api:

        async def ask(host: int) -> int:
            return (await api.get("/api/prisons", headers={"X-Forwarded-For": f"198.51.100.{host}"})).status

        assert [await ask(1) for _ in range(6)] == [200] * 5 + [429]
        assert await ask(2) == 200


async def test_an_address_that_a_stranger_claims_does_not_count(site: Site) -> None:
    site.settings = ApiSettings(rate_limit_per_minute=5)
    async with api_client(site.app()) as api:
        headers = [{"X-Forwarded-For": f"198.51.100.{host}"} for host in range(6)]
        statuses = [(await api.get("/api/prisons", headers=sent)).status for sent in headers]
    assert 429 in statuses


GUESSES = 10
"""A sixth of what may be asked, but at least so many."""


async def _count_until_refused(api: Any, method: str, path: str, body: Any, headers: dict[str, str]) -> int:
    for count in range(60):
        reply = await (api.post(path, body, headers=headers) if body else api.ask(method, path, headers=headers))
        if reply.status == 429:
            return count
    return 60


async def test_guesses_are_limited_before_requests_are(site: Site) -> None:
    site.settings = ApiSettings(rate_limit_per_minute=60, trusted_proxies=("127.0.0.1",))
    guess = {"number": "Z9999ZZ", "date_of_birth": "1971-12-26"}
    async with api_client(site.app()) as api:
        mine = (await api.post("/api/visits", site.request())).json()["visit"]["id"]
        one, other = ({"X-Forwarded-For": f"198.51.100.{host}"} for host in (1, 2))
        assert await _count_until_refused(api, "GET", "/api/visits/ABCDEFGH", None, one) == GUESSES
        assert (await api.delete(f"/api/visits/{mine}", headers=one)).status == 429
        assert (await api.get(f"/api/visits/{mine}", headers=other)).status == 200
        assert await _count_until_refused(api, "POST", "/api/validations/prisoner", guess, other) == GUESSES
        assert (await api.get(f"/api/prisons/{LEEDS.id}", headers=other)).status == 200


async def test_prisoners_are_guessed_against_one_limit_on_whichever_way(site: Site) -> None:
    """Slots look the same for a stranger, but not for everybody else; a request for a stranger is rejected as such."""
    site.settings = ApiSettings(rate_limit_per_minute=60)
    site.bookings.decision, site.bookings.reasons = "rejected", ("prisoner_details_incorrect",)
    stranger = {**site.request()["prisoner"], "number": "Z9999ZZ"}
    day = site.clock.now().date().isoformat()
    query = f"prison_id={LEEDS.id}&prisoner_dob=1971-12-26&start_date={day}&end_date={day}&prisoner_number="
    async with api_client(site.app()) as api:
        for guess in range(GUESSES):
            if guess % 2:
                reply = await api.post("/api/visits", site.request(prisoner=stranger))
            else:
                reply = await api.get(f"/api/slots?{query}Z9999ZZ")
            assert reply.status == 200
        for refused in (
            await api.get(f"/api/slots?{query}A1234BC"),
            await api.post("/api/visits", site.request()),
            await api.post("/api/validations/prisoner", {"number": "A1234BC", "date_of_birth": "1971-12-26"}),
        ):
            assert refused.status == 429


async def test_an_outage_makes_no_guesses_of_questions(site: Site) -> None:
    site.settings = ApiSettings(rate_limit_per_minute=60)
    site.bookings.prison_system_is_down = True
    day = site.clock.now().date().isoformat()
    query = f"prison_id={LEEDS.id}&prisoner_dob=1971-12-26&start_date={day}&end_date={day}&prisoner_number=Z9999ZZ"
    async with api_client(site.app()) as api:
        assert {(await api.get(f"/api/slots?{query}")).status for _ in range(2 * GUESSES)} == {200}


async def test_credentials_are_not_to_be_guessed(site: Site, tmp_path: Path) -> None:
    path, token, _ = tokens_file(tmp_path)
    auth = ApiAuthSettings(mode="token", tokens_file=path)
    site.settings = ApiSettings(rate_limit_per_minute=60, auth=auth)
    async with api_client(site.app()) as api:
        wrong, right = ({"Authorization": f"Bearer {value}"} for value in ("wrong", token))
        assert await _count_until_refused(api, "GET", "/api/prisons", None, wrong) == GUESSES
        assert (await api.get("/api/prisons", headers=right)).status == 429, "or the right guess would show"
