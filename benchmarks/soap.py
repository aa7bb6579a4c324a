"""What SOAP costs: reading a contact list in three ways, and the CPU of one booking against REST's.

From the root of the repository: `python -m benchmarks.soap`. Prints the figures of docs/decisions/0008-soap-parsing.md.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
import warnings
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

from lxml import etree

from nomis_client import BookingOrder, Call, NomisSettings, PrisonSystem, rest, soap
from nomis_client.fake.seed import seeded
from nomis_client.fake.server import running
from nomis_client.soap import payloads
from nomis_client.soap.codec import _service
from nomis_client.soap.description import ENVELOPES, NAMESPACE
from nomis_client.soap.elements import members
from nomis_client.soap.replies import Asked, read_answer
from nomis_client.wire import Reply

ROUNDS = 200


def contact_list(people: int) -> bytes:
    one = (
        "<v:Contact><v:PersonId>{0}</v:PersonId><v:GivenName>JANE</v:GivenName><v:MiddleNames>ANN</v:MiddleNames>"
        "<v:Surname>SMITH</v:Surname><v:DateOfBirth>1980-01-02</v:DateOfBirth><v:Gender><v:Code>F</v:Code></v:Gender>"
        "<v:RelationshipType>SIS</v:RelationshipType><v:ContactType>S</v:ContactType>"
        "<v:ApprovedVisitor>true</v:ApprovedVisitor><v:Active>true</v:Active><v:Restrictions><v:Restriction>"
        "<v:Type>BAN</v:Type><v:EffectiveDate>2020-01-01</v:EffectiveDate></v:Restriction></v:Restrictions></v:Contact>"
    )
    listed = "".join(one.format(number) for number in range(1, people + 1))
    return (
        f'<s:Envelope xmlns:s="{ENVELOPES["1.1"]}" xmlns:v="{NAMESPACE}"><s:Body><v:GetContactListResponse>'
        f"<v:Contacts>{listed}</v:Contacts></v:GetContactListResponse></s:Body></s:Envelope>"
    ).encode()


def with_zeep(body: bytes) -> object:
    binding = _service().wsdl.bindings[f"{{{NAMESPACE}}}VisitsBinding"]
    return binding.get("GetContactList").process_reply(etree.fromstring(body))


def with_lxml(body: bytes) -> object:
    """The same reading, of lxml's tree."""
    tree: Any = etree.fromstring(body)
    return payloads.contacts(members(tree[0][0]))


def with_elementtree(body: bytes) -> object:
    asked = Asked("GetContactList", ENVELOPES["1.1"], "")
    return read_answer(Reply(200, {}, body), asked, payloads.contacts, lambda: None)  # type: ignore[arg-type, return-value]


def cpu_ms(read: Callable[[bytes], object], body: bytes, rounds: int = 9) -> float:
    """The CPU that one reading takes, at its least."""
    spent = []
    for _ in range(rounds):
        began = time.process_time()
        read(body)
        spent.append(time.process_time() - began)
    return min(spent) * 1000


async def longest_stop_ms(read: Callable[[bytes], object], body: bytes, *, aside: bool) -> float:
    """For how long the event loop runs nothing else while one list is read."""
    longest, reading = 0.0, True

    async def tick() -> None:
        nonlocal longest
        last = time.perf_counter()
        while reading:
            await asyncio.sleep(0)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0.01)
    await asyncio.to_thread(read, body) if aside else read(body)
    reading = False
    await ticking
    return longest * 1000


def today() -> date:
    return datetime.now(UTC).date()


def serve(pipe: Connection) -> None:
    async def until_told() -> None:
        async with running(seeded(today())) as fake:
            pipe.send((fake.base_url, fake.soap_url))
            await asyncio.to_thread(pipe.recv)

    asyncio.run(until_told())


async def booking_cpu_ms(clients: dict[str, PrisonSystem]) -> dict[str, float]:
    """The CPU of this process for what one booking asks, at its least, by turns: seven reads, one write."""
    least = dict.fromkeys(clients, float("inf"))
    for number in range(ROUNDS):
        for name, client in clients.items():
            began = time.process_time()
            await _booking(client, f"{name}-{number}")
            least[name] = min(least[name], time.process_time() - began)
    for client in clients.values():
        await client.close()
    return {name: seconds * 1000 for name, seconds in least.items()}


async def _booking(client: PrisonSystem, reference: str) -> None:
    first, last = today() + timedelta(days=3), today() + timedelta(days=28)
    call = Call("LEI", asyncio.get_running_loop().time() + 60)
    await client.find_offender("A1410AE", date(1981, 10, 4), call)
    # One after the other: how often the loop wakes up must not depend on how fast the other side is.
    await client.location("A1410AE", call)
    await client.contacts(1057307, call)
    await client.available_dates(1057307, first, last, call)
    await client.slots("LEI", first, last, call)
    await client.restrictions(1057307, call)
    await client.unavailability(1057307, [first, last], call)
    order = BookingOrder(1057307, "LEI", 13428, (13429,), f"{last}T03:00/04:00", reference)
    async with client.booking_permit("LEI", call.deadline) as permit:
        await permit.post(order, call.deadline)


def main() -> None:
    warnings.simplefilter("ignore")
    for people in (10, 100, 500):
        body = contact_list(people)
        print(f"{people} contacts, {len(body) // 1000} kB, ms")
        for name, read in (("zeep", with_zeep), ("lxml", with_lxml), ("ElementTree", with_elementtree)):
            inline = asyncio.run(longest_stop_ms(read, body, aside=False))
            aside = asyncio.run(longest_stop_ms(read, body, aside=True))
            print(f"  {name}: CPU {cpu_ms(read, body):.1f}, loop stands {inline:.1f}, with a thread {aside:.1f}")
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,))
    server.start()
    base_url, soap_url = here.recv()
    by_rest = rest.make(NomisSettings(base_url=base_url))
    by_soap = soap.make(NomisSettings.model_validate({"transport": "soap", "soap": {"url": soap_url}}))
    took = asyncio.run(booking_cpu_ms({"REST": by_rest, "SOAP": by_soap}))
    here.send("enough")
    server.join()
    print("CPU of one booking (seven reads, one write), ms:", {name: round(ms, 2) for name, ms in took.items()})


if __name__ == "__main__":
    main()
