"""People at the web frontend: they ask, ask again, look, and change their minds. What they were told is kept."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.chaos.world import Family
from tests.support.plant import a_request

PATIENCE = aiohttp.ClientTimeout(total=3.0)
"""What the frontend waits."""
_TRIES = 40
_THINK_AGAIN = 0.1
"""Which part of the families leaves long after it was answered."""


@dataclass(frozen=True, slots=True)
class Told:
    """One answer with 200, in the order in which they came. `request_id` is that of a POST."""

    action: str
    request_id: str
    visit_id: str
    state: str


@dataclass
class Client:
    """One request for a visit, and everything that its family was told. The address tells requests apart."""

    number: int
    body: dict[str, Any]
    noms_id: str
    told: list[Told] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    gave_up: bool = False

    @property
    def email(self) -> str:
        return str(self.body["contact_email_address"])

    @property
    def visit_id(self) -> str:
        """Of the visit that it was told of last: a family that left may have come again."""
        return self.told[-1].visit_id if self.told else ""


class Visitors:
    """All clients of a run. `doors` are the addresses of the API, as they are now."""

    def __init__(self, http: aiohttp.ClientSession, doors: Sequence[Callable[[], str]]) -> None:
        self._http = http
        self._doors = doors
        self.all: list[Client] = []

    async def come(self, number: int, family: Family, rng: random.Random) -> None:
        """One family's whole story."""
        client = Client(number, _body(number, family, rng), family.prisoner["noms_id"])
        self.all.append(client)
        request_id = str(uuid.UUID(int=rng.getrandbits(128)))
        if rng.random() < 0.2:  # a double click, perhaps at the other door
            await asyncio.gather(*(self._ask(client, request_id, rng) for _ in range(2)))
        else:
            await self._ask(client, request_id, rng)
        if not client.told:
            return
        for _ in range(rng.randint(0, 3)):
            await asyncio.sleep(rng.choice((0.0, rng.uniform(0.0, 1.0))))
            act = rng.choice((self._look, self._look, self._leave, self._ask_again, self._ask_anew))
            await act(client, request_id, rng)

    async def think_again(self, rng: random.Random) -> None:
        """Some who have been told something don't want it any more, long after."""
        told = [client for client in self.all if client.told]
        leaving = rng.sample(told, k=int(len(told) * _THINK_AGAIN))
        await asyncio.gather(*(self._leave(client, "", random.Random(rng.random())) for client in leaving))

    async def _ask(self, client: Client, request_id: str, rng: random.Random) -> None:
        """Until it is answered; some give up after an error, and never know."""
        stubborn = rng.random() < 0.8
        for _ in range(_TRIES):
            if await self._send(client, "ask", "POST", "/api/visits", rng, request_id) or not stubborn:
                break
            await asyncio.sleep(rng.uniform(0.1, 0.6))
        client.gave_up = client.gave_up or not client.told

    async def _ask_again(self, client: Client, request_id: str, rng: random.Random) -> None:
        await self._send(client, "ask", "POST", "/api/visits", rng, request_id)

    async def _ask_anew(self, client: Client, request_id: str, rng: random.Random) -> None:
        """The same form filled in once more: it wasn't sure whether the first one had arrived."""
        await self._ask(client, str(uuid.UUID(int=rng.getrandbits(128))), rng)

    async def _look(self, client: Client, request_id: str, rng: random.Random) -> None:
        await self._send(client, "look", "GET", f"/api/visits/{client.visit_id}", rng, request_id)

    async def _leave(self, client: Client, request_id: str, rng: random.Random) -> None:
        """Withdraw or cancel: some twice, some give up after an error."""
        for _ in range(rng.randint(1, 3)):
            if await self._send(client, "leave", "DELETE", f"/api/visits/{client.visit_id}", rng, ""):
                break

    async def _send(
        self, client: Client, action: str, method: str, path: str, rng: random.Random, request_id: str
    ) -> bool:
        """True if it was answered with a visit."""
        headers = {"Accept": "application/json", "X-Request-Id": request_id} if request_id else {}
        body = client.body if method == "POST" else None
        url = f"{rng.choice(self._doors)()}{path}"
        try:
            async with self._http.request(method, url, json=body, headers=headers, timeout=PATIENCE) as reply:
                answer = await reply.json()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False
        if reply.status != 200:
            client.refused.append(reply.status)
            return False
        client.told.append(Told(action, request_id, answer["visit"]["id"], answer["visit"]["processing_state"]))
        return True


def _body(number: int, family: Family, rng: random.Random) -> dict[str, Any]:
    slots = rng.sample(family.slots, k=min(len(family.slots), rng.randint(1, 3)))
    body = a_request(family.prisoner, f"family{number}@example.com", slots)
    odd = rng.random()
    if odd < 0.04:
        body["prisoner"]["date_of_birth"] = "1950-01-01"
    elif odd < 0.08:
        body["visitors"][0]["last_name"] = "Somebody"
    return body
