"""Reads over REST that go wrong: what each bad reply means."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date

import pytest

from nomis_client import (
    AccessDenied,
    Call,
    Locked,
    NomisError,
    NotUnderstood,
    PrisonSystem,
    Refused,
    Unavailable,
)
from tests.support.raw_server import Answer, raw_server, replies
from tests.support.rest_clients import BORN, NUMBER, Ear, rest_client, soon

DAY = date(2026, 12, 14)
Ask = Callable[[PrisonSystem, Call], Awaitable[object]]

FIND: Ask = lambda client, call: client.find_offender(NUMBER, BORN, call)  # noqa: E731
SLOTS: Ask = lambda client, call: client.slots("LEI", DAY, date(2026, 12, 20), call)  # noqa: E731

HTML = replies(200, "<html>Please try again later</html>", content_type="text/html")

FAILURES = [
    # status, body, content type; what it means; whether somebody must mend something
    pytest.param(replies(400, {"error": {"message": "x"}}), Refused("bad_request"), True, id="400"),
    pytest.param(replies(400, {"error": {"message": "Resource is locked"}}), Locked("locked"), False, id="400 locked"),
    pytest.param(
        replies(400, {"errors": [{"message": "Offender is out or in transit"}]}),
        Refused("in_transit"),
        False,
        id="400 in transit",
    ),
    pytest.param(
        replies(400, "<html>", content_type="text/html"), Unavailable("not_an_answer"), True, id="400 by a proxy"
    ),
    pytest.param(
        replies(401, "Authorization header missing", content_type="text/plain"),
        AccessDenied("http_401"),
        True,
        id="401 plain",
    ),
    pytest.param(replies(400, b""), Unavailable("not_an_answer"), True, id="400 empty"),
    pytest.param(replies(400, {"x": 1}), Refused("bad_request"), True, id="400 of another shape"),
    pytest.param(replies(403, b""), AccessDenied("http_403"), True, id="403"),
    pytest.param(replies(404, b""), Refused("no_such_offender"), False, id="404 empty"),
    pytest.param(
        replies(404, {"error": {"message": "Offender Not Found"}}), Refused("no_such_offender"), False, id="404 shaped"
    ),
    pytest.param(
        replies(404, {"status": 404, "userMessage": "none", "developerMessage": "ORA-1"}),
        Refused("no_such_offender"),
        False,
        id="404 in the newer shape",
    ),
    pytest.param(
        replies(404, "<html>no such page", content_type="text/html"),
        Unavailable("not_an_answer"),
        True,
        id="404 by a proxy",
    ),
    pytest.param(replies(404, {"oops": 1}), NotUnderstood("no_error_shape"), True, id="404 of another shape"),
    pytest.param(replies(406, "<html>", content_type="text/html"), Unavailable("firewall"), True, id="406"),
    pytest.param(replies(418, "<html>", content_type="text/html"), Unavailable("firewall"), True, id="418"),
    pytest.param(replies(423, {"error": {"message": "Resource is locked"}}), Locked("locked"), False, id="423"),
    pytest.param(replies(429, b""), Unavailable("http_429"), False, id="429"),
    pytest.param(replies(503, b"", retry_after="120"), Unavailable("http_503", 120.0), False, id="503 in 2 minutes"),
    pytest.param(
        replies(503, b"", retry_after="Mon, 30 Nov 2026 10:31:30 GMT"),
        Unavailable("http_503", 90.0),
        False,
        id="503 until a date",
    ),
    pytest.param(replies(503, b""), Unavailable("http_503"), False, id="503"),
    pytest.param(replies(500, {"error": "server error"}), Unavailable("http_500"), False, id="500"),
    pytest.param(replies(502, "Bad gateway", content_type="text/plain"), Unavailable("http_502"), False, id="502"),
    pytest.param(replies(504, b""), Unavailable("http_504"), False, id="504"),
    pytest.param(replies(408, b""), Unavailable("http_408"), False, id="408"),
    pytest.param(replies(302, b"", location="/login"), Unavailable("redirect"), True, id="302"),
    pytest.param(replies(410, {"x": 1}), NotUnderstood("http_410"), True, id="another 4xx"),
    pytest.param(replies(204, b""), NotUnderstood("http_204"), True, id="another 2xx"),
    pytest.param(HTML, Unavailable("not_an_answer"), True, id="200 with a page"),
    pytest.param(replies(200, b""), Unavailable("not_an_answer"), True, id="200 with nothing"),
    pytest.param(replies(200, '{"slots": ['), NotUnderstood("not_json"), True, id="200 with half of it"),
    pytest.param(replies(200, {"slots": {}}), NotUnderstood("slots_is_no_list"), True, id="200 wrong type"),
    pytest.param(replies(200, []), NotUnderstood("not_an_object"), True, id="200 with a list"),
]


@pytest.mark.parametrize(("answer", "meaning", "to_mend"), FAILURES)
async def test_what_a_bad_reply_to_a_read_means(answer: Answer, meaning: NomisError, to_mend: bool) -> None:
    ear = Ear()
    async with raw_server(answer) as server, rest_client(server, ear) as client:
        with pytest.raises(NomisError) as failure:
            await SLOTS(client, soon(5))
    assert (type(failure.value), failure.value.reason) == (type(meaning), meaning.reason)
    if isinstance(meaning, Unavailable):
        assert getattr(failure.value, "retry_after", None) == meaning.retry_after
    assert bool(ear.defects) == to_mend
    assert {outcome for _, outcome in ear.calls} == {meaning.reason}


async def test_a_404_to_the_look_up_is_never_not_found() -> None:
    """It says `found: false` where there is nobody; a 404 can only come from something in between."""
    async with raw_server(replies(404, b"")) as server, rest_client(server) as client:
        with pytest.raises(NotUnderstood):
            await FIND(client, soon())
