"""A long contact list is read beside the event loop, which answers others meanwhile."""

from __future__ import annotations

import asyncio
import time

from tests.support.raw_server import raw_server
from tests.support.rest_clients import OFFENDER, soon
from tests.support.soap_clients import soap_client
from tests.support.soap_replies import response, says

PEOPLE = 500
HANG_GUARD = 5.0
"""CPU seconds; a thousand times what is expected of the loop's own thread."""


def contact_list() -> bytes:
    one = (
        "<v:Contact><v:PersonId>{0}</v:PersonId><v:GivenName>JANE</v:GivenName><v:Surname>SMITH</v:Surname>"
        "<v:DateOfBirth>1980-01-02</v:DateOfBirth><v:RelationshipType>SIS</v:RelationshipType>"
        "<v:ContactType>S</v:ContactType><v:ApprovedVisitor>true</v:ApprovedVisitor><v:Active>true</v:Active>"
        "<v:Restrictions><v:Restriction><v:Type>BAN</v:Type><v:EffectiveDate>2020-01-01</v:EffectiveDate>"
        "</v:Restriction></v:Restrictions></v:Contact>"
    )
    listed = "".join(one.format(number) for number in range(1, PEOPLE + 1))
    return response("GetContactList", f"<v:Contacts>{listed}</v:Contacts>")


async def test_five_hundred_contacts_do_not_hold_up_the_event_loop() -> None:
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            spent = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - spent)

    async with raw_server(says(contact_list())) as server, soap_client(server) as client:
        watching = asyncio.create_task(watch())
        found = await client.contacts(OFFENDER, soon())
        watching.cancel()
    assert len(found) == PEOPLE
    assert 0 < longest < HANG_GUARD
