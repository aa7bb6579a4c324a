"""Another SOAP implementation's client, made from the description that our fake serves, uses that fake."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nomis_client.fake.clock import SettableTime
from nomis_client.fake.seed import seeded
from nomis_client.fake.server import running

pytestmark = pytest.mark.interop

HERE = Path(__file__).parent
VERSIONS = ["1.1", "1.2"]


async def _ask(address: str, version: str, asked: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    process = await asyncio.create_subprocess_exec(
        "node",
        HERE / "client.js",
        address,
        json.dumps(asked),
        version,
        "visits",
        "hush-hush",
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    return list(json.loads(said))


@pytest.mark.parametrize("version", VERSIONS)
async def test_its_client_uses_our_fake_by_the_description_that_is_served(version: str) -> None:
    # Its client signs by the machine's clock, so this fake can't have one of its own.
    today = datetime.now(UTC).date()
    monday = today + timedelta(days=7 - today.weekday() + 7)
    slot = {"Start": f"{monday}T14:00:00", "End": f"{monday}T16:00:00"}
    booking = {
        "OffenderId": "1057307",
        "LeadContactId": "13428",
        "OtherContacts": {"ContactId": ["13429"]},
        "Slot": slot,
        "ClientUniqueRef": "node-0",
        "Comment": "Siân & Co <1>",
    }
    reference = {"OffenderId": "1057307", "ClientUniqueRef": "node-0"}
    span = {"StartDate": str(monday), "EndDate": str(monday)}
    state = seeded(today)
    clock = SettableTime()
    auth = state.installation.auth.model_copy(update={"username": "visits", "password": "hush-hush"})
    state.install(state.installation.model_copy(update={"auth": auth}), clock.now())
    async with running(state, time=clock) as fake:
        answers = await _ask(
            fake.soap_url + "?wsdl",
            version,
            [
                ("GetVersion", {}),
                ("LookupActiveOffender", {"NomsId": "A1410AE", "DateOfBirth": "1981-10-04"}),
                ("GetOffenderLocation", {"NomsId": "A1410AE"}),
                ("GetContactList", {"OffenderId": "1057307"}),
                ("GetAvailableDates", {"OffenderId": "1057307"} | span),
                ("GetVisitUnavailability", {"OffenderId": "1057307", "Dates": {"Date": [str(monday)]}}),
                ("GetOffenderRestrictions", {"OffenderId": "1057307"}),
                ("GetVisitSlots", {"PrisonId": "LEI"} | span),
                ("BookVisit", booking),
                ("BookVisit", booking),
                ("FindVisitByClientRef", reference),
                ("CancelVisit", {"OffenderId": "1057307", "VisitId": "5984", "CancellationCode": "VISCANC"}),
                ("CancelVisit", {"OffenderId": "1057307", "VisitId": "5984", "CancellationCode": "VISCANC"}),
                ("GetContactList", {"OffenderId": "1"}),
            ],
        )
        (visit,) = state.world.visits.values()
    version_is, found, where, contacts, dates, days, _, slots, booked, again, visits, gone, twice, nobody = answers
    assert version_is["value"]["ApiVersion"]
    assert version_is["correlation"] == "node-GetVersion"
    assert found["value"]["Found"] is True
    assert where["value"]["Establishment"]["Code"] == "LEI"
    listed = contacts["value"]["Contacts"]["Contact"]
    assert [str(one["PersonId"]) for one in listed][:2] == ["13428", "13429"]
    assert dates["value"]["Dates"]["Date"]
    assert days["value"]["Days"]["Day"][0]["Banned"] is False
    assert len(slots["value"]["Slots"]["Slot"]) == 1
    assert str(booked["value"]["VisitId"]) == "5984"
    assert again["fault"]["Code"] == "DUPLICATE_POST"
    assert visits["value"]["Visits"]["Visit"][0]["VisitStatus"] == "SCH"
    assert gone["value"]["Message"] == "Visit Cancelled"
    assert twice["fault"]["Code"] == "ALREADY_CANCELLED"
    assert nobody["fault"]["Code"] == "OFFENDER_NOT_FOUND"
    assert (visit.scheduled, visit.others, visit.comment) == (False, (13429,), "Siân & Co <1>")
