"""The way a visitor takes through the site, asked for in exactly the frontend's words."""

from __future__ import annotations

from datetime import timedelta

from adapter.config import PrisonBook
from booking_rules.slots import Slot
from tests.support.api_client import ApiClient
from tests.support.api_site import BORN, CARDIFF, LEEDS, OFF, SHUT, Site
from tests.support.booking_cases import TODAY


async def test_from_the_list_of_prisons_to_a_cancelled_visit(api: ApiClient, site: Site) -> None:
    prisons = (await api.get("/api/prisons")).json()["prisons"]
    chosen = next(prison for prison in prisons if prison["name"] == "Leeds")
    prison = (await api.get(f"/api/prisons/{chosen['id']}")).json()["prison"]
    assert prison["max_visitors"] == 6

    prisoner = {"number": "A1234BC", "date_of_birth": BORN.isoformat()}
    assert (await api.post("/api/validations/prisoner", prisoner)).json() == {"validation": {"valid": True}}

    ages = {"prison_id": prison["id"], "lead_date_of_birth": "1985-12-10", "dates_of_birth": ["1985-12-10"]}
    assert (await api.post("/api/validations/visitors", ages)).json() == {"validation": {"valid": True}}

    query = (
        f"prison_id={prison['id']}&prisoner_number=A1234BC&prisoner_dob={BORN}"
        f"&start_date={TODAY}&end_date={TODAY + timedelta(days=28)}"
    )
    slots = (await api.get(f"/api/slots?{query}")).json()["slots"]
    free = [slot for slot, problems in slots.items() if not problems]
    assert free == sorted(free)

    made = (await api.post("/api/visits", site.request(slot_options=free[:3]))).json()
    assert made["visit"]["processing_state"] == "booked"
    assert made["visit"]["slot_granted"] == free[0]
    assert made["visit"]["visitors"] == [
        {"anonymized_name": "Ada L", "allowed": True},
        {"anonymized_name": "Byron L", "allowed": True},
    ]
    assert made["outcome"]["decision"] == "booked"

    path = f"/api/visits/{made['visit']['id']}"
    assert (await api.get(path)).json() == made
    cancelled = (await api.delete(path)).json()
    assert cancelled["visit"]["processing_state"] == "cancelled"
    assert cancelled["visit"]["cancellation_reasons"] == ["visitor_cancelled"]
    assert cancelled["visit"]["cancelled_at"] is not None
    assert cancelled["outcome"] == made["outcome"]
    assert (await api.delete(path)).json() == cancelled


async def test_what_staff_are_asked_about_can_be_withdrawn(api: ApiClient, site: Site) -> None:
    site.bookings.decision = "with_staff"
    made = (await api.post("/api/visits", site.request())).json()["visit"]
    assert (made["processing_state"], made["can_withdraw"], made["can_cancel"]) == ("requested", True, False)
    withdrawn = (await api.delete(f"/api/visits/{made['human_id']}")).json()["visit"]
    assert withdrawn["processing_state"] == "withdrawn"
    assert withdrawn["cancellation_reasons"] is None


async def test_reasons_are_told_only_of_a_rejection(api: ApiClient, site: Site) -> None:
    site.bookings.reasons = ("no_allowance",)
    assert (await api.post("/api/visits", site.request())).json()["outcome"]["reasons"] == []
    site.bookings.decision = "rejected"
    changed = site.request(contact_email_address="ada.lovelace@example.com")
    assert (await api.post("/api/visits", changed)).json()["outcome"]["reasons"] == ["no_allowance"]


async def test_prisons_come_by_name_and_disabled_ones_too(api: ApiClient) -> None:
    prisons = (await api.get("/api/prisons")).json()["prisons"]
    assert [prison["name"] for prison in prisons] == ["Cardiff", "Leeds", "Off", "Shut"]
    assert prisons[1] == {
        "id": LEEDS.id,
        "name": "Leeds",
        "closed": False,
        "private": False,
        "prison_url": f"https://visits.example.com/api/prisons/{LEEDS.id}",
    }


async def test_a_prison_has_its_welsh_name_for_welsh_readers(api: ApiClient) -> None:
    welsh = {"Accept-Language": "cy"}
    names = [prison["name"] for prison in (await api.get("/api/prisons", headers=welsh)).json()["prisons"]]
    assert names == ["Caerdydd", "Leeds", "Off", "Shut"]
    assert (await api.get(f"/api/prisons/{CARDIFF.id}", headers=welsh)).json()["prison"]["name"] == "Caerdydd"


async def test_a_changed_configuration_shows_at_once(api: ApiClient, site: Site) -> None:
    await api.get("/api/prisons")
    site.bookings.book = PrisonBook([LEEDS])
    assert [prison["name"] for prison in (await api.get("/api/prisons")).json()["prisons"]] == ["Leeds"]


async def test_a_prison_in_full(api: ApiClient) -> None:
    assert (await api.get(f"/api/prisons/{LEEDS.id.upper()}")).json()["prison"] == {
        "id": LEEDS.id,
        "name": "Leeds",
        "address": "Gloucester Terrace\nLeeds",
        "postcode": "LS12 2TJ",
        "email_address": "visits.leeds@example.com",
        "phone_no": "01632 960 001",
        "prison_finder_url": "",
        "max_visitors": 6,
        "adult_age": 18,
        "closed": False,
        "private": False,
        "enabled": True,
    }


async def test_slots_say_why_they_cannot_be_booked(api: ApiClient, site: Site) -> None:
    first, second, third = site.choices()
    site.bookings.slot_problems = {
        Slot.parse(first): ("prisoner_unavailable",),
        Slot.parse(second): ("prisoner_unavailable", "prison_unavailable"),
    }
    query = (
        f"prison_id={LEEDS.id}&prisoner_number=+a1234bc&prisoner_dob={BORN}&start_date={TODAY}&end_date={third[:10]}"
    )
    assert (await api.get(f"/api/slots?{query}")).json() == {
        "slots": {first: ["prisoner_unavailable"], second: ["prisoner_unavailable", "prison_unavailable"], third: []}
    }


async def test_the_mode_is_told_before_the_form(api: ApiClient, site: Site) -> None:
    async def mode(prison_id: str) -> str:
        return str((await api.get(f"/api/mode?prison_id={prison_id}")).json()["mode"]["mode"])

    assert await mode(LEEDS.id) == "real_time"
    assert await mode(CARDIFF.id) == "mailbox"
    assert await mode(SHUT.id) == "mailbox"
    assert await mode(OFF.id) == "mailbox"
    site.bookings.prison_system_is_down = True
    assert await mode(LEEDS.id) == "degraded"


async def test_feedback_is_passed_on_and_empty_strings_are_absent(api: ApiClient, site: Site) -> None:
    feedback = {"body": "Diolch!\nDa iawn", "prison_id": "", "email_address": None, "referrer": "/en/request"}
    reply = await api.post("/api/feedback", {"feedback": {**feedback, "unknown": [1]}})
    assert (reply.status, reply.json()) == (200, {})
    (sent,) = site.bookings.feedback
    assert (sent.body, sent.prison_id, sent.email_address, sent.referrer) == ("Diolch!\nDa iawn", "", "", "/en/request")
