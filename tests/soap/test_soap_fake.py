"""The fake's SOAP face, seen by the real client: odd answers that mean the same, and answers that mean nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr, ValidationError

from adapter.clock import SystemClock
from adapter.wiring.transports import make_prison_system
from nomis_client import (
    AccessDenied,
    Booked,
    BookingOrder,
    BookingRefused,
    CancelAnswer,
    NomisSettings,
    NotUnderstood,
    OutcomeUnknown,
    RefusalText,
    Silent,
    Unavailable,
)
from nomis_client.fake.faults import Fault
from nomis_client.fake.soap_oddities import ODDITIES
from nomis_client.soap.client import SoapClient
from nomis_client.soap.description import wsdl
from tests.support.contract_harness import MON, SAT, SUN, TRANSPORTS, WED, Harness, harness, on, slot
from tests.support.raw_server import closes, raw_server
from tests.support.rest_clients import book, soon
from tests.support.soap_clients import soap_client
from tests.support.soap_replies import V11, V12

SOAP = TRANSPORTS["soap"]
LEEDS = 1057307
ORDER = BookingOrder(LEEDS, "LEI", 13428, (13429,), slot(WED), "7f3c-0")
LOGIN = {"username": "visits", "password": SecretStr("hush-hush")}

SAME = [
    "nil",
    "empty",
    "digits",
    "letters",
    "fraction",
    "zulu",
    "offset",
    "shuffled",
    "unprefixed",
    "padded",
    "no_header",
    "nil letters zulu fraction shuffled padded",
]
NO_ANSWER = [
    "other_correlation",
    "other_version",
    "dtd",
    "bomb",
    "two_answers",
    "another_answer",
    "nonce_refused",
    "fault:INTERNAL",
    "fault:SERVICE_UNAVAILABLE",
    "fault:SOMETHING_NEW",
]
ON_FAULTS = ["fault_200", "fault_400", "own_code", "no_detail"]


def test_every_oddity_is_tried() -> None:
    assert {name for names in (*SAME, *NO_ANSWER, *ON_FAULTS) for name in names.split()} >= set(ODDITIES)


def test_an_oddity_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(ValidationError, match="no such oddity"):
        Fault.model_validate({"kind": "soap", "text": "zullu"})


async def _all_that_is_read(port: Harness) -> list[object]:
    client, call = port.client, port.call()
    return [
        await client.find_offender("A1410AE", port.people["leeds"].date_of_birth, call),
        await client.find_offender("Z9999ZZ", port.people["leeds"].date_of_birth, call),
        await client.location("A1410AE", call),
        await client.location("A3603LC", call),
        await client.contacts(LEEDS, call),
        await client.contacts(1060021, call),
        await client.contacts(1057315, call),
        await client.available_dates(LEEDS, on(MON), on(SUN), call),
        await client.unavailability(LEEDS, [on(WED), on(SAT)], call),
        await client.restrictions(1057313, call),
        await client.restrictions(LEEDS, call),
        await client.slots("LCI", on(MON), on(SUN), call),
        await client.find_by_reference(LEEDS, "7f3c-0", call),
        await client.find_by_reference(LEEDS, "none", call),
        await client.version(call),
    ]


@pytest.mark.parametrize("oddity", SAME)
async def test_odd_spelling_changes_nothing(oddity: str) -> None:
    said = []
    for text in ("", oddity):
        async with harness(SOAP, "good") as port:
            port.arm(kind="soap", text=text)
            assert isinstance(await port.book(ORDER), Booked)
            said.append(await _all_that_is_read(port))
            refused = await port.book(replace(ORDER, reference="7f3c-1"))
            assert refused == BookingRefused((RefusalText.OVERLAPPING,))
            assert await port.cancel(LEEDS, 5984) is CancelAnswer.CANCELLED
    assert said[0] == said[1]


@pytest.mark.parametrize("oddity", NO_ANSWER)
async def test_what_is_no_answer_leaves_a_booking_open(oddity: str) -> None:
    async with harness(SOAP, "good") as port:
        port.arm(kind="soap", text=oddity, operation="book")
        port.arm(kind="soap", text=oddity, operation="slots")
        with pytest.raises(OutcomeUnknown):
            async with port.client.booking_permit("LEI", port.deadline()) as permit:
                await permit.post(ORDER, port.deadline())
        (visit,) = port.visits()
        assert visit.scheduled
        with pytest.raises((Unavailable, NotUnderstood)):
            await port.client.slots("LEI", on(MON), on(SUN), port.call())


@pytest.mark.parametrize("oddity", ON_FAULTS)
async def test_an_odd_fault_is_a_refusal_as_long_as_its_detail_says_so(oddity: str) -> None:
    async with harness(SOAP, "good") as port:
        port.hand("close", noms_id="A1410AE")
        port.arm(kind="soap", text=oddity)
        async with port.client.booking_permit("LEI", port.deadline()) as permit:
            if oddity == "no_detail":
                with pytest.raises(OutcomeUnknown):
                    await permit.post(ORDER, port.deadline())
            else:
                assert await permit.post(ORDER, port.deadline()) == BookingRefused((RefusalText.CLOSED_VISITS,))


async def test_a_nonce_refused_after_the_commit_proves_nothing() -> None:
    async with harness(SOAP, "good") as port:
        port.arm(kind="nonce_refused")
        with pytest.raises(OutcomeUnknown, match="fault_security"):
            async with port.client.booking_permit("LEI", port.deadline()) as permit:
                await permit.post(ORDER, port.deadline())
        (found,) = await port.client.find_by_reference(LEEDS, "7f3c-0", port.call())
        assert found.visit_id == port.visits()[0].id


async def test_a_repeat_of_one_order_is_one_body() -> None:
    async with harness(SOAP, "good") as port:
        await port.book(ORDER)
        await port.book(ORDER)
        first, second = (one for one in port.fake.engine.log.entries() if one.operation == "book")
        assert first.body_hash == second.body_hash
        assert first.request_id == "request-1"


def _ask_for_a_login(port: Harness) -> None:
    auth = port.fake.state.installation.auth.model_copy(update={"username": "visits", "password": "hush-hush"})
    port.install(auth=auth)


@pytest.mark.parametrize("version", ["1.1", "1.2"])
async def test_with_the_right_password_everything_works(version: str) -> None:
    async with harness(SOAP, "good") as port, signed_in(port, version=version) as client:
        _ask_for_a_login(port)
        assert await client.contacts(LEEDS, soon())
        assert isinstance(await book(client, ORDER), Booked)


@pytest.mark.parametrize("login", [{}, LOGIN | {"password": SecretStr("other")}, LOGIN | {"username": "other"}])
async def test_without_it_nothing_does(login: dict[str, Any]) -> None:
    async with harness(SOAP, "good") as port, signed_in(port, **({"username": ""} | login)) as client:
        _ask_for_a_login(port)
        with pytest.raises(AccessDenied):
            await client.contacts(LEEDS, soon())
        with pytest.raises(OutcomeUnknown):
            await book(client, ORDER)
        assert port.visits() == []


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_clock_that_is_off_is_refused(minutes: int) -> None:
    async with harness(SOAP, "good") as port, signed_in(port, minutes=minutes) as client:
        _ask_for_a_login(port)
        with pytest.raises(AccessDenied):
            await client.contacts(LEEDS, soon())


def signed_in(port: Harness, minutes: int = 0, **soap: Any) -> Any:
    now = port.fake.engine.time.now() + timedelta(minutes=minutes)
    return soap_client(port.fake.soap_url, now=lambda: now, soap=LOGIN | soap)


async def test_an_envelope_that_was_seen_before_is_refused() -> None:
    async with harness(SOAP, "good") as port, raw_server(closes) as server:
        _ask_for_a_login(port)
        now = port.fake.engine.time.now()
        async with soap_client(server, now=lambda: now, soap=LOGIN) as client:
            with pytest.raises(OutcomeUnknown):
                await book(client, ORDER, 0.2)
        said = [await _post(port, server.requests[0].body) for _ in range(2)]
    assert "BookVisitResponse" in said[0]
    assert "InvalidSecurityToken" in said[1]


async def _post(port: Harness, body: bytes, **headers: str) -> str:
    names = {"Content-Type": "text/xml"} | {name.replace("_", "-"): value for name, value in headers.items()}
    async with (
        aiohttp.ClientSession() as session,
        session.post(port.fake.soap_url, data=body, headers=names) as reply,
    ):
        return await reply.text()


ASKED = (
    '<v:GetContactList xmlns:v="urn:uk:gov:justice:pnomis:visits:v1"><v:OffenderId>{}</v:OffenderId></v:GetContactList>'
)


def _enveloped(content: str, space: str = V11, header: str = "") -> bytes:
    return f'<e:Envelope xmlns:e="{space}">{header}<e:Body>{content}</e:Body></e:Envelope>'.encode()


GOOD = _enveloped(ASKED.format(LEEDS))
MUST = '<e:Header><x:Pay xmlns:x="urn:x" e:mustUnderstand="1"/></e:Header>'


@pytest.mark.parametrize(
    ("body", "headers", "said"),
    [
        (GOOD, {}, "GetContactListResponse"),
        (_enveloped(ASKED.format(LEEDS), V12), {"Content_Type": "application/soap+xml"}, "GetContactListResponse"),
        (GOOD, {"Content_Type": "application/soap+xml"}, "content type"),
        (GOOD, {"SOAPAction": '"urn:other"'}, "SOAPAction"),
        (b"{}", {}, "not XML"),
        (b"<a/>", {}, "not an Envelope"),
        (b"<!DOCTYPE x []>" + GOOD, {}, "DTD"),
        (_enveloped(""), {}, "one element"),
        (_enveloped("<GetContactList/>"), {}, "namespace"),
        (_enveloped(ASKED.format(LEEDS).replace("GetContactList", "GetLost")), {}, "no such operation"),
        (_enveloped(ASKED.format(LEEDS), header=MUST), {}, "must be understood"),
        (_enveloped(ASKED.format("many")), {}, "VALIDATION"),
        (_enveloped(ASKED.format("")), {}, "VALIDATION"),
    ],
)
async def test_what_the_face_takes_for_a_request(body: bytes, headers: dict[str, str], said: str) -> None:
    async with harness(SOAP, "good") as port:
        answer = await _post(port, body, **headers)
    assert said in answer


async def test_the_description_is_served_with_the_address_that_was_asked() -> None:
    async with harness(SOAP, "good") as port, aiohttp.ClientSession() as session:
        async with session.get(port.fake.soap_url + "?wsdl") as reply:
            served = await reply.read()
        async with session.get(port.fake.soap_url) as nothing:
            assert nothing.status == 405
    assert served.replace(port.fake.soap_url.encode(), b"http://localhost/soap") == wsdl()
    assert served.count(port.fake.soap_url.encode()) == 2


async def test_the_settings_choose_this_transport() -> None:
    settings = NomisSettings.model_validate({"transport": "soap", "soap": {"url": "http://127.0.0.1:1/soap"}})
    client = make_prison_system(settings, Silent(), SystemClock())
    assert isinstance(client, SoapClient)
    await client.close()
