"""Messages leave in order and once: beside other mailers, after a crash, past a fault of ours; on both databases."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from adapter.booking import census, overview
from adapter.booking.depart import depart
from adapter.booking.health import Watchman
from adapter.booking.ledger import Change, commit
from adapter.booking.letters import Letter
from adapter.booking.overview import Retried
from adapter.store.records import Visit
from booking_rules.lifecycle import Event
from notifier import MessageKind
from notifier.channels import make
from notifier.settings import MailSettings
from tests.support.notify_server import notify_server, notify_settings
from tests.support.post_office import PostOffice, parsed, post_office, told
from tests.support.smtp_servers import ScriptedServer, mail_server, scripted_server

RECEIPT, MESSAGE, BOOKED = MessageKind.VISITOR_REQUESTED, MessageKind.VISITOR_MESSAGE, MessageKind.VISITOR_BOOKED
ASKED, NO_MORE = MessageKind.STAFF_REQUEST, MessageKind.STAFF_WITHDRAWN
COPY = MessageKind.STAFF_BOOKED_COPY
SECOND = "second@example.com"


def smtp(port: int, **more: Any) -> MailSettings:
    return MailSettings.model_validate({"smtp": {"port": port, "timeout": 5.0}, **more})


def got(server: ScriptedServer, recipient: str) -> list[str]:
    """Which messages this recipient got, in order."""
    return told([mail for mail in server.taken if parsed([mail])[0]["To"] == recipient])


async def test_a_message_waits_for_those_before_it_and_for_no_others(database: str) -> None:
    not_now = {"RCPT TO:<ada@example.com>": "451 not now"}
    async with scripted_server(**not_now) as server, post_office(database, smtp(server.port)) as office:
        ada, bob = await office.visit(), await office.visit("bob@example.com")
        for visit in (ada, bob):
            visit = await office.write(visit, RECEIPT, ASKED)
            visit = await office.write(visit, MESSAGE)
            await office.write(visit, NO_MORE, BOOKED)
        while await office.turn():
            pass
        assert got(server, "ada@example.com") == []
        assert got(server, "bob@example.com") == [RECEIPT, MESSAGE, BOOKED]
        mailbox = Counter(got(server, ada.mailbox))
        assert mailbox == {ASKED: 2, NO_MORE: 2}, "the prison doesn't wait for visitors"
        server.script = {}
        await office.later_turns()
        assert got(server, "ada@example.com") == [RECEIPT, MESSAGE, BOOKED]


async def test_two_mailers_send_each_message_once(database: str) -> None:
    async with (
        scripted_server() as server,
        post_office(database, smtp(server.port)) as one,
        post_office(database, smtp(server.port)) as other,
    ):
        people = [f"visitor{number}@example.com" for number in range(10)]
        for address in people:
            await one.write(await one.visit(address), RECEIPT, BOOKED)
        while sum(await asyncio.gather(one.turn(), other.turn(), one.turn(), other.turn())):
            pass
        assert {address: got(server, address) for address in people} == {
            address: [RECEIPT, BOOKED] for address in people
        }
        assert len(server.taken) == 2 * len(people), "not one was repeated"


async def test_a_mailer_that_died_is_taken_over_from_and_nobody_is_told_twice(database: str) -> None:
    async with scripted_server() as server, post_office(database, smtp(server.port)) as office:
        visit = await office.write(await office.visit(), RECEIPT)
        _, (row,) = await office.mailer.claim(1)
        await make(smtp(server.port))["smtp"].deliver(row.payload, row.recipient, row.message_id, asked=False)
        # Here it dies: the visitor has the message, and nothing says so.
        visit = await depart(office.service.desk, await office.now(visit))
        assert [row.state for row in await office.rows(visit)] == ["queued", "queued"], "too late to take it back"
        assert await office.turn() == 0, "its claim still counts"
        await office.later_turns()
        assert len(server.taken) == 3
        assert told(server.taken) == [RECEIPT, MessageKind.VISITOR_WITHDRAWN]


async def test_notify_is_asked_before_anything_is_sent_again(database: str) -> None:
    async with notify_server() as notify, post_office(database, notify_settings(notify.port)) as office:
        await office.write(await office.visit(), RECEIPT)
        _, (row,) = await office.mailer.claim(1)
        channel = make(notify_settings(notify.port))["notify"]
        await channel.deliver(row.payload, row.recipient, row.message_id, asked=False)
        await office.later_turns()
        assert len(notify.posts) == 1
        assert notify.look_ups == [row.message_id]


async def test_a_message_that_we_cannot_send_disturbs_no_other(database: str) -> None:
    """Written for a channel that is gone; the others are under way at the same moment."""
    async with notify_server() as notify, mail_server() as server:
        async with post_office(database, notify_settings(notify.port)) as office:
            stuck = await office.write(await office.visit(), RECEIPT)
            sent = await office.write(await office.visit("bob@example.com"), ASKED)
            office.restart(smtp(server.port))
            assert await office.turn() == 2
            assert [(row.state, row.last_error) for row in await office.rows(stuck)] == [
                ("queued", "no channel notify")
            ]
            assert [row.state for row in await office.rows(sent)] == ["sent"]
            office.restart(notify_settings(notify.port))
            await office.later_turns()
        assert len(notify.posts) == len(server.mails) == 1


async def test_bytes_that_break_the_channel_disturb_no_other(database: str) -> None:
    async with scripted_server() as server, post_office(database, smtp(server.port)) as office:
        broken = await office.write(await office.visit(), RECEIPT)
        await office.write(await office.visit("bob@example.com"), RECEIPT)
        holder, rows = await office.mailer.claim(10)
        for row in rows:
            hurt = row.visit_id == broken.id
            await office.mailer.deliver(replace_payload(row) if hurt else row, holder)
        assert [(row.state, row.last_error, row.asked) for row in await office.rows(broken)] == [
            ("queued", "our own fault", True)
        ]
        assert got(server, "bob@example.com") == [RECEIPT]


def replace_payload(row: Any) -> Any:
    """Bytes that are no email: there is nobody they come from."""
    return row._replace(payload=b"nonsense")


async def test_tries_end_after_a_day_and_what_follows_leaves(database: str) -> None:
    not_now = {"RCPT": "451 not now"}
    async with scripted_server(**not_now) as server, post_office(database, smtp(server.port)) as office:
        visit = await office.write(await office.visit(), RECEIPT)
        await office.turn()
        await office.later_turns()
        (row,) = await office.rows(visit)
        assert (row.state, row.last_error) == ("dead", "rcpt 451")
        assert 20 <= row.tries <= 30, "one an hour at the most"
        server.script = {}
        await office.write(visit, BOOKED)
        await office.later_turns()
        assert told(server.taken) == [BOOKED]


async def test_a_dead_letter_is_seen_and_can_be_sent_after_all(database: str) -> None:
    nobody = {"RCPT": "550 nobody here"}
    async with scripted_server(**nobody) as server, post_office(database, smtp(server.port)) as office:
        visit = await office.write(await office.visit(), RECEIPT)
        desk = office.service.desk
        assert (await Watchman(desk).health()).components["mail"] == {"status": "UP", "dead_letters": 0}
        await office.turn()
        health = await Watchman(desk).health()
        assert (health.up, health.components["mail"]) == (True, {"status": "DOWN", "dead_letters": 1})
        assert (await census.count(desk)).dead_letters == 1
        counted = 'visits_mails_total{channel="smtp",kind="visitor_requested",outcome="abandoned"} 1.0'
        assert counted in office.service.metrics.render().decode()
        server.script = {}
        assert await overview.retry(desk.store, visit.id) == Retried(queued=1, outdated=0)
        await office.later_turns()
        assert told(server.taken) == [RECEIPT]
        assert (await Watchman(desk).health()).components["mail"] == {"status": "UP", "dead_letters": 0}


async def test_a_dead_letter_that_is_no_longer_true_is_not_sent_again(database: str) -> None:
    nobody = {"RCPT": "550 nobody here"}
    async with scripted_server(**nobody) as server, post_office(database, smtp(server.port)) as office:
        desk, visit = office.service.desk, await office.write(await office.visit(), RECEIPT, ASKED, MESSAGE)
        await office.turn()
        await office.turn()
        server.script = {}
        visit = await office.write(await depart(desk, await office.now(visit)), NO_MORE)
        await office.later_turns()
        assert await overview.retry(desk.store, None) == Retried(queued=1, outdated=2)
        await office.later_turns()
        assert got(server, visit.mailbox) == [NO_MORE], "nobody is asked to book what was withdrawn"
        assert got(server, "ada@example.com") == [MessageKind.VISITOR_WITHDRAWN, MESSAGE]
        assert (await census.count(desk)).dead_letters == 0


async def booked_by_staff(office: PostOffice) -> Visit:
    """A visit whose confirmation, and staff's copy of it, have not left yet."""
    visit = await office.visit()
    slot = visit.choices[0]
    change = Change(
        visit=visit,
        events=(Event.HAND_OVER, Event.STAFF_BOOKED),
        values={"slot_granted": slot},
        letters=[Letter(kind=kind, slot_granted=slot) for kind in (BOOKED, COPY)],
    )
    booked = await commit(office.service.desk, change)
    assert booked is not None
    return booked


async def test_nobody_reads_booked_of_what_is_cancelled_by_then(database: str) -> None:
    """Staff neither: their copy says that the visitor was told so."""
    async with scripted_server() as server, post_office(database, smtp(server.port)) as office:
        visit = await booked_by_staff(office)
        await depart(office.service.desk, visit)
        await office.later_turns()
        assert got(server, visit.mailbox) == [MessageKind.STAFF_CANCELLED]
        assert got(server, "ada@example.com") == [MessageKind.VISITOR_CANCELLED]


async def test_a_dead_letter_about_what_staff_have_answered_is_not_sent_again(database: str) -> None:
    async with scripted_server(RCPT="550 nobody here") as server, post_office(database, smtp(server.port)) as office:
        rejected, cancelled = await office.write(await office.visit(), ASKED), await booked_by_staff(office)
        await office.turn()
        server.script = {}
        await office.write(rejected, MessageKind.VISITOR_REJECTED)
        await depart(office.service.desk, cancelled)
        await office.later_turns()
        assert await overview.retry(office.service.desk.store, None) == Retried(queued=0, outdated=3)
        await office.later_turns()
        assert got(server, rejected.mailbox) == [MessageKind.STAFF_CANCELLED]


async def test_what_a_prison_refuses_goes_to_the_second_address(database: str) -> None:
    async with scripted_server() as server, post_office(database, smtp(server.port, second_address=SECOND)) as office:
        visit = await office.write(await office.visit(), ASKED, RECEIPT)
        server.script = {f"RCPT TO:<{visit.mailbox}>": "550 nobody here"}
        await office.turn()
        await office.later_turns()
        assert [(row.recipient, row.state) for row in await office.rows(visit)] == [
            (visit.mailbox, "dead"),
            ("ada@example.com", "sent"),
            (SECOND, "sent"),
        ]
        second = parsed(server.taken)[-1]
        assert (second["To"], second["X-Message-Kind"]) == (visit.mailbox, ASKED), "the same bytes"


async def test_a_dead_letter_to_the_second_address_goes_nowhere_else(database: str) -> None:
    nobody = {"RCPT": "550 nobody here"}
    settings = {"second_address": SECOND}
    async with scripted_server(**nobody) as server, post_office(database, smtp(server.port, **settings)) as office:
        visit = await office.write(await office.visit(), ASKED)
        await office.turn()
        office.clock.move(timedelta(hours=1))
        await office.later_turns()
        assert [row.state for row in await office.rows(visit)] == ["dead", "dead"]
