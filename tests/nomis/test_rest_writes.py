"""Bookings and cancellations over REST: which reply proves what."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

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
from nomis_client.rest.payloads import booking_body
from tests.support.raw_server import Answer, closes, hangs, raw_server, replies, resets, sends
from tests.support.rest_clients import OFFENDER, ORDER, Ear, book, rest_client, soon

ORDER_DAY = date(2026, 12, 14)
DUPLICATE = RefusalText.DUPLICATE_POST
UNKNOWN = RefusalText.UNKNOWN


def refuses(*texts: str, status: int = 400) -> Answer:
    return replies(status, {"errors": [{"message": text} for text in texts]})


async def test_the_body_is_the_contracts_and_never_overrides() -> None:
    async with raw_server(replies(200, {"visit_id": 1})) as server, rest_client(server) as client:
        await book(client, replace(ORDER, comment="Lead visitor’s phone"))
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/nomisapi/offenders/1057307/visits/booking")
    assert request.headers["content-type"] == "application/json"
    assert request.json() == {
        "lead_contact": 13428,
        "other_contacts": [13429],
        "slot": "2026-12-14T14:00/15:00",
        "override_offender_restrictions": False,
        "override_visitor_restrictions": False,
        "override_vo_balance": False,
        "override_slot_capacity": False,
        "client_unique_ref": "7f3c-0",
        "comment": "Lead visitor’s phone",
    }


def test_equal_orders_are_equal_bytes() -> None:
    assert booking_body(ORDER) == booking_body(replace(ORDER))
    assert b"comment" not in booking_body(ORDER)


@pytest.mark.parametrize(
    ("order", "visit_order"),
    [
        (None, None),
        ({"number": 2018000000157, "type": {"code": "VO", "desc": "Visiting Order"}}, VisitOrder(2018000000157, "VO")),
        ({"number": "odd"}, None),
    ],
)
async def test_a_200_with_a_visit_id_is_a_booking(order: object, visit_order: VisitOrder | None) -> None:
    body = {"visit_id": 5984, "new_member": []} | ({"visit_order": order} if order else {})
    async with raw_server(replies(200, body)) as server, rest_client(server) as client:
        assert await book(client) == Booked(5984, visit_order)


REFUSALS = {
    "Offender has an active ban or restriction": RefusalText.OFFENDER_BANNED,
    "Lead visitor is not an approved contact": RefusalText.LEAD_NOT_APPROVED,
    "Lead visitor has an active ban or restriction": RefusalText.LEAD_BANNED,
    "Lead visitor is not a adult": RefusalText.LEAD_NOT_ADULT,
    "Visitor 13429 is not an approved contact": RefusalText.VISITOR_NOT_APPROVED,
    "Visitor 13429 has an active ban or restriction": RefusalText.VISITOR_BANNED,
    "Visit slot is at or over capacity": RefusalText.AT_CAPACITY,
    "Overlapping visit": RefusalText.OVERLAPPING,
    "Visit Slot does not exist": RefusalText.NO_SUCH_SLOT,
    "No VO balance": RefusalText.NO_VO,
    "No PVO balance": RefusalText.NO_PVO,
    "Offender has no VO or PVO balance": RefusalText.NO_VO_OR_PVO,
    "Offender requires closed visits": RefusalText.CLOSED_VISITS,
    "Offender Not Found": RefusalText.OFFENDER_NOT_FOUND,
    "Offender is out or in transit": RefusalText.IN_TRANSIT,
    "Resource is locked": RefusalText.LOCKED,
    "Duplicate post": DUPLICATE,
    # anything that isn't exactly a text of the contract
    "visit slot is at or over capacity": UNKNOWN,
    "Visit slot is at or over capacity.": UNKNOWN,
    " Overlapping visit": UNKNOWN,
    "Visitor  is not an approved contact": UNKNOWN,
    "Visitor 1 has something else": UNKNOWN,
    "": UNKNOWN,
}


@pytest.mark.parametrize(("text", "meaning"), REFUSALS.items())
async def test_each_text_of_a_400_has_one_meaning(text: str, meaning: RefusalText) -> None:
    ear = Ear()
    async with raw_server(refuses(text)) as server, rest_client(server, ear) as client:
        assert await book(client) == BookingRefused((meaning,))
    assert ear.calls == [("book", "refused")]
    assert ear.defects == ([("book", "unknown_text")] if meaning is UNKNOWN else [])


OTHER_REFUSALS = [
    pytest.param(
        refuses("No VO balance", "Overlapping visit", "Hello"),
        (RefusalText.NO_VO, RefusalText.OVERLAPPING, UNKNOWN),
        id="several at once",
    ),
    pytest.param(replies(400, {"error": {"message": "Overlapping visit"}}), (RefusalText.OVERLAPPING,), id="older"),
    pytest.param(
        replies(400, {"status": 400, "userMessage": "Overlapping visit", "developerMessage": "ORA-00001"}),
        (RefusalText.OVERLAPPING,),
        id="newer",
    ),
    pytest.param(
        replies(404, {"error": {"message": "Offender Not Found"}}), (RefusalText.OFFENDER_NOT_FOUND,), id="404"
    ),
    pytest.param(replies(409, {"error": "Duplicate post"}), (DUPLICATE,), id="409 text"),
    pytest.param(replies(409, {"error": {"message": "Duplicate post"}}), (DUPLICATE,), id="409 message"),
    pytest.param(refuses("Duplicate post"), (DUPLICATE,), id="duplicate as 400"),
    pytest.param(replies(423, {"error": {"message": "Resource is locked"}}), (RefusalText.LOCKED,), id="423"),
    # a known text under a status that it doesn't come with proves nothing
    pytest.param(replies(404, {"error": {"message": "Overlapping visit"}}), (UNKNOWN,), id="404 with another text"),
    pytest.param(replies(409, {"error": "Overlapping visit"}), (UNKNOWN,), id="409 with another text"),
    pytest.param(replies(423, {"error": "Overlapping visit"}), (UNKNOWN,), id="423 with another text"),
]


@pytest.mark.parametrize(("answer", "texts"), OTHER_REFUSALS)
async def test_refusals_come_in_several_shapes(answer: Answer, texts: tuple[RefusalText, ...]) -> None:
    async with raw_server(answer) as server, rest_client(server) as client:
        assert await book(client) == BookingRefused(texts)


HTML = replies(200, "<html>booked!</html>", content_type="text/html")

DOUBTS = [
    pytest.param(HTML, "not_json", True, id="200 page"),
    pytest.param(replies(200, b""), "not_json", True, id="200 empty"),
    pytest.param(replies(200, '{"visit_id": 59'), "not_json", True, id="200 half"),
    pytest.param(replies(200, {}), "visit_id_is_no_id", True, id="200 without id"),
    pytest.param(replies(200, {"visit_id": "5984"}), "visit_id_is_no_id", True, id="200 text id"),
    pytest.param(replies(200, {"visit_id": True}), "visit_id_is_no_id", True, id="200 true"),
    pytest.param(replies(200, {"visit_id": 5984.0}), "visit_id_is_no_id", True, id="200 float"),
    pytest.param(replies(200, {"visit_id": 0}), "visit_id_is_no_id", True, id="200 zero"),
    pytest.param(replies(200, '{"visit_id": 1, "visit_id": 2}'), "duplicate_member", True, id="200 twice"),
    pytest.param(replies(201, {"visit_id": 5984}), "http_201", False, id="201"),
    pytest.param(replies(302, b"", location="/"), "http_302", False, id="302"),
    pytest.param(replies(400, b""), "not_json", True, id="400 empty"),
    pytest.param(replies(400, "<html>", content_type="text/html"), "not_json", True, id="400 page"),
    pytest.param(replies(400, {"errors": []}), "errors_is_no_list", True, id="400 without texts"),
    pytest.param(replies(400, {"errors": ["No VO balance"]}), "error_without_message", True, id="400 bare texts"),
    pytest.param(replies(400, {"message": "No VO balance"}), "no_error_shape", True, id="400 another shape"),
    pytest.param(
        replies(400, {"status": 500, "userMessage": "No VO balance"}), "no_error_shape", True, id="400 says 500"
    ),
    pytest.param(replies(401, "Authorization header missing"), "http_401", True, id="401"),
    pytest.param(replies(403, b""), "http_403", True, id="403"),
    pytest.param(replies(404, b""), "not_json", True, id="404 empty"),
    pytest.param(replies(405, b""), "http_405", False, id="405"),
    pytest.param(replies(408, b""), "http_408", False, id="408"),
    pytest.param(replies(429, b"", retry_after="1"), "http_429", False, id="429"),
    pytest.param(replies(500, {"error": "server error"}), "http_500", False, id="500"),
    pytest.param(replies(502, "Bad gateway"), "http_502", False, id="502"),
    pytest.param(replies(503, b""), "http_503", False, id="503"),
    pytest.param(replies(503, b"", retry_after="1"), "http_503", False, id="503 with Retry-After"),
    pytest.param(replies(504, b""), "http_504", False, id="504"),
    pytest.param(closes, "cut_short", False, id="closes"),
    pytest.param(resets, "cut_short", False, id="resets"),
    pytest.param(sends(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", closes), "cut_short", False, id="cut"),
]


@pytest.mark.parametrize(("answer", "reason", "to_mend"), DOUBTS)
async def test_every_other_reply_to_a_booking_leaves_it_open_and_is_never_repeated(
    answer: Answer, reason: str, to_mend: bool
) -> None:
    ear = Ear()
    async with raw_server(answer) as server, rest_client(server, ear) as client:
        with pytest.raises(OutcomeUnknown) as failure:
            await book(client)
    assert failure.value.reason == reason
    assert bool(ear.defects) == to_mend
    assert [request.method for request in server.requests] == ["POST"]


async def test_a_booking_that_hangs_ends_at_its_deadline() -> None:
    async with raw_server(hangs) as server, rest_client(server) as client:
        with pytest.raises(OutcomeUnknown, match="timeout"):
            await book(client, seconds=0.5)


async def test_a_booking_on_a_kept_connection_that_dies_is_sent_once() -> None:
    answers = (replies(200, {"slots": []}), resets, replies(200, {"visit_id": 1}))
    async with raw_server(*answers) as server, rest_client(server) as client:
        await client.slots("LEI", ORDER_DAY, ORDER_DAY, soon())
        with pytest.raises(OutcomeUnknown):
            await book(client)
    assert [(request.method, request.connection) for request in server.requests] == [("GET", 0), ("POST", 0)]


async def test_a_booking_that_found_nobody_was_surely_not_made() -> None:
    async with rest_client("http://127.0.0.1:1") as client:
        with pytest.raises(Unavailable, match="connect"):
            await book(client)


async def test_one_permit_is_one_post() -> None:
    async with (
        raw_server(replies(200, {"visit_id": 1})) as server,
        rest_client(server) as client,
        client.booking_permit("LEI", soon().deadline) as permit,
    ):
        await permit.post(ORDER, soon().deadline)
        with pytest.raises(AssertionError):
            await permit.post(ORDER, soon().deadline)
    assert len(server.requests) == 1


async def cancel(client: PrisonSystem, code: CancellationCode = CancellationCode.VISITOR) -> CancelAnswer:
    return await client.cancel(OFFENDER, 5984, code, soon(request_id="request-1"))


async def test_a_cancellation_names_visit_and_code() -> None:
    async with raw_server(replies(200, {"message": "Visit Cancelled"})) as server, rest_client(server) as client:
        assert await cancel(client, CancellationCode.PRISONER) is CancelAnswer.CANCELLED
    (request,) = server.requests
    assert (request.method, request.target) == ("PATCH", "/nomisapi/offenders/1057307/visits/booking/5984/cancel")
    assert json.loads(request.body) == {"cancellation_code": "OFFCANC"}
    assert request.headers["x-request-id"] == "request-1"


CANCEL_ANSWERS = [
    (404, "Visit not found", CancelAnswer.NOT_FOUND),
    (400, "Visit already cancelled", CancelAnswer.ALREADY_CANCELLED),
    (400, "Visit completed", CancelAnswer.COMPLETED),
    (400, "Invalid cancellation code", CancelAnswer.INVALID_CODE),
    (400, "Resource is locked", CancelAnswer.LOCKED),
    (423, "Resource is locked", CancelAnswer.LOCKED),
    (400, "Offender is out or in transit", CancelAnswer.IN_TRANSIT),
    (400, "Visit Cancelled", CancelAnswer.UNKNOWN),
    (409, "Whatever", CancelAnswer.UNKNOWN),
]


@pytest.mark.parametrize(("status", "text", "meaning"), CANCEL_ANSWERS)
async def test_how_a_cancellation_is_answered(status: int, text: str, meaning: CancelAnswer) -> None:
    async with raw_server(replies(status, {"error": {"message": text}})) as server, rest_client(server) as client:
        assert await cancel(client) is meaning


async def test_two_texts_that_differ_are_not_understood() -> None:
    answer = refuses("Visit already cancelled", "Visit completed")
    async with raw_server(answer) as server, rest_client(server) as client:
        assert await cancel(client) is CancelAnswer.UNKNOWN


CANCEL_FAILURES = [
    pytest.param(replies(401, b""), AccessDenied("http_401"), id="401"),
    pytest.param(replies(403, b""), AccessDenied("http_403"), id="403"),
    pytest.param(replies(429, b""), Unavailable("http_429"), id="429"),
    pytest.param(replies(503, b"", retry_after="7"), Unavailable("http_503", 7.0), id="503 with Retry-After"),
    pytest.param(replies(503, b""), OutcomeUnknown("http_503"), id="503"),
    pytest.param(replies(500, {"error": "server error"}), OutcomeUnknown("http_500"), id="500"),
    pytest.param(replies(404, b""), OutcomeUnknown("not_json"), id="404 empty"),
    pytest.param(replies(400, "<html>", content_type="text/html"), OutcomeUnknown("not_json"), id="400 page"),
    pytest.param(HTML, OutcomeUnknown("not_json"), id="200 page"),
    pytest.param(replies(200, {"message": "OK"}), OutcomeUnknown("not_an_answer"), id="200 with another message"),
    pytest.param(closes, OutcomeUnknown("cut_short"), id="closes"),
]


@pytest.mark.parametrize(("answer", "meaning"), CANCEL_FAILURES)
async def test_what_a_bad_reply_to_a_cancellation_means(answer: Answer, meaning: NomisError) -> None:
    async with raw_server(answer) as server, rest_client(server) as client:
        with pytest.raises(NomisError) as failure:
            await cancel(client)
    assert (type(failure.value), failure.value.reason) == (type(meaning), meaning.reason)
    if isinstance(meaning, Unavailable):
        assert getattr(failure.value, "retry_after", None) == meaning.retry_after
    assert len(server.requests) == 1
