"""Reads over SOAP: what each reply becomes, however it is spelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from nomis_client import (
    Call,
    Contact,
    DayAvailability,
    ExistingVisit,
    FoundVisit,
    FoundVisitor,
    Location,
    NotUnderstood,
    PrisonSystem,
    Restriction,
    SlotTime,
    Version,
    VisitSlot,
)
from nomis_client.soap.description import NAMESPACE
from nomis_client.soap.replies import read_answer
from tests.support.raw_server import raw_server
from tests.support.rest_clients import BORN, NOW, NUMBER, OFFENDER, soon
from tests.support.soap_clients import soap_client
from tests.support.soap_replies import (
    READS,
    V11,
    V12,
    a_reply,
    asked,
    response,
    says,
)

DAY = date(2026, 12, 5)
SLOT = SlotTime("2026-12-05T13:59/15:00", "2026-12-05T14:00/15:00")
Ask = Callable[[PrisonSystem, Call], Awaitable[object]]
ASK: dict[str, Ask] = {
    "offender": lambda client, call: client.find_offender(NUMBER, BORN, call),
    "location": lambda client, call: client.location(NUMBER, call),
    "contacts": lambda client, call: client.contacts(OFFENDER, call),
    "dates": lambda client, call: client.available_dates(OFFENDER, DAY, DAY, call),
    "unavailability": lambda client, call: client.unavailability(OFFENDER, [DAY], call),
    "restrictions": lambda client, call: client.restrictions(OFFENDER, call),
    "slots": lambda client, call: client.slots("LEI", DAY, DAY, call),
    "found": lambda client, call: client.find_by_reference(OFFENDER, "7f3c-0", call),
    "version": lambda client, call: client.version(call),
}
VALUES: dict[str, object] = {
    "offender": 1057307,
    "location": Location("LEI", "LEI-A-1"),
    "contacts": (
        Contact(
            id=13428,
            given_name="ADA",
            middle_names="B",
            surname="LOVELACE",
            date_of_birth=date(1985, 12, 10),
            contact_type="S",
            relationship="SIS",
            approved=True,
            active=True,
            restrictions=(Restriction("BAN", date(2026, 1, 2), date(2026, 2, 3)),),
        ),
    ),
    "dates": frozenset({DAY, date(2026, 12, 6)}),
    "unavailability": {DAY: DayAvailability(False, False, False, (ExistingVisit(5915, SLOT),))},
    "restrictions": (Restriction("CLOSED", date(2026, 1, 2)),),
    "slots": (VisitSlot(SLOT, 10, 5, 8, 1, 2, 2),),
    "found": (FoundVisit(5984, "7f3c-0", SLOT, "SCH", (FoundVisitor(13428, True),)),),
    "version": Version("1.2"),
}


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("version", ["1.1", "1.2"])
async def test_a_good_reply_becomes_a_value_in_our_words(name: str, version: str) -> None:
    _, operation, members = READS[name]
    space = V11 if version == "1.1" else V12
    body = response(operation, members, space=space)
    async with raw_server(says(body, space=space)) as server, soap_client(server, soap={"version": version}) as client:
        assert await ASK[name](client, soon()) == VALUES[name]


def read(name: str, members: str) -> object:
    parse, operation, _ = READS[name]
    return read_answer(a_reply(response(operation, members)), asked(operation), parse, lambda: NOW)


def changed(name: str, *changes: tuple[str, str]) -> object:
    """What is read from the good reply after these changes, each of which must change something."""
    members = READS[name][2]
    for old, new in changes:
        assert old in members
        members = members.replace(old, new)
    return read(name, members)


SPELLINGS: list[Any] = [
    ("slots", ("13:59:00<", "13:59:00.000<"), ("15:00:00<", "15:00:00.123456789<")),
    ("slots", ("13:59:00<", "13:59:00Z<"), ("15:00:00<", "15:00:00.5Z<")),
    ("slots", ("13:59:00<", "14:59:00+01:00<"), ("15:00:00<", "10:00:00-05:00<")),
    ("slots", ("<v:Start>", "<v:Start>\n  "), ("</v:End>", " </v:End>")),
    ("slots", (">10<", "> +010\n<")),
    ("contacts", (">true<", ">Y<"), (">1<", "> true <")),
    ("contacts", ("<v:RelationshipType>SIS<", "<v:RelationshipType><v:Code>SIS</v:Code><v:Desc>Sister</v:Desc><")),
    ("contacts", ("1985-12-10", "1985-12-10Z"), ("2026-01-02", "2026-01-02+01:00")),
    ("contacts", (">ADA<", "><![CDATA[ADA]]><"), (">LOVELACE<", ">LOVE<!-- no -->LACE<")),
    ("contacts", ("<v:Gender>", "<x:New xmlns:x='urn:x'>1</x:New><v:New>2</v:New><v:Gender>")),
    ("unavailability", (">false<", ">0<"), (">0<", ">N<")),
    ("found", (">SCH<", "><v:Code>SCH</v:Code><"), ("5984", "\n5984\n")),
    (
        "location",
        ("<v:Establishment><v:Code>LEI</v:Code><v:Desc>LEEDS</v:Desc>", "<v:Establishment><v:Code>lei</v:Code>"),
    ),
]


@pytest.mark.parametrize("case", SPELLINGS, ids=lambda case: f"{case[0]} {case[1][1][:20]!r}")
def test_one_thing_can_be_spelled_in_many_ways(case: Any) -> None:
    assert changed(case[0], *case[1:]) == VALUES[case[0]]


def test_in_summer_a_zone_makes_an_hour() -> None:
    begin, end = "2026-12-05T13:59:00", "2026-12-05T15:00:00"
    slots: Any = changed("slots", (begin, "2026-07-05T13:59:00Z"), (end, "2026-07-05T15:00:00+01:00"))
    assert slots[0].time.raw == "2026-07-05T14:59/15:00"


ABSENT = ["", "<v:{0}/>", "<v:{0}></v:{0}>", "<v:{0} xsi:nil='true'/>", "<v:{0} xsi:nil='1'></v:{0}>"]


@pytest.mark.parametrize("spelled", ABSENT)
def test_missing_empty_and_nil_all_stand_for_absent(spelled: str) -> None:
    def gone(name: str) -> str:
        return spelled.format(name)

    contact = changed(
        "contacts",
        ("<v:MiddleNames>B</v:MiddleNames>", gone("MiddleNames")),
        ("<v:DateOfBirth>1985-12-10</v:DateOfBirth>", gone("DateOfBirth")),
        ("<v:Gender><v:Code>F</v:Code></v:Gender>", gone("Gender")),
        ("<v:ExpiryDate>2026-02-03</v:ExpiryDate>", gone("ExpiryDate")),
    )
    assert isinstance(contact, tuple)
    (only,) = contact
    assert (only.middle_names, only.date_of_birth) == ("", None)
    assert only.restrictions == (Restriction("BAN", date(2026, 1, 2)),)
    for name, wrapper in (
        ("contacts", "Contacts"),
        ("restrictions", "Restrictions"),
        ("slots", "Slots"),
        ("found", "Visits"),
    ):
        assert read(name, gone(wrapper)) == ()
    assert read("dates", gone("Dates")) == frozenset()
    assert read("unavailability", gone("Days")) == {}
    assert read("offender", "<v:Found>false</v:Found>" + gone("OffenderId")) is None


@pytest.mark.parametrize("name", READS)
def test_prefixes_do_not_matter(name: str) -> None:
    parse, operation, members = READS[name]
    bare = members.replace("<v:", "<").replace("</v:", "</")
    other = f'<E:Envelope xmlns:E="{V11}"><E:Body><{operation}Response xmlns="{NAMESPACE}">{bare}'
    other += f"</{operation}Response></E:Body></E:Envelope>"
    assert read_answer(a_reply(other.encode()), asked(operation), parse, lambda: NOW) == VALUES[name]


def test_members_may_come_in_any_order() -> None:
    pieces = ("<v:End>2026-12-05T15:00:00</v:End>", "<v:Capacity>10</v:Capacity>")
    slot = changed("slots", (pieces[0], ""), (pieces[1], pieces[1] + pieces[0]))
    assert slot == VALUES["slots"]


WRONG: list[Any] = [
    ("offender", ("true", "maybe")),
    ("offender", ("1057307", "")),
    ("offender", ("<v:Found>true</v:Found>", "")),
    ("offender", ("<v:Found>", "<v:Found xsi:nil='true'/><v:Found>false</v:Found><v:Found>")),
    ("offender", ("1057307", "1057307.0")),
    ("location", ("<v:Code>LEI</v:Code>", "")),
    ("contacts", ("<v:ContactType>S</v:ContactType>", "")),
    ("contacts", ("1985-12-10", "1985-13-10")),
    ("contacts", ("1985-12-10", "10/12/1985")),
    ("contacts", ("<v:Contact>", "<v:Kontakt/><v:Contact>")),
    ("contacts", ("<v:Contacts>", "<v:Contacts>some")),
    ("contacts", ("<v:PersonId>13428</v:PersonId>", "<PersonId>13428</PersonId>")),
    ("dates", (">2026-12-06<", "><v:Date/><")),
    ("unavailability", ("<v:Banned>N</v:Banned>", "")),
    ("unavailability", (">N<", ">J<")),
    ("unavailability", ("<v:ExistingVisits>", "<v:ExistingVisits><Visit xmlns='urn:x'/>")),
    ("unavailability", ("</v:Day>", "</v:Day><v:Day><v:Date>2026-12-05</v:Date></v:Day>")),
    ("slots", ("2026-12-05T13:59:00", "2026-12-05T13:59")),
    ("slots", ("2026-12-05T13:59:00", "2026-12-05")),
    ("slots", ("2026-12-05T13:59:00", "2026-12-04T13:59:00")),
    ("slots", ("13:59:00", "24:00:00")),
    ("slots", ("13:59:00", "16:00:00")),
    ("slots", ("2026-12-05T13:59:00", "0001-01-01T00:00:00+14:00")),
    ("slots", ("<v:Capacity>10</v:Capacity>", "<v:Capacity>many</v:Capacity>")),
    ("slots", (">10<", ">-10<")),
    ("found", ("<v:Lead>true</v:Lead>", "")),
    ("found", ("<v:ClientUniqueRef>7f3c-0</v:ClientUniqueRef>", "<v:ClientUniqueRef/>")),
    ("version", ("1.2", "")),
]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: f"{case[0]} {case[1][1][:30]!r}")
def test_what_is_not_plainly_of_the_contract_is_not_understood(case: Any) -> None:
    with pytest.raises(NotUnderstood):
        changed(case[0], *case[1:])


class Counting(ThreadPoolExecutor):
    """Counts what it is given."""

    given = 0

    def submit(self, *args: Any, **named: Any) -> Any:
        self.given += 1
        return super().submit(*args, **named)


@pytest.mark.parametrize(("people", "aside"), [(10, 0), (500, 1)])
async def test_a_long_contact_list_is_read_beside_the_event_loop(people: int, aside: int) -> None:
    one = READS["contacts"][2].removeprefix("<v:Contacts>").removesuffix("</v:Contacts>")
    body = response("GetContactList", f"<v:Contacts>{one * people}</v:Contacts>")
    executor = Counting(1)
    asyncio.get_running_loop().set_default_executor(executor)
    async with raw_server(says(body)) as server, soap_client(server) as client:
        assert await client.contacts(OFFENDER, soon()) == VALUES["contacts"] * people  # type: ignore[operator]
    assert executor.given == aside
