"""Replies of the SOAP contract: envelopes of any make, one good reply of each kind, and a server that gives them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lxml import etree

from nomis_client.soap import payloads
from nomis_client.soap.description import ENVELOPES, NAMESPACE
from nomis_client.soap.elements import Members
from nomis_client.soap.replies import Asked
from nomis_client.wire import Reply
from tests.support.raw_server import Answer, Request, replies

V11, V12 = ENVELOPES["1.1"], ENVELOPES["1.2"]
_KINDS = {V11: "text/xml; charset=utf-8", V12: "application/soap+xml; charset=utf-8"}


def envelope(content: str, *, space: str = V11, header: str = "") -> bytes:
    """`content` in a body, with `v:` for the service's namespace and `s:` for SOAP's."""
    head = f"<s:Header>{header}</s:Header>" if header else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{space}" xmlns:v="{NAMESPACE}" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{head}<s:Body>{content}</s:Body></s:Envelope>'
    ).encode()


def response(operation: str, members: str, **about: str) -> bytes:
    return envelope(f"<v:{operation}Response>{members}</v:{operation}Response>", **about)


def response_header(correlation_id: str) -> str:
    told = f"<v:CorrelationId>{correlation_id}</v:CorrelationId>" if correlation_id else ""
    return f"<v:ResponseHeader><v:MessageId>1</v:MessageId>{told}</v:ResponseHeader>"


def fault(code: str = "", *errors: str, soap_code: str = "s:Server", space: str = V11, header: str = "") -> bytes:
    """A fault; without `code` it has no detail."""
    said = "".join(f"<v:Error>{error}</v:Error>" for error in errors)
    listed = f"<v:Errors>{said}</v:Errors>" if errors else ""
    detail = f"<v:NomisFault><v:Code>{code}</v:Code><v:Message>words</v:Message>{listed}</v:NomisFault>" if code else ""
    if space == V11:
        inner = f"<faultcode>{soap_code}</faultcode><faultstring>words</faultstring>"
        inner += f"<detail>{detail}</detail>" if detail else ""
    else:
        inner = f"<s:Code><s:Value>{soap_code}</s:Value></s:Code><s:Reason><s:Text>words</s:Text></s:Reason>"
        inner += f"<s:Detail>{detail}</s:Detail>" if detail else ""
    return envelope(f"<s:Fault>{inner}</s:Fault>", space=space, header=header)


def says(body: bytes | str, status: int = 200, space: str = V11, **headers: str) -> Answer:
    """These bytes as a reply of this version."""
    return replies(status, body, **({"content_type": _KINDS[space]} | headers))


def repeating_ours(body: Callable[[str], bytes], status: int = 200) -> Answer:
    """A reply made with the correlation id of the request."""

    async def answer(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await says(body(header_of(request)["CorrelationId"]), status)(request, reader, writer)

    return answer


def header_of(request: Request) -> dict[str, str]:
    """Our own header in a request."""
    found = etree.fromstring(request.body).find(f".//{{{NAMESPACE}}}RequestHeader")
    assert found is not None
    return {etree.QName(one).localname: one.text or "" for one in found}


def asked_of(request: Request) -> str:
    """The element in the body of a request, in canonical form."""
    found = etree.fromstring(request.body).find("{*}Body")
    assert found is not None
    return etree.tostring(found[0], method="c14n", exclusive=True).decode()


VISIT_SLOT = "<v:Start>2026-12-05T13:59:00</v:Start><v:End>2026-12-05T15:00:00</v:End>"

READS: dict[str, tuple[Callable[[Members], object], str, str]] = {
    "offender": (
        payloads.offender,
        "LookupActiveOffender",
        "<v:Found>true</v:Found><v:OffenderId>1057307</v:OffenderId>",
    ),
    "location": (
        payloads.location,
        "GetOffenderLocation",
        "<v:Establishment><v:Code>LEI</v:Code><v:Desc>LEEDS</v:Desc></v:Establishment>"
        "<v:HousingLocation>LEI-A-1</v:HousingLocation>",
    ),
    "contacts": (
        payloads.contacts,
        "GetContactList",
        "<v:Contacts><v:Contact><v:PersonId>13428</v:PersonId><v:GivenName>ADA</v:GivenName>"
        "<v:MiddleNames>B</v:MiddleNames><v:Surname>LOVELACE</v:Surname><v:DateOfBirth>1985-12-10</v:DateOfBirth>"
        "<v:Gender><v:Code>F</v:Code></v:Gender><v:RelationshipType>SIS</v:RelationshipType>"
        "<v:ContactType>S</v:ContactType><v:ApprovedVisitor>true</v:ApprovedVisitor><v:Active>1</v:Active>"
        "<v:Restrictions><v:Restriction><v:Type>BAN</v:Type><v:EffectiveDate>2026-01-02</v:EffectiveDate>"
        "<v:ExpiryDate>2026-02-03</v:ExpiryDate></v:Restriction></v:Restrictions></v:Contact></v:Contacts>",
    ),
    "dates": (
        payloads.available_dates,
        "GetAvailableDates",
        "<v:Dates><v:Date>2026-12-05</v:Date><v:Date>2026-12-06</v:Date></v:Dates>",
    ),
    "unavailability": (
        payloads.unavailability,
        "GetVisitUnavailability",
        "<v:Days><v:Day><v:Date>2026-12-05</v:Date><v:ExternalMovement>false</v:ExternalMovement>"
        "<v:OutOfVo>0</v:OutOfVo><v:Banned>N</v:Banned><v:ExistingVisits><v:Visit><v:VisitId>5915</v:VisitId>"
        f"<v:Slot>{VISIT_SLOT}</v:Slot></v:Visit></v:ExistingVisits></v:Day></v:Days>",
    ),
    "restrictions": (
        payloads.restrictions,
        "GetOffenderRestrictions",
        "<v:Restrictions><v:Restriction><v:Type>CLOSED</v:Type><v:EffectiveDate>2026-01-02</v:EffectiveDate>"
        "</v:Restriction></v:Restrictions>",
    ),
    "slots": (
        payloads.slots,
        "GetVisitSlots",
        f"<v:Slots><v:Slot>{VISIT_SLOT}<v:Capacity>10</v:Capacity><v:MaxGroups>5</v:MaxGroups>"
        "<v:MaxAdults>8</v:MaxAdults><v:GroupsBooked>1</v:GroupsBooked><v:VisitorsBooked>2</v:VisitorsBooked>"
        "<v:AdultsBooked>2</v:AdultsBooked></v:Slot></v:Slots>",
    ),
    "found": (
        payloads.found_visits,
        "FindVisitByClientRef",
        "<v:Visits><v:Visit><v:VisitId>5984</v:VisitId><v:ClientUniqueRef>7f3c-0</v:ClientUniqueRef>"
        f"<v:Slot>{VISIT_SLOT}</v:Slot><v:VisitStatus>SCH</v:VisitStatus><v:Visitors><v:Visitor>"
        "<v:PersonId>13428</v:PersonId><v:Lead>true</v:Lead></v:Visitor></v:Visitors></v:Visit></v:Visits>",
    ),
    "version": (payloads.version, "GetVersion", "<v:ApiVersion>1.2</v:ApiVersion>"),
}
BOOKED = response(
    "BookVisit",
    "<v:VisitId>5984</v:VisitId><v:VisitOrder><v:Number>2018000000157</v:Number>"
    "<v:Type><v:Code>VO</v:Code></v:Type></v:VisitOrder>",
)
CANCELLED = response("CancelVisit", "<v:Message>Visit Cancelled</v:Message>")


def asked(operation: str) -> Asked:
    return Asked(operation, V11, "c-1")


def a_reply(body: bytes, status: int = 200, content_type: str = "text/xml; charset=utf-8") -> Reply:
    return Reply(status, {"Content-Type": content_type}, body)
