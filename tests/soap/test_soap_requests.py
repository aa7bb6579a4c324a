"""What goes out over SOAP: what the schema allows, headers of this try alone, nothing that XML can't carry."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from lxml import etree
from pydantic import SecretStr

from nomis_client import BookingOrder, Call, CancellationCode, NomisSettings, OutcomeUnknown, PrisonSystem, Unavailable
from nomis_client.soap import make
from nomis_client.soap.description import NAMESPACE, wsdl
from nomis_client.soap.elements import carried
from tests.support.raw_server import Request, raw_server
from tests.support.rest_clients import BORN, NOW, NUMBER, OFFENDER, ORDER, book, soon
from tests.support.soap_clients import soap_client
from tests.support.soap_replies import BOOKED, CANCELLED, V11, V12, asked_of, header_of, response, says

WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
WSU = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}"
CREDENTIALS = {"username": "visits", "password": SecretStr("hush-hush")}
DAY = date(2026, 12, 14)


def schema() -> etree.XMLSchema:
    described = etree.fromstring(wsdl()).find(".//{http://www.w3.org/2001/XMLSchema}schema")
    assert described is not None
    return etree.XMLSchema(described)


Ask = Callable[[PrisonSystem, Call], Awaitable[object]]
EVERYTHING: dict[str, Ask] = {
    "LookupActiveOffender": lambda client, call: client.find_offender(NUMBER, BORN, call),
    "GetOffenderLocation": lambda client, call: client.location(NUMBER, call),
    "GetContactList": lambda client, call: client.contacts(OFFENDER, call),
    "GetAvailableDates": lambda client, call: client.available_dates(OFFENDER, DAY, DAY, call),
    "GetVisitUnavailability": lambda client, call: client.unavailability(OFFENDER, [DAY, date(2026, 12, 15)], call),
    "GetOffenderRestrictions": lambda client, call: client.restrictions(OFFENDER, call),
    "GetVisitSlots": lambda client, call: client.slots("LEI", DAY, DAY, call),
    "FindVisitByClientRef": lambda client, call: client.find_by_reference(OFFENDER, "7f3c-0", call),
    "GetVersion": lambda client, call: client.version(call),
    "CancelVisit": lambda client, call: client.cancel(OFFENDER, 5984, CancellationCode.PRISON, call),
    "BookVisit": lambda client, _: book(client),
}


async def sent(ask: Ask, **settings: object) -> Request:
    """The request that this question becomes; what it is answered doesn't matter."""
    async with raw_server(says(b"", 500)) as server, soap_client(server, **settings) as client:  # type: ignore[arg-type]
        with pytest.raises((Unavailable, OutcomeUnknown)):
            await ask(client, soon(request_id="request-1"))
    return server.requests[0]


@pytest.mark.parametrize("operation", EVERYTHING)
@pytest.mark.parametrize("version", ["1.1", "1.2"])
async def test_every_request_is_what_the_description_says(operation: str, version: str) -> None:
    request = await sent(EVERYTHING[operation], soap={"version": version})
    root = etree.fromstring(request.body)
    header, body = root
    assert root.tag == f"{{{V11 if version == '1.1' else V12}}}Envelope"
    (asked,) = body
    assert asked.tag == f"{{{NAMESPACE}}}{operation}"
    schema().assertValid(asked)
    schema().assertValid(header[0])
    assert (request.method, request.target) == ("POST", "/ws/visits")
    assert request.headers["x-request-id"] == "request-1"
    action = f"{NAMESPACE}/{operation}"
    if version == "1.1":
        assert request.headers["content-type"] == "text/xml; charset=utf-8"
        assert request.headers["soapaction"] == f'"{action}"'
    else:
        assert request.headers["content-type"] == f'application/soap+xml; charset=utf-8; action="{action}"'
        assert "soapaction" not in request.headers


async def test_a_booking_says_what_was_ordered_and_never_overrides() -> None:
    order = replace(ORDER, other_contacts=(13429, 99_000_000_001), comment="Lead visitor’s <phone> & more")
    async with raw_server(says(BOOKED)) as server, soap_client(server) as client:
        await book(client, order)
    assert asked_of(server.requests[0]).replace("ns0:", "").partition(">")[2] == (
        "<OffenderId>1057307</OffenderId><LeadContactId>13428</LeadContactId>"
        "<OtherContacts><ContactId>13429</ContactId><ContactId>99000000001</ContactId></OtherContacts>"
        "<Slot><Start>2026-12-14T14:00:00</Start><End>2026-12-14T15:00:00</End></Slot>"
        "<ClientUniqueRef>7f3c-0</ClientUniqueRef>"
        "<Comment>Lead visitor’s &lt;phone&gt; &amp; more</Comment></BookVisit>"
    )


async def test_equal_orders_are_equal_bodies_under_headers_of_their_own() -> None:
    async with raw_server(says(BOOKED)) as server, soap_client(server) as client:
        await book(client)
        await book(client, replace(ORDER))
    first, second = server.requests
    assert asked_of(first) == asked_of(second)
    one, other = header_of(first), header_of(second)
    assert one["ClientName"] == other["ClientName"] == "prison-visits-adapter"
    assert one["Timestamp"] == "2026-11-30T10:30:00Z"
    assert len({one["MessageId"], other["MessageId"], one["CorrelationId"], other["CorrelationId"]}) == 4


@pytest.mark.parametrize("version", ["1.1", "1.2"])
async def test_the_digest_proves_the_password_without_saying_it(version: str) -> None:
    request = await sent(EVERYTHING["GetVersion"], soap=CREDENTIALS | {"version": version})
    assert b"hush-hush" not in request.body
    root = etree.fromstring(request.body)
    (security,) = root.iter(f"{WSSE}Security")
    assert security.get(f"{{{V11 if version == '1.1' else V12}}}mustUnderstand") == "1"
    token = security.find(f"{WSSE}UsernameToken")
    assert token is not None
    nonce, created = token.findtext(f"{WSSE}Nonce") or "", token.findtext(f"{WSU}Created") or ""
    digest = hashlib.sha1(base64.b64decode(nonce) + created.encode() + b"hush-hush").digest()
    assert token.findtext(f"{WSSE}Username") == "visits"
    assert token.findtext(f"{WSSE}Password") == base64.b64encode(digest).decode()
    password = token.find(f"{WSSE}Password")
    assert password is not None
    assert (password.get("Type") or "").endswith("#PasswordDigest")
    begin, end = (datetime.fromisoformat(security.findtext(f"{WSU}Timestamp/{WSU}{name}") or "") for name in _ENDS)
    assert begin == NOW == datetime.fromisoformat(created)
    assert timedelta(0) < end - begin <= timedelta(minutes=5)


_ENDS = ("Created", "Expires")


async def test_every_try_has_a_nonce_and_a_time_of_its_own() -> None:
    times = iter(NOW + timedelta(seconds=second) for second in range(1000))
    async with (
        raw_server(
            says(b"", 500), says(b"", 500), says(response("GetVersion", "<v:ApiVersion>1</v:ApiVersion>"))
        ) as server,
        soap_client(server, soap=CREDENTIALS, now=lambda: next(times)) as client,
    ):
        await client.version(soon())
    tokens = [
        (root.findtext(f".//{WSSE}Nonce"), root.findtext(f".//{WSSE}UsernameToken/{WSU}Created"))
        for root in (etree.fromstring(request.body) for request in server.requests)
    ]
    assert len(tokens) == 3
    assert len({nonce for nonce, _ in tokens}) == len({created for _, created in tokens}) == 3


async def test_without_a_user_name_there_is_no_security_header() -> None:
    assert b"Security" not in (await sent(EVERYTHING["GetVersion"])).body


async def test_what_xml_cannot_carry_is_left_out() -> None:
    order = replace(ORDER, comment="a\x00b\x0bc\ud800d\ufffee\tf")
    async with raw_server(says(BOOKED)) as server, soap_client(server) as client:
        await book(client, order)
    assert "<ns0:Comment>abcde\tf</ns0:Comment>" in asked_of(server.requests[0]).replace("&#x9;", "\t")
    assert carried("Ŷ😀") == "Ŷ😀"


async def test_a_comment_of_which_nothing_is_left_is_left_out() -> None:
    async with raw_server(says(BOOKED)) as server, soap_client(server) as client:
        await book(client, replace(ORDER, comment="\x01", other_contacts=()))
    assert "Comment" not in asked_of(server.requests[0])
    assert "OtherContacts" not in asked_of(server.requests[0])


async def test_a_cancellation_names_visit_and_code() -> None:
    async with raw_server(says(CANCELLED)) as server, soap_client(server) as client:
        await client.cancel(OFFENDER, 5984, CancellationCode.PRISON, soon())
    assert "<ns0:VisitId>5984</ns0:VisitId><ns0:CancellationCode>HMP</ns0:CancellationCode>" in asked_of(
        server.requests[0]
    )


async def test_the_raw_time_is_posted() -> None:
    order: BookingOrder = replace(ORDER, slot="2026-07-14T13:59/15:01")
    async with raw_server(says(BOOKED)) as server, soap_client(server) as client:
        await book(client, order)
    said = asked_of(server.requests[0])
    assert "<ns0:Start>2026-07-14T13:59:00</ns0:Start><ns0:End>2026-07-14T15:01:00</ns0:End>" in said


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"url": ""}, "url must be an http or https address"),
        ({"url": "file:///etc/passwd"}, "url must be an http or https address"),
        ({"url": "http://127.0.0.1/soap", "username": "visits"}, "password: must be set"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(settings: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        make(NomisSettings.model_validate({"transport": "soap", "soap": settings}))


def test_the_description_imports_nothing() -> None:
    described = etree.fromstring(wsdl())
    assert [one.tag for one in described.iter("{*}import", "{*}include", "{*}redefine")] == []
