"""Reads over SOAP: what each bad reply means."""

from __future__ import annotations

from datetime import date

import pytest

from nomis_client import (
    AccessDenied,
    CannotAsk,
    Locked,
    NomisError,
    NotUnderstood,
    Refused,
    Unavailable,
    Version,
)
from tests.support.raw_server import Answer, raw_server, replies
from tests.support.rest_clients import BORN, NUMBER, OFFENDER, Ear, soon
from tests.support.soap_clients import soap_client
from tests.support.soap_replies import (
    READS,
    V12,
    envelope,
    fault,
    repeating_ours,
    response,
    response_header,
    says,
)

DAY = date(2026, 12, 5)
GOOD_SLOTS = response("GetVisitSlots", READS["slots"][2])
DTD = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
FAILURES = [
    pytest.param(says(fault("VALIDATION")), Refused("bad_request"), True, id="VALIDATION"),
    pytest.param(says(fault("OFFENDER_NOT_FOUND")), Refused("no_such_offender"), False, id="OFFENDER_NOT_FOUND"),
    pytest.param(says(fault("OFFENDER_IN_TRANSIT"), 400), Refused("in_transit"), False, id="OFFENDER_IN_TRANSIT"),
    pytest.param(says(fault("PRISON_NOT_FOUND"), 500), Refused("no_such_prison"), False, id="PRISON_NOT_FOUND"),
    pytest.param(says(fault("RESOURCE_LOCKED"), 500), Locked("locked"), False, id="RESOURCE_LOCKED"),
    pytest.param(says(fault("SERVICE_UNAVAILABLE"), 500), Unavailable("fault"), False, id="SERVICE_UNAVAILABLE"),
    pytest.param(says(fault("INTERNAL"), 500), Unavailable("fault"), False, id="INTERNAL"),
    pytest.param(says(fault("DUPLICATE_POST"), 500), NotUnderstood("odd_fault"), True, id="a code of writes"),
    pytest.param(says(fault(), 500), Unavailable("fault"), False, id="without detail"),
    pytest.param(says(fault(soap_code="x:Oops"), 200), Unavailable("fault"), False, id="code of its own"),
    pytest.param(says(fault(soap_code="s:Client"), 500), NotUnderstood("fault_sender"), True, id="Client"),
    pytest.param(says(fault(soap_code="s:Client.NoSuchOp"), 500), NotUnderstood("fault_sender"), True, id="Client.x"),
    pytest.param(says(fault(soap_code="w:MessageExpired"), 500), AccessDenied("fault_security"), True, id="expired"),
    pytest.param(
        says(fault("OFFENDER_NOT_FOUND", header=response_header("x"))),
        Unavailable("not_our_answer"),
        True,
        id="another's",
    ),
    pytest.param(replies(401, b""), AccessDenied("http_401"), True, id="401"),
    pytest.param(replies(403, b""), AccessDenied("http_403"), True, id="403"),
    pytest.param(replies(404, b""), NotUnderstood("http_404"), True, id="404"),
    pytest.param(replies(418, "<html>", content_type="text/html"), Unavailable("firewall"), True, id="418"),
    pytest.param(replies(429, b"", retry_after="120"), Unavailable("http_429", 120.0), False, id="429"),
    pytest.param(replies(503, b"", retry_after="120"), Unavailable("http_503", 120.0), False, id="503 in 2 minutes"),
    pytest.param(replies(502, "Bad gateway"), Unavailable("http_502"), False, id="502"),
    pytest.param(replies(302, b"", location="/login"), Unavailable("redirect"), True, id="302"),
    pytest.param(says(b""), Unavailable("not_an_answer"), True, id="empty"),
    pytest.param(says("<html>", content_type="text/html"), Unavailable("not_an_answer"), True, id="page"),
    pytest.param(says("<html>", 500, content_type="text/html"), Unavailable("http_500"), False, id="500 page"),
    pytest.param(says("<html>", 400, content_type="text/html"), Unavailable("not_an_answer"), True, id="400 page"),
    pytest.param(says(GOOD_SLOTS, 500), Unavailable("http_500"), False, id="an answer with 500"),
    pytest.param(says(GOOD_SLOTS[:-9]), NotUnderstood("not_xml"), True, id="half"),
    pytest.param(says(b"\xff" + GOOD_SLOTS), NotUnderstood("not_xml"), True, id="not UTF-8"),
    pytest.param(says(DTD + GOOD_SLOTS.partition(b"?>")[2]), NotUnderstood("dtd"), True, id="DTD"),
    pytest.param(
        says((DTD + GOOD_SLOTS.partition(b"?>")[2]).decode().encode("utf-16")),
        NotUnderstood("dtd"),
        True,
        id="DTD in UTF-16",
    ),
    pytest.param(says(response("GetVersion", "")), NotUnderstood("another_answer"), True, id="another operation"),
    pytest.param(says(envelope("<x/>")), NotUnderstood("another_answer"), True, id="nobody's operation"),
    pytest.param(
        says(response("GetVisitSlots", "", space=V12)), NotUnderstood("other_soap_version"), True, id="another version"
    ),
    pytest.param(says(b"<a>" * 200_000), NotUnderstood("not_xml"), True, id="deep"),
    pytest.param(
        says(envelope("<s:Fault>" + "<s:Code>" * 90_000 + "</s:Code>" * 90_000 + "</s:Fault>")),
        Unavailable("fault"),
        False,
        id="deep codes",
    ),
]


@pytest.mark.parametrize(("answer", "meaning", "to_mend"), FAILURES)
async def test_what_a_bad_reply_to_a_read_means(answer: Answer, meaning: NomisError, to_mend: bool) -> None:
    ear = Ear()
    async with raw_server(answer) as server, soap_client(server, ear) as client:
        with pytest.raises(NomisError) as failure:
            await client.slots("LEI", DAY, DAY, soon(5))
    assert (type(failure.value), failure.value.reason) == (type(meaning), meaning.reason)
    assert getattr(failure.value, "retry_after", None) == getattr(meaning, "retry_after", None)
    assert bool(ear.defects) == to_mend
    assert {outcome for _, outcome in ear.calls} == {meaning.reason}


async def test_a_reply_under_our_own_correlation_id_is_ours() -> None:
    good = repeating_ours(
        lambda told: response("GetVersion", "<v:ApiVersion>1</v:ApiVersion>", header=response_header(told))
    )
    async with raw_server(good) as server, soap_client(server) as client:
        assert await client.version(soon()) == Version("1")


async def test_a_fault_to_the_look_up_is_never_not_found() -> None:
    """`Found` says so where there is nobody."""
    async with raw_server(says(fault("OFFENDER_NOT_FOUND"), 500)) as server, soap_client(server) as client:
        with pytest.raises(NotUnderstood):
            await client.find_offender(NUMBER, BORN, soon())


@pytest.mark.parametrize(
    "answer",
    [replies(404, b""), replies(405, b""), says(fault(soap_code="s:Client"), 500)],
    ids=["404", "405", "Client"],
)
async def test_auto_learns_that_this_installation_cannot_find_by_reference(answer: Answer) -> None:
    async with raw_server(answer) as server, soap_client(server) as client:
        for _ in range(2):
            with pytest.raises(CannotAsk):
                await client.find_by_reference(OFFENDER, "7f3c-0", soon())
        assert not client.finds_by_reference
    assert len(server.requests) == 1


async def test_an_operation_that_is_missing_never_means_no_restrictions() -> None:
    async with raw_server(says(fault(soap_code="s:Client"), 500)) as server, soap_client(server) as client:
        with pytest.raises(NotUnderstood):
            await client.restrictions(OFFENDER, soon())
