"""Members of staff at the prison mailbox: they open the links of its emails and answer on the pages behind."""

from __future__ import annotations

import asyncio
import email
import email.policy
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence

import aiohttp

from adapter.demo.mail_sink import MailSink
from tests.support.staff_site import Clerk

_LINK = re.compile(r"https?://\S+(/staff/v/\S+)")
_TRIES = 4
_WAITS = 5.0
_ANSWERED = 0.6
"""Which part of the requests that reach a mailbox is answered."""


class Staff:
    """Everybody at the mailboxes. `doors` are the addresses of the pages, as they are now."""

    def __init__(self, sink: MailSink, doors: Sequence[Callable[[], str]], done: Counter[str]) -> None:
        self._sink = sink
        self._doors = doors
        self._done = done

    async def work(self, people: Sequence[random.Random]) -> None:
        """Answer some of what comes, each mail once, by so many people; the rest is left as it is."""
        async with asyncio.TaskGroup() as group:
            for place, rng in enumerate(people):
                group.create_task(self._one(rng, place, len(people)))

    async def _one(self, rng: random.Random, place: int, of: int) -> None:
        read = 0
        while True:
            await asyncio.sleep(rng.uniform(0.1, 1.0))
            mails = self._sink.mails
            new = [mails[number].content for number in range(read, len(mails)) if number % of == place]
            read = len(mails)
            for content in [content for content in new if rng.random() < _ANSWERED]:
                mail = email.message_from_bytes(content, policy=email.policy.default)
                part = mail.get_body(("plain",))
                if mail["X-Message-Kind"] != "staff_request" or part is None:
                    continue
                if (found := _LINK.search(part.get_content())) is not None:
                    await self._answer(found[1], rng)

    async def _answer(self, path: str, rng: random.Random) -> None:
        """Open, start, answer; from the beginning where the page couldn't be reached or says that something changed."""
        action = rng.choice(("reject", "reject", "book", "book", "message", "start"))
        for _ in range(_TRIES):
            async with Clerk(f"{rng.choice(self._doors)()}{path}") as clerk:
                try:
                    async with asyncio.timeout(_WAITS):
                        if await self._fill_in(clerk, action):
                            self._done[f"staff {action}"] += 1
                            return
                except (aiohttp.ClientError, TimeoutError, OSError):
                    pass
            await asyncio.sleep(rng.uniform(0.1, 0.5))

    async def _fill_in(self, clerk: Clerk, action: str) -> bool:
        """True if the page took it, or has no such form (any more)."""
        page = await clerk.open()
        if page.status == 200 and "start" in page.forms:
            page = await clerk.send("start", name="Ann Clark")
        if page.status != 200 or action == "start":
            return page.status == 200
        if action not in page.forms:
            return True
        fields = {"reject": {"reasons": "no_allowance"}, "message": {"message-text": "We are looking into it."}}
        for _ in range(2):  # the first answer may be what the references show, to be confirmed
            if action not in page.forms:
                return False
            page = await clerk.send(action, **fields.get(action, {}))
            if page.status == 200:
                return True
        return False
