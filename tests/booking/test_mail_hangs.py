"""Whoever hangs holds up nobody else's messages: one mailbox, or a whole mail server; on both databases."""

from __future__ import annotations

import asyncio
from typing import Any

from notifier import MessageKind
from notifier.settings import MailSettings
from tests.support.notify_server import notify_server, notify_settings
from tests.support.post_office import PostOffice, parsed, post_office
from tests.support.smtp_servers import HANG, scripted_server

RECEIPT, BOOKED, ASKED = MessageKind.VISITOR_REQUESTED, MessageKind.VISITOR_BOOKED, MessageKind.STAFF_REQUEST
MOMENT = 0.02


def smtp(port: int, **more: Any) -> MailSettings:
    """Whoever hangs does so for longer than a test lasts."""
    return MailSettings.model_validate({"smtp": {"port": port, "timeout": 60.0}, **more})


async def asked_of(office: PostOffice, prison: str, count: int) -> list[str]:
    """That many visits at this prison, its mailbox not told yet. Their ids."""
    visits = [await office.write(await office.visit(prison_key=prison), ASKED) for _ in range(count)]
    return [visit.id for visit in visits]


async def test_a_mailbox_that_hangs_holds_up_only_itself(database: str) -> None:
    async with post_office(database, smtp(1)) as office, scripted_server() as server:
        leeds = (await office.visit()).mailbox
        server.script = {f"RCPT TO:<{leeds}>": HANG}
        office.restart(smtp(server.port), MOMENT)
        await asked_of(office, "LEI", 12)
        elsewhere = await asked_of(office, "CFI", 3)
        mine = await office.write(await office.visit(), RECEIPT, BOOKED)

        await office.send_until(lambda: len(server.taken) == 5, at_once=4)

        told = [(mail["X-Visit-Id"], mail["X-Message-Kind"]) for mail in parsed(server.taken)]
        assert sorted(told) == sorted(
            [*((visit, ASKED.value) for visit in elsewhere), (mine.id, RECEIPT.value), (mine.id, BOOKED.value)]
        )
        assert [kind for visit, kind in told if visit == mine.id] == [RECEIPT, BOOKED], "each visit's own stay in order"
        assert server.steps.count(f"RCPT TO:<{leeds}>") == 4, "no more are tried than were under way already"


async def test_a_mail_server_that_hangs_holds_up_nobody_who_is_told_by_notify(database: str) -> None:
    async with (
        post_office(database, notify_settings(1)) as office,
        notify_server() as notify,
        scripted_server() as server,
    ):
        server.script = {"connect": HANG}
        smtp_port = {"smtp": smtp(server.port).smtp}
        office.restart(notify_settings(notify.port).model_copy(update=smtp_port), MOMENT)
        for prison in ("LEI", "CFI", "LCI"):
            await asked_of(office, prison, 2)
        mine = await office.visit()
        await office.write(mine, RECEIPT)

        await office.send_until(lambda: bool(notify.posts), at_once=2)

        assert [post["email_address"] for post in notify.posts] == ["ada@example.com"]
        assert server.steps.count("connect") == 4, "there is an end to what is under way at once"


async def test_what_hung_leaves_once_it_can(database: str) -> None:
    async with post_office(database, smtp(1)) as office:
        async with scripted_server(RCPT=HANG) as server:
            office.restart(smtp(server.port), MOMENT)
            asked = await asked_of(office, "LEI", 3)
            await office.send_until(lambda: server.steps.count("RCPT") == 3, at_once=4)
        while len(office.service.tasks):  # they hear that nobody is there any more
            await asyncio.sleep(0.005)
        async with scripted_server() as server:
            office.restart(smtp(server.port), MOMENT)
            await office.later_turns()
        assert sorted(mail["X-Visit-Id"] for mail in parsed(server.taken)) == sorted(asked)
