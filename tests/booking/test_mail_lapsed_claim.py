"""A message whose mailer died may have arrived, also once its claim has run out: it isn't taken back as unsent."""

from __future__ import annotations

from datetime import timedelta

from adapter.booking.depart import depart
from adapter.booking.ledger import Change, commit
from adapter.booking.letters import Letter
from booking_rules.lifecycle import Event
from notifier import MessageKind
from notifier.channels import make
from notifier.settings import MailSettings
from tests.support.post_office import post_office, told
from tests.support.smtp_servers import scripted_server


async def test_staff_who_may_have_the_request_hear_that_it_was_withdrawn(database: str) -> None:
    async with scripted_server() as server:
        mail = MailSettings.model_validate({"smtp": {"port": server.port, "timeout": 5.0}})
        async with post_office(database, mail) as office:
            desk, visit = office.service.desk, await office.visit()
            request = Letter(kind=MessageKind.STAFF_REQUEST)
            visit = await commit(desk, Change(visit=visit, events=(Event.HAND_OVER,), letters=(request,))) or visit
            _, (row,) = await office.mailer.claim(1)
            await make(mail)["smtp"].deliver(row.payload, row.recipient, row.message_id, asked=False)
            # Here it dies, and nobody else sends mail until its claim is over.
            office.clock.move(timedelta(minutes=10))
            await depart(desk, await office.now(visit))
            await office.later_turns()
            to_mailbox = [kind for kind in told(server.taken) if kind.startswith("staff_")]
            assert to_mailbox == [MessageKind.STAFF_REQUEST, MessageKind.STAFF_WITHDRAWN]
