"""The same request many times at once, over two processes."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.support.nursery import Nursery
from tests.support.plant import a_plant, a_request, open_slots


async def test_fifty_equal_requests_over_two_processes_are_one_visit(
    nursery: Nursery, database: str, tmp_path: Path
) -> None:
    async with a_plant(nursery, database, tmp_path) as plant:
        doors = [await plant.service(name) for name in ("one", "two")]
        (person,) = await plant.control.prisoners("LEI", 1)
        body = a_request(person, "storm@example.com", open_slots("LEI")[:2])
        answers = await asyncio.gather(*(plant.post(doors[n % 2].url, body, "storm") for n in range(50)))
        assert {status for status, _ in answers} == {200}
        assert {answer["visit"]["id"] for _, answer in answers} == {answers[0][1]["visit"]["id"]}
        assert {answer["visit"]["processing_state"] for _, answer in answers} == {"booked"}
        assert [answer for _, answer in answers] == [answers[0][1]] * 50
        assert len(await plant.control.requests(operation="book")) == 1
        assert len((await plant.control.history())["visits"]) == 1
        assert len(await plant.rows("SELECT id FROM visits")) == 1
