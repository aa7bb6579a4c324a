"""Claims take as many as they are told to and leave the rest to others, however many are due; on both databases."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapter.store import attempts, claims, outbox
from adapter.store.unit_of_work import Store, Tx
from tests.support.old_visits import an_old_visit, store_rows

DUE, LIMIT, LONG_AGO = 9, 2, 1
Claim = Callable[[Tx, str], Awaitable[Any]]

MESSAGES: Claim = lambda tx, holder: outbox.claim_due(tx, holder, 60.0, LIMIT)  # noqa: E731
VISITS: Claim = lambda tx, holder: claims.claim_due(tx, holder, 60.0, LIMIT)  # noqa: E731
LOOKS: Claim = lambda tx, _: attempts.claim_looks(tx, LIMIT, 60.0)  # noqa: E731
TO_COMPARE: Claim = lambda tx, _: claims.claim_unchecked(tx, "2026-01-01U", 60.0, LIMIT)  # noqa: E731


@pytest.mark.parametrize(
    ("claim", "table", "due"),
    [
        pytest.param(MESSAGES, "outbox", {"state": "queued", "not_before": LONG_AGO}, id="messages"),
        pytest.param(VISITS, "visits", {"step": "received", "due_at": LONG_AGO}, id="visits"),
        pytest.param(LOOKS, "attempts", {"look_at": LONG_AGO}, id="looks"),
        pytest.param(TO_COMPARE, "visits", {"slot_granted": "2099-01-05T14:00/16:00", "checked_at": 1}, id="compared"),
    ],
)
async def test_no_more_than_asked_for_and_none_twice(
    store: Store, claim: Claim, table: str, due: dict[str, Any]
) -> None:
    arrived = datetime.now(UTC) - timedelta(days=20)
    many = [an_old_visit(number, arrived + timedelta(minutes=number)) for number in range(DUE)]
    for rows in many:
        for row in rows[table]:
            row.update(due)
    await store_rows(store, many)

    taken: list[list[Any]] = []
    while not taken or taken[-1]:
        async with store.write() as tx:
            taken.append([row.id for row in await claim(tx, f"worker {len(taken)}")])
            await tx.commit()

    assert [len(ids) for ids in taken] == [2, 2, 2, 2, 1, 0]
    assert len({one for ids in taken for one in ids}) == DUE
