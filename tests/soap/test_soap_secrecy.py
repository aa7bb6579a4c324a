"""What was asked, what was answered and how we signed in reaches no log and no error text, at any level."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from pydantic import SecretStr

from nomis_client import BookingOrder, CancellationCode, NomisError
from tests.support.raw_server import Answer, closes, raw_server, replies, resets, sends
from tests.support.rest_clients import Ear, book, soon
from tests.support.soap_clients import soap_client
from tests.support.soap_replies import READS, fault, response, says

NUMBER, SECRET, SURNAME, COMMENT = "Z9876YX", "hush-hush", "ZWICKENPFLUG", "ring 01632 960777"
ORDER = BookingOrder(424242, "LEI", 13428, (), "2026-12-14T14:00/15:00", "ref-planted", COMMENT)
PLANTED = (NUMBER, SECRET, SURNAME, COMMENT, "1903-04-05", "424242", "ref-planted", "13428", "LOVELACE")

ANSWERS = [
    pytest.param(says(response("GetContactList", READS["contacts"][2])), id="fine"),
    pytest.param(says(response("GetContactList", READS["contacts"][2].replace("1985", SURNAME))), id="wrong type"),
    pytest.param(says(fault("BOOKING_REJECTED", f"ORA-00001 {SURNAME} {NUMBER}"), 500), id="fault"),
    pytest.param(says(fault(SURNAME, NUMBER), 500), id="a code of nobody's"),
    pytest.param(says(fault(soap_code=SURNAME), 500), id="a fault code of nobody's"),
    pytest.param(says(response("GetContactList", "")[:-9] + SURNAME.encode()), id="half"),
    pytest.param(says(f"<!DOCTYPE x [<!ENTITY e '{SURNAME}'>]><x>&e;</x>"), id="DTD"),
    pytest.param(replies(401, f"no {SECRET}"), id="401"),
    pytest.param(replies(503, b"", retry_after=SURNAME), id="503"),
    pytest.param(sends(SURNAME.encode() + b"\r\n\r\n"), id="no HTTP"),
    pytest.param(closes, id="closes"),
    pytest.param(resets, id="resets"),
]


@pytest.fixture
def talkative() -> Iterator[None]:
    """Somebody has switched on all that zeep would say."""
    names = [name for name in logging.root.manager.loggerDict if name == "zeep" or name.startswith("zeep.")]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.usefixtures("talkative")
async def test_nothing_planted_turns_up(answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    ear, told = Ear(), []
    credentials = {"username": "visits", "password": SecretStr(SECRET)}
    async with (
        raw_server(answer) as server,
        soap_client(server, ear, soap=credentials, breaker={"failures": 100}) as client,
    ):
        attempts: tuple[Any, ...] = (
            client.find_offender(NUMBER, date(1903, 4, 5), soon(1)),
            client.location(NUMBER, soon(1)),
            client.contacts(424242, soon(1)),
            client.find_by_reference(424242, "ref-planted", soon(1)),
            book(client, ORDER, 1),
            client.cancel(424242, 1, CancellationCode.VISITOR, soon(1)),
        )
        for attempt in attempts:
            try:
                await attempt
            except NomisError as failure:
                told += traceback.format_exception(failure)
        told.append(repr(client))
    said = "\n".join([*caplog.messages, caplog.text, *told, repr(ear)])
    assert [planted for planted in PLANTED if planted in said] == []
    assert [record.name for record in caplog.records if record.name.startswith("zeep")] == []
