"""The prison system's answers of the benchmarks, spelled once: nothing is looked up, computed or remembered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import cache

from benchmarks.cast import CONTACT_IDS, PRISON, VISITORS, slots

_SPACE = "urn:uk:gov:justice:pnomis:visits:v1"
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_ROOM = 50_000
"""Groups that each slot takes; no benchmark fills one."""


def people(contacts: int) -> list[tuple[int, str, str, str]]:
    """A contact list: id, names and date of birth; the three visitors are spread over it, the others are strangers."""
    listed = [
        (8000 + number, f"Person{number}", f"Other{number % 97}", f"{1950 + number % 50}-0{1 + number % 9}-11")
        for number in range(max(0, contacts - len(VISITORS)))
    ]
    for place, (contact, (first, last, born)) in enumerate(zip(CONTACT_IDS, VISITORS, strict=True)):
        listed.insert(place * len(listed) // 2, (contact, first, last, born))
    return [(contact, first.upper(), last.upper(), born) for contact, first, last, born in listed]


# -- REST -------------------------------------------------------------------------------------------------------------


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def rest_offender(offender: int) -> bytes:
    return b'{"found": true, "offender": {"id": %d}}' % offender


def rest_booked(visit: int) -> bytes:
    return b'{"visit_id": %d, "visit_order": {"number": %d, "type": {"code": "PVO", "desc": "Privileged"}}}' % (
        visit,
        visit,
    )


REST_LOCATION = _json(
    {
        "establishment": {"code": PRISON, "desc": "BENCHMARK (HMP)"},
        "housing_location": {"description": f"{PRISON}-A-2-015", "levels": []},
    }
)
REST_RESTRICTIONS = _json({"restrictions": []})
REST_VERSION = _json({"api_version": "1.0"})


@cache
def rest_contacts(contacts: int) -> bytes:
    return _json(
        {
            "contacts": [
                {
                    "id": contact,
                    "given_name": first,
                    "middle_names": "",
                    "surname": last,
                    "date_of_birth": born,
                    "gender": {"code": "F", "desc": "Female"},
                    "relationship_type": {"code": "FRI", "desc": "Friend"},
                    "contact_type": {"code": "S", "desc": "Social/ Family"},
                    "approved_visitor": True,
                    "active": True,
                    "restrictions": [],
                }
                for contact, first, last, born in people(contacts)
            ]
        }
    )


@cache
def rest_days(days: str) -> bytes:
    """`days`: dates with commas, as asked."""
    free = {"external_movement": False, "out_of_vo": False, "banned": False, "existing_visits": []}
    return _json(dict.fromkeys(days.split(","), free))


@cache
def rest_slots(first: str, last: str) -> bytes:
    return _json(
        {
            "slots": [
                {
                    "time": slot,
                    "capacity": _ROOM,
                    "max_groups": _ROOM,
                    "max_adults": _ROOM,
                    "groups_booked": 1,
                    "visitors_booked": 1,
                    "adults_booked": 1,
                }
                for slot in _offered(first, last)
            ]
        }
    )


def _offered(first: str, last: str) -> Iterable[str]:
    day, end = date.fromisoformat(first), date.fromisoformat(last)
    while day <= end:
        yield from slots(day)
        day += timedelta(days=1)


# -- SOAP -------------------------------------------------------------------------------------------------------------


def soap(operation: str, inner: str) -> Callable[[bytes], bytes]:
    """The reply with this in it, once the id of the request is known."""
    begin = (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{_ENVELOPE}" xmlns:v="{_SPACE}"><s:Header>'
        "<v:ResponseHeader><v:MessageId>1</v:MessageId><v:CorrelationId>"
    ).encode()
    end = (
        "</v:CorrelationId><v:Timestamp>2026-01-01T00:00:00Z</v:Timestamp></v:ResponseHeader></s:Header><s:Body>"
        f"<v:{operation}Response>{inner}</v:{operation}Response></s:Body></s:Envelope>"
    ).encode()
    return lambda correlation: begin + correlation + end


def soap_offender(offender: int) -> str:
    return f"<v:Found>true</v:Found><v:OffenderId>{offender}</v:OffenderId>"


def soap_booked(visit: int) -> str:
    kind = "<v:Type><v:Code>PVO</v:Code><v:Desc>Privileged</v:Desc></v:Type>"
    return f"<v:VisitId>{visit}</v:VisitId><v:VisitOrder><v:Number>{visit}</v:Number>{kind}</v:VisitOrder>"


SOAP_LOCATION = (
    f"<v:Establishment><v:Code>{PRISON}</v:Code><v:Desc>BENCHMARK (HMP)</v:Desc></v:Establishment>"
    f"<v:HousingLocation>{PRISON}-A-2-015</v:HousingLocation>"
)
SOAP_RESTRICTIONS = "<v:Restrictions/>"
SOAP_VERSION = "<v:ApiVersion>1.0</v:ApiVersion>"


@cache
def soap_contacts(contacts: int) -> Callable[[bytes], bytes]:
    listed = "".join(
        f"<v:Contact><v:PersonId>{contact}</v:PersonId><v:GivenName>{first}</v:GivenName><v:Surname>{last}</v:Surname>"
        f"<v:DateOfBirth>{born}</v:DateOfBirth><v:Gender><v:Code>F</v:Code><v:Desc>Female</v:Desc></v:Gender>"
        "<v:RelationshipType>FRI</v:RelationshipType><v:ContactType>S</v:ContactType>"
        "<v:ApprovedVisitor>true</v:ApprovedVisitor><v:Active>true</v:Active><v:Restrictions/></v:Contact>"
        for contact, first, last, born in people(contacts)
    )
    return soap("GetContactList", f"<v:Contacts>{listed}</v:Contacts>")


@cache
def soap_days(days: tuple[str, ...]) -> Callable[[bytes], bytes]:
    free = (
        "<v:ExternalMovement>false</v:ExternalMovement><v:OutOfVo>false</v:OutOfVo><v:Banned>false</v:Banned>"
        "<v:ExistingVisits/>"
    )
    listed = "".join(f"<v:Day><v:Date>{day}</v:Date>{free}</v:Day>" for day in days)
    return soap("GetVisitUnavailability", f"<v:Days>{listed}</v:Days>")


@cache
def soap_slots(first: str, last: str) -> Callable[[bytes], bytes]:
    counts = "".join(f"<v:{name}>{_ROOM}</v:{name}>" for name in ("Capacity", "MaxGroups", "MaxAdults"))
    counts += "".join(f"<v:{name}>1</v:{name}>" for name in ("GroupsBooked", "VisitorsBooked", "AdultsBooked"))
    listed = "".join(
        f"<v:Slot><v:Start>{slot[:16]}:00</v:Start><v:End>{slot[:11]}{slot[17:]}:00</v:End>{counts}</v:Slot>"
        for slot in _offered(first, last)
    )
    return soap("GetVisitSlots", f"<v:Slots>{listed}</v:Slots>")
