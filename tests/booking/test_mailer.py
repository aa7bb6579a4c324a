"""What becomes of a message, by what the mail server or GOV.UK Notify says to it; on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from adapter.booking.depart import depart
from notifier import MessageKind
from notifier.settings import MailSettings, NotifyTemplates
from tests.support.notify_server import Notify, notify_server, notify_settings, template
from tests.support.post_office import PostOffice, post_office, told
from tests.support.smtp_servers import DROP, scripted_server

RECEIPT, WITHDRAWN = "visitor_requested", "visitor_withdrawn"


class Fate(NamedTuple):
    """Of a receipt: after the first try, what the row says; when all is well again, what the visitor is told.

    `overtaken`: what is told where the visitor withdraws between the first try and the next.
    """

    state: str
    reason: str
    perhaps: bool  # it may have arrived: it is asked about, or sent again with the same bytes
    told: list[str]
    overtaken: list[str]


def again(reason: str) -> Fate:
    """Surely not taken: tried again, or superseded."""
    return Fate("queued", reason, False, [RECEIPT], [WITHDRAWN])


def dead(reason: str) -> Fate:
    """Refused for good: a dead letter. What comes after it is sent."""
    return Fate("dead", reason, False, [], [WITHDRAWN])


def perhaps(reason: str) -> Fate:
    """Perhaps taken: it can't be taken back, so it is made sure of, and what follows comes after it."""
    return Fate("queued", reason, True, [RECEIPT], [RECEIPT, WITHDRAWN])


SMTP: list[tuple[Mapping[str, str], Fate]] = [
    ({"connect": "421 too busy"}, again("connect 421")),
    ({"connect": DROP}, again("connect failed")),
    ({"AUTH": "535 wrong"}, again("login 535")),
    ({"STARTTLS": "454 not now"}, again("starttls 454")),
    ({"MAIL": "550 not this sender"}, again("mail 550")),
    ({"RCPT": "421 too busy"}, again("rcpt 421")),
    ({"RCPT": "451 not now"}, again("rcpt 451")),
    ({"RCPT": "535 log in first"}, again("rcpt 535")),
    ({"RCPT": "550 nobody here"}, dead("rcpt 550")),
    ({"body": "421 too busy"}, again("data 421")),
    ({"body": "451 not now"}, again("data 451")),
    ({"body": "550 looks like spam"}, dead("data 550")),
    ({"body": DROP}, perhaps("data connection lost")),
]

NOTIFY: list[tuple[dict[str, Any], Fate]] = [
    ({"status": 400}, dead("notify 400")),
    ({"status": 403}, again("notify 403")),
    ({"status": 429}, again("notify 429")),
    ({"status": 500}, again("notify 500")),
    ({"drop": True}, perhaps("notify connection lost")),
    # Taken although it said 500: nothing is sent twice. Where it is superseded, the visitor has had it all the same.
    ({"status": 500, "keep": True}, Fate("queued", "notify 500", False, [RECEIPT], [RECEIPT, WITHDRAWN])),
]


def smtp_settings(port: int, script: Mapping[str, str]) -> MailSettings:
    login = {"username": "visits", "password": "correct horse"} if "AUTH" in script else {}
    return MailSettings.model_validate(
        {"smtp": {"port": port, "timeout": 5.0, "starttls": "STARTTLS" in script, **login}}
    )


async def _first_try(office: PostOffice, *, withdraws: bool) -> tuple[str, str | None, bool]:
    visit = await office.write(await office.visit(), MessageKind.VISITOR_REQUESTED)
    assert await office.turn() == 1
    (row,) = await office.rows(visit)
    if withdraws:
        await depart(office.service.desk, await office.now(visit))
    return row.state, row.last_error, row.asked


@pytest.mark.parametrize("withdraws", [False, True], ids=["", "overtaken"])
async def test_smtp(database: str, withdraws: bool) -> None:
    found, wanted = {}, {}
    async with post_office(database, smtp_settings(1, {})) as office:
        for script, fate in SMTP:
            async with scripted_server(**script) as server:
                office.restart(smtp_settings(server.port, script))
                first = await _first_try(office, withdraws=withdraws)
                server.script = {}
                office.restart(smtp_settings(server.port, {}))
                await office.later_turns()
                found[str(script)] = (*first, told(server.taken))
                wanted[str(script)] = (*fate[:3], fate.overtaken if withdraws else fate.told)
                assert server.steps.count("DATA") <= 2 + withdraws, "nothing is sent once more than it must be"
    assert found == wanted


@pytest.mark.parametrize("withdraws", [False, True], ids=["", "overtaken"])
async def test_notify(database: str, withdraws: bool) -> None:
    found, wanted = {}, {}
    async with post_office(database, notify_settings(1)) as office:
        for behaviour, fate in NOTIFY:
            async with notify_server(**behaviour) as notify:
                office.restart(notify_settings(notify.port))
                first = await _first_try(office, withdraws=withdraws)
                notify.status, notify.drop = 201, False
                await office.later_turns()
                found[str(behaviour)] = (*first, _notified(notify))
                wanted[str(behaviour)] = (*fate[:3], fate.overtaken if withdraws else fate.told)
    assert found == wanted


def _notified(notify: Notify) -> list[str]:
    """Which messages Notify has taken, in order."""
    names = {str(template("en", kind)): kind for kind in NotifyTemplates.model_fields}
    return [names[str(post["template_id"])] for post in notify.posts]
