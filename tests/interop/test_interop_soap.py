"""Another SOAP implementation, other people's: it reads our requests, we read its replies."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from nomis_client import (
    Booked,
    BookingRefused,
    CancelAnswer,
    CancellationCode,
    Contact,
    DayAvailability,
    ExistingVisit,
    FoundVisit,
    FoundVisitor,
    Location,
    RefusalText,
    Refused,
    Restriction,
    SlotTime,
    Version,
    VisitOrder,
    VisitSlot,
)
from nomis_client.soap import description
from tests.support.rest_clients import BORN, NUMBER, OFFENDER, ORDER, book, soon
from tests.support.soap_clients import soap_client

pytestmark = pytest.mark.interop

HERE = Path(__file__).parent
WSDL = Path(description.__file__).with_name("visits.wsdl")
DAY = date(2026, 12, 14)
SLOT = {"Start": "2026-12-14T13:59:00", "End": "2026-12-14T15:00:00"}
SLOT_TIME = SlotTime("2026-12-14T13:59/15:00", "2026-12-14T14:00/15:00")
CREDENTIALS = {"username": "visits", "password": SecretStr("hush-hush")}

ANSWERS: dict[str, Any] = {
    "GetVersion": {"ApiVersion": "1.2", "BuildTimestamp": "today"},
    "LookupActiveOffender": {"Found": True, "OffenderId": 99_000_000_001},
    "GetOffenderLocation": {"Establishment": {"Code": "LEI", "Desc": "LEEDS"}, "HousingLocation": "LEI-A-1"},
    "GetContactList": {
        "Contacts": {
            "Contact": [
                {
                    "PersonId": 13428,
                    "GivenName": "SIÂN <&>",
                    "Surname": "O'NEILL ",
                    "DateOfBirth": "1985-12-10",
                    "RelationshipType": "SIS",
                    "ContactType": "S",
                    "ApprovedVisitor": True,
                    "Active": False,
                    "Restrictions": {"Restriction": [{"Type": "BAN", "EffectiveDate": "2026-01-02"}]},
                }
            ]
        }
    },
    "GetAvailableDates": {"Dates": {"Date": ["2026-12-14", "2026-12-15"]}},
    "GetVisitUnavailability": {
        "Days": {
            "Day": [
                {
                    "Date": "2026-12-14",
                    "ExternalMovement": False,
                    "OutOfVo": True,
                    "Banned": False,
                    "ExistingVisits": {"Visit": [{"VisitId": 5915, "Slot": SLOT}]},
                }
            ]
        }
    },
    "GetOffenderRestrictions": {"Restrictions": {"Restriction": [{"Type": "CLOSED", "EffectiveDate": "2026-01-02"}]}},
    "GetVisitSlots": {
        "Slots": {
            "Slot": [
                SLOT
                | {
                    "Capacity": 10,
                    "MaxGroups": 5,
                    "MaxAdults": 8,
                    "GroupsBooked": 1,
                    "VisitorsBooked": 2,
                    "AdultsBooked": 2,
                }
            ]
        }
    },
    "FindVisitByClientRef": {
        "Visits": {
            "Visit": [
                {
                    "VisitId": 5984,
                    "ClientUniqueRef": "7f3c-0",
                    "Slot": SLOT,
                    "VisitStatus": "SCH",
                    "Visitors": {"Visitor": [{"PersonId": 13428, "Lead": True}, {"PersonId": 13429, "Lead": False}]},
                }
            ]
        }
    },
    "BookVisit": {"VisitId": 5984, "VisitOrder": {"Number": 2018000000157, "Type": {"Code": "VO", "Desc": "VO"}}},
    "CancelVisit": {"Message": "Visit Cancelled"},
}


@dataclass
class NodeServer:
    url: str
    process: asyncio.subprocess.Process

    async def understood(self) -> dict[str, Any]:
        """What it understood of the next request."""
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), 30)
        return dict(json.loads(line))


@asynccontextmanager
async def node_server(answers: dict[str, Any], version: str) -> AsyncIterator[NodeServer]:
    process = await asyncio.create_subprocess_exec(
        "node",
        HERE / "server.js",
        WSDL,
        json.dumps(answers),
        version,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"TZ": "UTC"},
    )
    try:
        assert process.stdout is not None
        said = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
        yield NodeServer(f"http://127.0.0.1:{said['port']}/soap", process)
    finally:
        process.kill()
        await process.wait()


VERSIONS = ["1.1", "1.2"]


@pytest.mark.parametrize("version", VERSIONS)
async def test_it_reads_our_requests_and_we_read_its_replies(version: str) -> None:
    soap = CREDENTIALS | {"version": version}
    async with node_server(ANSWERS, version) as server, soap_client(server.url, soap=soap) as client:
        oid = str(OFFENDER)

        async def understood(operation: str, args: dict[str, Any]) -> None:
            told = await server.understood()
            assert (told["operation"], _texts(told["args"] or {})) == (operation, args)
            assert told["header"]["ClientName"] == "prison-visits-adapter"
            assert told["security"]["UsernameToken"]["Username"] == "visits"

        assert await client.version(soon()) == Version("1.2", "today")
        await understood("GetVersion", {})
        assert await client.find_offender(NUMBER, BORN, soon()) == 99_000_000_001
        await understood("LookupActiveOffender", {"NomsId": NUMBER, "DateOfBirth": "1971-12-26"})
        assert await client.location(NUMBER, soon()) == Location("LEI", "LEI-A-1")
        await understood("GetOffenderLocation", {"NomsId": NUMBER})
        ban = (Restriction("BAN", date(2026, 1, 2)),)
        assert await client.contacts(OFFENDER, soon()) == (
            Contact(13428, "SIÂN <&>", "", "O'NEILL ", date(1985, 12, 10), "S", "SIS", True, False, ban),
        )
        await understood("GetContactList", {"OffenderId": oid})
        assert await client.available_dates(OFFENDER, DAY, DAY, soon()) == {DAY, date(2026, 12, 15)}
        span = {"StartDate": "2026-12-14", "EndDate": "2026-12-14"}
        await understood("GetAvailableDates", {"OffenderId": oid} | span)
        assert await client.unavailability(OFFENDER, [DAY, date(2026, 12, 15)], soon()) == {
            DAY: DayAvailability(False, True, False, (ExistingVisit(5915, SLOT_TIME),))
        }
        dates = {"Date": ["2026-12-14", "2026-12-15"]}
        await understood("GetVisitUnavailability", {"OffenderId": oid, "Dates": dates})
        assert await client.restrictions(OFFENDER, soon()) == (Restriction("CLOSED", date(2026, 1, 2)),)
        await understood("GetOffenderRestrictions", {"OffenderId": oid})
        assert await client.slots("LEI", DAY, DAY, soon()) == (VisitSlot(SLOT_TIME, 10, 5, 8, 1, 2, 2),)
        await understood("GetVisitSlots", {"PrisonId": "LEI"} | span)
        party = (FoundVisitor(13428, True), FoundVisitor(13429, False))
        assert await client.find_by_reference(OFFENDER, "7f3c-0", soon()) == (
            FoundVisit(5984, "7f3c-0", SLOT_TIME, "SCH", party),
        )
        await understood("FindVisitByClientRef", {"OffenderId": oid, "ClientUniqueRef": "7f3c-0"})
        assert await book(client) == Booked(5984, VisitOrder(2018000000157, "VO"))
        await understood(
            "BookVisit",
            {
                "OffenderId": oid,
                "LeadContactId": "13428",
                "OtherContacts": {"ContactId": ["13429"]},
                "Slot": {"Start": "2026-12-14T14:00:00", "End": "2026-12-14T15:00:00"},
                "ClientUniqueRef": ORDER.reference,
            },
        )
        assert await client.cancel(OFFENDER, 5984, CancellationCode.VISITOR, soon()) is CancelAnswer.CANCELLED
        await understood("CancelVisit", {"OffenderId": oid, "VisitId": "5984", "CancellationCode": "VISCANC"})


# In a fault of SOAP 1.2 it puts lists into SOAP's namespace whatever it is told, so there it says one thing at a time.
@pytest.mark.parametrize(
    ("version", "errors", "texts"),
    [
        ("1.1", ["No VO balance", "Overlapping visit"], (RefusalText.NO_VO, RefusalText.OVERLAPPING)),
        ("1.2", "No VO balance", (RefusalText.NO_VO,)),
    ],
)
async def test_we_read_its_faults(version: str, errors: object, texts: tuple[RefusalText, ...]) -> None:
    answers = {
        "GetContactList": {"fault": "OFFENDER_NOT_FOUND"},
        "BookVisit": {"fault": "BOOKING_REJECTED", "errors": errors},
        "CancelVisit": {"fault": "ALREADY_CANCELLED"},
    }
    async with node_server(answers, version) as server, soap_client(server.url, soap={"version": version}) as client:
        with pytest.raises(Refused, match="no_such_offender"):
            await client.contacts(OFFENDER, soon())
        assert await book(client) == BookingRefused(texts)
        cancelled = await client.cancel(OFFENDER, 5984, CancellationCode.VISITOR, soon())
        assert cancelled is CancelAnswer.ALREADY_CANCELLED


def _texts(value: Any) -> Any:
    """Numbers as they are written; the implementation makes some of them numbers and leaves others text."""
    if isinstance(value, dict):
        return {key: _texts(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_texts(inner) for inner in value]
    # It makes dates and times moments of its own, which Node writes in UTC: the zone that it was given.
    return str(value).removesuffix("T00:00:00.000Z").removesuffix(".000Z")
