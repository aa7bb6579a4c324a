"""What was asked, what was answered and how we signed in reaches no log and no error text, at any level."""

from __future__ import annotations

import asyncio
import logging
import traceback
from datetime import date
from typing import Any

import pytest
from pydantic import SecretStr

from nomis_client import BookingOrder, CancellationCode, NomisError
from tests.support.raw_server import Answer, closes, hangs, raw_server, replies, resets, sends
from tests.support.rest_clients import Ear, book, rest_client, soon

NUMBER, SECRET, TOKEN, SURNAME, COMMENT = "Z9876YX", "hush-hush", "tok-en", "ZWICKENPFLUG", "ring 01632 960777"
ORDER = BookingOrder(424242, "LEI", 13428, (), "2026-12-14T14:00/15:00", "ref-planted", COMMENT)
PLANTED = (NUMBER, SECRET, TOKEN, SURNAME, COMMENT, "1903-04-05", "424242", "ref-planted", "13428")


def answers() -> list[Any]:
    leaky = {"errors": [{"message": f"ORA-00001 {SURNAME} {NUMBER}"}]}
    return [
        pytest.param(replies(200, {"found": True, "offender": {"id": 1}, "surname": SURNAME}), id="fine"),
        pytest.param(replies(200, {"found": SURNAME}), id="wrong type"),
        pytest.param(replies(200, f'{{"found": true, "{NUMBER}'), id="half"),
        pytest.param(replies(400, leaky), id="400"),
        pytest.param(replies(404, leaky), id="404"),
        pytest.param(replies(500, leaky), id="500"),
        pytest.param(replies(401, f"no {TOKEN}"), id="401"),
        pytest.param(replies(302, b"", location=f"/{NUMBER}"), id="302"),
        pytest.param(replies(503, b"", retry_after=SURNAME), id="503"),
        pytest.param(sends(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + SURNAME.encode(), closes), id="cut"),
        pytest.param(sends(SURNAME.encode() + b"\r\n\r\n"), id="no HTTP"),
        pytest.param(hangs, id="hangs"),
        pytest.param(resets, id="resets"),
    ]


class Server:
    """Hands out the token, and for the rest does as it is told."""

    def __init__(self, then: Answer) -> None:
        self.then = then

    async def __call__(self, request: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        token = replies(200, {"access_token": TOKEN, "expires_in": 3600})
        await (token if request.target.startswith("/auth") else self.then)(request, reader, writer)


@pytest.mark.parametrize("answer", answers())
async def test_nothing_planted_turns_up(answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    ear, told = Ear(), []
    async with raw_server(Server(answer)) as server:
        auth = {
            "scheme": "oauth2",
            "auth_url": server.url + "/auth",
            "client_id": "visits",
            "client_secret": SecretStr(SECRET),
        }
        async with rest_client(server, ear, auth=auth, breaker={"failures": 100}) as client:
            for attempt in (
                client.find_offender(NUMBER, date(1903, 4, 5), soon(0.2)),
                client.location(NUMBER, soon(0.2)),
                client.find_by_reference(424242, "ref-planted", soon(0.2)),
                book(client, ORDER, 0.2),
                client.cancel(424242, 1, CancellationCode.VISITOR, soon(0.2)),
            ):
                try:
                    await attempt
                except NomisError as failure:
                    told += traceback.format_exception(failure)
            told.append(repr(client))
    said = "\n".join([*caplog.messages, caplog.text, *told, repr(ear)])
    assert [planted for planted in PLANTED if planted in said] == []
