"""Nothing that a client sends is logged: not in paths, not in errors, not when it is refused."""

from __future__ import annotations

from pathlib import Path

from adapter.config.api import ApiAuthSettings, ApiSettings
from tests.support.api_client import api_client, send_raw
from tests.support.api_site import BORN, LEEDS, Site
from tests.support.logged import lines, logged
from tests.support.tokens import tokens_file

PLANTED = (
    "Charles",
    "Babbage",
    "Lovelace",
    "A1234BC",
    "a1234bc",
    "1971-12-26",
    "1985-12-10",
    "ada@example.com",
    "01632",
)


async def test_no_personal_data_on_any_line(site: Site) -> None:
    with logged() as log:
        async with api_client(site.app()) as api:
            made = (await api.post("/api/visits", site.request())).json()["visit"]
            await api.get(f"/api/visits/{made['human_id']}")
            await api.post("/api/visits", site.request(contact_email_address="ada@example.com, ada@example.com"))
            await api.post("/api/validations/prisoner", {"number": "A1234BC", "date_of_birth": "1971-12-26"})
            await api.get(
                f"/api/slots?prison_id={LEEDS.id}&prisoner_number=A1234BC&prisoner_dob={BORN}&start_date=x&end_date=x"
            )
            await api.get("/api/visits/Babbage")
            await api.get("/Babbage/A1234BC?ada@example.com")
            await api.post(
                "/api/feedback", {"feedback": {"body": "Charles Babbage", "email_address": "ada@example.com"}}
            )
            await api.get("/api/prisons", headers={"X-Request-Id": "Babbage A1234BC", "User-Agent": "Babbage"})
            await send_raw(api.url, b"Babbage A1234BC\r\n\r\n")
            await send_raw(api.url, b"GET /Babbage HTTP/1.1\r\nA1234BC: " + b"Babbage" * 3000 + b"\r\n\r\n")
            site.bookings.store_is_down = True
            await api.post("/api/visits", site.request())
    for value in (*PLANTED, made["id"], made["human_id"]):
        assert value not in log.getvalue(), value
    assert len(lines(log, "request.answered")) == 11
    assert len(lines(log, "request.garbled")) == 2


async def test_a_refused_credential_is_a_line_without_it(site: Site, tmp_path: Path) -> None:
    path, token, _ = tokens_file(tmp_path)
    site.settings = ApiSettings(auth=ApiAuthSettings(mode="token", tokens_file=path))
    with logged() as log:
        async with api_client(site.app()) as api:
            for sent in (token, "Babbage"):
                await api.get("/api/prisons", headers={"Authorization": f"Bearer {sent}"})
    (refused,) = lines(log, "login.refused")
    assert (refused["route"], refused["reason"]) == ("/api/prisons", "unauthenticated")
    assert [line["credential"] for line in lines(log, "request.answered")][1:] == ["site", None]
    assert token not in log.getvalue()
    assert "Babbage" not in log.getvalue()
