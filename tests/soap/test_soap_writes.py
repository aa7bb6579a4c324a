"""Bookings and cancellations over SOAP: which reply proves what."""

from __future__ import annotations

import pytest

from nomis_client import (
    AccessDenied,
    Booked,
    BookingRefused,
    CancelAnswer,
    CancellationCode,
    NomisError,
    OutcomeUnknown,
    PrisonSystem,
    RefusalText,
    Unavailable,
    VisitOrder,
)
from tests.support.raw_server import Answer, closes, hangs, raw_server, replies, resets
from tests.support.rest_clients import OFFENDER, Ear, book, soon
from tests.support.soap_clients import soap_client
from tests.support.soap_replies import (
    BOOKED,
    CANCELLED,
    V12,
    envelope,
    fault,
    repeating_ours,
    response,
    response_header,
    says,
)

UNKNOWN = RefusalText.UNKNOWN


@pytest.mark.parametrize(
    ("members", "visit_order"),
    [
        ("", None),
        (
            "<v:VisitOrder><v:Number>2018000000157</v:Number><v:Type><v:Code>VO</v:Code></v:Type></v:VisitOrder>",
            VisitOrder(2018000000157, "VO"),
        ),
        ("<v:VisitOrder><v:Number>odd</v:Number></v:VisitOrder>", None),
        ("<v:VisitOrder xsi:nil='true'/><v:Later>1</v:Later>", None),
    ],
)
async def test_a_visit_id_is_a_booking(members: str, visit_order: VisitOrder | None) -> None:
    body = response("BookVisit", members + "<v:VisitId> 5984 </v:VisitId>")
    async with raw_server(says(body)) as server, soap_client(server) as client:
        assert await book(client) == Booked(5984, visit_order)


async def test_the_reply_may_repeat_our_correlation_id() -> None:
    answer = repeating_ours(
        lambda told: response("BookVisit", "<v:VisitId>1</v:VisitId>", header=response_header(told))
    )
    async with raw_server(answer) as server, soap_client(server) as client:
        assert await book(client) == Booked(1)


REFUSALS = [
    (fault("OFFENDER_NOT_FOUND"), (RefusalText.OFFENDER_NOT_FOUND,)),
    (fault("OFFENDER_IN_TRANSIT"), (RefusalText.IN_TRANSIT,)),
    (fault("RESOURCE_LOCKED"), (RefusalText.LOCKED,)),
    (fault("DUPLICATE_POST"), (RefusalText.DUPLICATE_POST,)),
    (fault("CLOSED_VISITS"), (RefusalText.CLOSED_VISITS,)),
    (fault("CLOSED_VISITS", "Offender requires closed visits"), (RefusalText.CLOSED_VISITS,)),
    (fault("CLOSED_VISITS", "Duplicate post"), (RefusalText.CLOSED_VISITS, RefusalText.DUPLICATE_POST)),
    (fault("PRISON_NOT_FOUND"), (UNKNOWN,)),
    (fault("VALIDATION"), (UNKNOWN,)),
    (fault("BOOKING_REJECTED", "Overlapping visit"), (RefusalText.OVERLAPPING,)),
    (
        fault("BOOKING_REJECTED", "No VO balance", "Visitor 13429 is not an approved contact", "Hello"),
        (RefusalText.NO_VO, RefusalText.VISITOR_NOT_APPROVED, UNKNOWN),
    ),
    (fault("BOOKING_REJECTED", "Visit slot is at or over capacity."), (UNKNOWN,)),
]


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize(("body", "texts"), REFUSALS)
async def test_a_typed_fault_is_a_refusal_whatever_its_status(
    body: bytes, texts: tuple[RefusalText, ...], status: int
) -> None:
    async with raw_server(says(body, status)) as server, soap_client(server) as client:
        assert await book(client) == BookingRefused(texts)


async def test_a_fault_of_soap_1_2_is_read_as_well() -> None:
    body = fault("DUPLICATE_POST", space=V12, soap_code="s:Receiver")
    async with raw_server(says(body, 500, V12)) as server, soap_client(server, soap={"version": "1.2"}) as client:
        assert await book(client) == BookingRefused((RefusalText.DUPLICATE_POST,))


OK = "<v:VisitId>5984</v:VisitId>"
DTD = b'<!DOCTYPE x [<!ENTITY e "5984">]>'

DOUBTS = [
    pytest.param(says(b""), "not_an_answer", True, id="empty"),
    pytest.param(says("<html>booked</html>", content_type="text/html"), "not_an_answer", True, id="page"),
    pytest.param(says("<html><body/></html>"), "not_an_answer", True, id="page as XML"),
    pytest.param(says("<!DOCTYPE html><html/>"), "not_an_answer", True, id="page with a doctype"),
    pytest.param(says("<x/>"), "not_an_answer", True, id="other XML"),
    pytest.param(says("hello"), "not_xml", True, id="words"),
    pytest.param(says(BOOKED[:-20]), "not_xml", True, id="half"),
    pytest.param(says(BOOKED + b"<more/>"), "not_xml", True, id="more behind"),
    pytest.param(says(DTD + BOOKED.partition(b"?>")[2].replace(b"5984", b"&e;")), "dtd", True, id="entity"),
    pytest.param(says(BOOKED.replace(b"5984", b"&e;")), "not_xml", True, id="entity of nobody's"),
    pytest.param(says(response("BookVisit", "")), "VisitId_is_missing", True, id="no id"),
    pytest.param(says(response("BookVisit", "<v:VisitId/>")), "VisitId_is_missing", True, id="empty id"),
    pytest.param(says(response("BookVisit", "<v:VisitId xsi:nil='1'/>")), "VisitId_is_missing", True, id="nil id"),
    pytest.param(says(response("BookVisit", "<v:VisitId>0</v:VisitId>")), "VisitId_is_no_id", True, id="id 0"),
    pytest.param(says(response("BookVisit", "<v:VisitId>-1</v:VisitId>")), "VisitId_is_no_count", True, id="id -1"),
    pytest.param(says(response("BookVisit", "<v:VisitId>5e3</v:VisitId>")), "VisitId_is_no_count", True, id="id 5e3"),
    pytest.param(
        says(response("BookVisit", f"<v:VisitId>{2**63}</v:VisitId>")), "VisitId_is_no_count", True, id="id too big"
    ),
    pytest.param(
        says(response("BookVisit", "<v:VisitId>٣</v:VisitId>")), "VisitId_is_no_count", True, id="id not ASCII"
    ),
    pytest.param(says(response("BookVisit", OK + OK)), "duplicate_member", True, id="id twice"),
    pytest.param(says(response("BookVisit", "<VisitId>1</VisitId>")), "no_namespace", True, id="no namespace"),
    pytest.param(
        says(response("BookVisit", "<v:VisitId><v:VisitId>1</v:VisitId></v:VisitId>")), "not_a_text", True, id="nested"
    ),
    pytest.param(says(response("CancelVisit", OK)), "another_answer", True, id="another operation"),
    pytest.param(says(envelope("")), "not_one_answer", True, id="empty body"),
    pytest.param(
        says(envelope(f"<v:BookVisitResponse>{OK}</v:BookVisitResponse>" * 2)), "not_one_answer", True, id="two answers"
    ),
    pytest.param(says(BOOKED.replace(b"<s:Body>", b"<s:Body/><s:Body>")), "not_one_body", True, id="two bodies"),
    pytest.param(says(response("BookVisit", OK, space=V12)), "other_soap_version", True, id="another version of SOAP"),
    pytest.param(
        says(response("BookVisit", OK, header=response_header("another"))),
        "not_our_answer",
        True,
        id="another's answer",
    ),
    pytest.param(
        says(response("BookVisit", OK, header=response_header(""))), "not_our_answer", True, id="nobody's answer"
    ),
    pytest.param(
        says(fault("CLOSED_VISITS", header=response_header("another"))), "not_our_answer", True, id="another's refusal"
    ),
    pytest.param(says(BOOKED, 500), "http_500", False, id="an answer with 500"),
    pytest.param(says(BOOKED, 202), "http_202", False, id="an answer with 202"),
    pytest.param(says(fault()), "fault", True, id="fault without detail"),
    pytest.param(says(fault("INTERNAL"), 500), "fault", True, id="INTERNAL"),
    pytest.param(says(fault("SERVICE_UNAVAILABLE"), 500), "fault", True, id="SERVICE_UNAVAILABLE"),
    pytest.param(says(fault("SOMETHING_NEW"), 500), "fault", True, id="a new code"),
    pytest.param(says(fault("VISIT_NOT_FOUND"), 500), "fault", True, id="a code of cancellations"),
    pytest.param(says(fault("BOOKING_REJECTED"), 500), "errors_is_no_list", True, id="rejected without texts"),
    pytest.param(says(fault(" "), 500), "fault", True, id="a code of blanks"),
    pytest.param(says(fault(soap_code="wsse:FailedAuthentication"), 500), "fault_security", True, id="nonce refused"),
    pytest.param(replies(401, "no"), "http_401", True, id="401"),
    pytest.param(replies(403, b""), "http_403", True, id="403"),
    pytest.param(replies(404, fault("OFFENDER_NOT_FOUND")), "http_404", False, id="404"),
    pytest.param(replies(429, b"", retry_after="1"), "http_429", False, id="429"),
    pytest.param(replies(503, b"", retry_after="1"), "http_503", False, id="503 with Retry-After"),
    pytest.param(says("<html>", 500, content_type="text/html"), "http_500", False, id="500 page"),
    pytest.param(says("<html>", 400, content_type="text/html"), "http_400", False, id="400 page"),
    pytest.param(closes, "cut_short", False, id="closes"),
    pytest.param(resets, "cut_short", False, id="resets"),
]


@pytest.mark.parametrize(("answer", "reason", "to_mend"), DOUBTS)
async def test_every_other_reply_to_a_booking_leaves_it_open_and_is_never_repeated(
    answer: Answer, reason: str, to_mend: bool
) -> None:
    ear = Ear()
    async with raw_server(answer) as server, soap_client(server, ear) as client:
        with pytest.raises(OutcomeUnknown) as failure:
            await book(client)
    assert failure.value.reason == reason
    assert bool(ear.defects) == to_mend
    assert len(server.requests) == 1


async def test_a_booking_that_hangs_ends_at_its_deadline() -> None:
    async with raw_server(hangs) as server, soap_client(server) as client:
        with pytest.raises(OutcomeUnknown, match="timeout"):
            await book(client, seconds=0.1)


async def test_a_booking_that_found_nobody_was_surely_not_made() -> None:
    async with soap_client("http://127.0.0.1:1/soap") as client:
        with pytest.raises(Unavailable, match="connect"):
            await book(client)


async def cancel(client: PrisonSystem) -> CancelAnswer:
    return await client.cancel(OFFENDER, 5984, CancellationCode.VISITOR, soon())


CANCEL_ANSWERS = [
    (CANCELLED, CancelAnswer.CANCELLED),
    (fault("ALREADY_CANCELLED"), CancelAnswer.ALREADY_CANCELLED),
    (fault("VISIT_NOT_FOUND"), CancelAnswer.NOT_FOUND),
    (fault("VISIT_COMPLETED"), CancelAnswer.COMPLETED),
    (fault("INVALID_CANCELLATION_CODE"), CancelAnswer.INVALID_CODE),
    (fault("RESOURCE_LOCKED"), CancelAnswer.LOCKED),
    (fault("OFFENDER_IN_TRANSIT"), CancelAnswer.IN_TRANSIT),
    (fault("OFFENDER_NOT_FOUND"), CancelAnswer.UNKNOWN),
    (fault("VALIDATION"), CancelAnswer.UNKNOWN),
]


@pytest.mark.parametrize(("body", "meaning"), CANCEL_ANSWERS)
async def test_how_a_cancellation_is_answered(body: bytes, meaning: CancelAnswer) -> None:
    async with raw_server(says(body)) as server, soap_client(server) as client:
        assert await cancel(client) is meaning


CANCEL_FAILURES = [
    pytest.param(replies(401, b""), AccessDenied("http_401"), id="401"),
    pytest.param(replies(429, b""), Unavailable("http_429"), id="429"),
    pytest.param(replies(503, b"", retry_after="7"), Unavailable("http_503", 7.0), id="503 with Retry-After"),
    pytest.param(replies(503, b""), OutcomeUnknown("http_503"), id="503"),
    pytest.param(says(fault()), OutcomeUnknown("fault"), id="no detail"),
    pytest.param(says(fault("INTERNAL")), OutcomeUnknown("fault"), id="INTERNAL"),
    pytest.param(says(fault("DUPLICATE_POST")), OutcomeUnknown("fault"), id="a code of bookings"),
    pytest.param(says(fault(soap_code="wsse:FailedCheck")), OutcomeUnknown("fault_security"), id="security"),
    pytest.param(
        says(response("CancelVisit", "<v:Message>OK</v:Message>")), OutcomeUnknown("not_an_answer"), id="other words"
    ),
    pytest.param(says(response("CancelVisit", "")), OutcomeUnknown("Message_is_missing"), id="no words"),
    pytest.param(says("<html>", content_type="text/html"), OutcomeUnknown("not_an_answer"), id="page"),
    pytest.param(closes, OutcomeUnknown("cut_short"), id="closes"),
]


@pytest.mark.parametrize(("answer", "meaning"), CANCEL_FAILURES)
async def test_what_a_bad_reply_to_a_cancellation_means(answer: Answer, meaning: NomisError) -> None:
    async with raw_server(answer) as server, soap_client(server) as client:
        with pytest.raises(NomisError) as failure:
            await cancel(client)
    assert (type(failure.value), failure.value.reason) == (type(meaning), meaning.reason)
    assert getattr(failure.value, "retry_after", None) == getattr(meaning, "retry_after", None)
    assert len(server.requests) == 1
