"""PostgreSQL: taking deleted rows out of its files too, beside running requests.

A deleted row stays in its page after a plain VACUUM, which only calls the space free, and in the write-ahead log until
that part of it is used again. So the tables are rewritten (VACUUM FULL: new files hold the living rows alone), and the
log is moved on until every segment that was there has been written over.

Rewriting holds up everybody who wants the table. Each time is bounded by the server itself, and followed by four times
as long in which nobody is held up, so that no request meets more than it can bear.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from adapter.store.errors import StoreFault, StoreUnavailable
from adapter.store.leftovers import LeftOver
from adapter.store.unit_of_work import LONG

_TRIES = 5
"""Goes at a table that others are using."""
_REST = 4.0
"""Times as long as requests were held up, they are left alone afterwards."""
_SHORTEST_REST = 0.02
_READERS_LONGEST, _READERS_PATIENCE = 75.0, 150.0
"""For transactions that began earlier to end (a `long` read has 60 s): at most so many seconds, or times `hold_up`."""
_LOOK = 0.1
_MOST_SEGMENTS = 128
"""Segments of the log written over at most: 2 GB."""
_DENIED = "42501"

_OLDER_TRANSACTIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND (age(backend_xmin) > age('{0}'::xid) OR age(backend_xid) > age('{0}'::xid))
"""
_HERE = "SELECT pg_walfile_name(pg_current_wal_insert_lsn())"
_SEGMENTS = r"""
SELECT pg_walfile_name(pg_current_wal_insert_lsn()) AS here, min(name) AS first, max(name) AS last, count(*) AS number
FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'
"""
_NEXT_SEGMENT = "SELECT pg_logical_emit_message(false, 'visits-adapter', ''), pg_switch_wal()"
"""An empty segment isn't ended, so there is something in each; ending it writes zeros over the rest of it."""

Sleep = Callable[[float], Awaitable[None]]


class Session(Protocol):
    """One connection outside any transaction. Errors are those of `adapter.store.errors`."""

    async def do(self, statement: str, longest: float = LONG) -> None:
        """Nobody waits for a lock behind us for longer than `longest` (s): the server gives up then."""

    async def ask(self, statement: str) -> Sequence[Any]:
        """The one row of the answer."""


async def scrub(session: Session, tables: Sequence[str], hold_up: float, sleep: Sleep) -> frozenset[LeftOver]:
    """Rewrite `tables` and use up the log; what couldn't be done. Requests are held up for `hold_up` s at a time."""
    left = set()
    if not await _readers_ended(session, min(_READERS_LONGEST, _READERS_PATIENCE * hold_up), sleep):
        left.add(LeftOver.READERS)
    for table in tables:
        if (reason := await _rewritten(session, table, hold_up, sleep)) is not None:
            left.add(reason)
    try:
        if not await _log_used_up(session, sleep):
            left.add(LeftOver.LOG_KEPT)
    except StoreFault as fault:
        if fault.code != _DENIED:
            raise
        left.add(LeftOver.LOG_NOT_ALLOWED)
    return frozenset(left)


async def _readers_ended(session: Session, patience: float, sleep: Sleep) -> bool:
    """Rows that an older transaction may still look at would be copied along."""
    (now,) = await session.ask("SELECT pg_current_xact_id()::xid::text")
    query = _OLDER_TRANSACTIONS.format(int(now))
    for _ in range(1 + int(patience / _LOOK)):
        (older,) = await session.ask(query)
        if not older:
            return True
        await sleep(_LOOK)
    return False


async def _rewritten(session: Session, table: str, hold_up: float, sleep: Sleep) -> LeftOver | None:
    clock = asyncio.get_running_loop().time
    before = await session.ask(f"SELECT pg_relation_filenode('{table}')")
    for _ in range(_TRIES):
        began = clock()
        try:
            await session.do(f"VACUUM (FULL) {table}", hold_up)
        except StoreUnavailable as trouble:
            if trouble.reason not in ("locked", "timeout"):
                raise
        else:
            after = await session.ask(f"SELECT pg_relation_filenode('{table}')")
            await _rest(clock() - began, sleep)
            return None if after != before else LeftOver.NOT_OWNER  # the server only warns, and skips the table
        await _rest(clock() - began, sleep)
    return LeftOver.TABLE_BUSY


async def _log_used_up(session: Session, sleep: Sleep) -> bool:
    """Until nothing written before now is left in the log's files. False: older segments are kept by somebody."""
    clock = asyncio.get_running_loop().time
    await session.ask("SELECT pg_switch_wal()")
    (start,) = await session.ask(_HERE)
    await session.do("CHECKPOINT")  # puts older segments back in line, with their old content, or removes them
    here, first, last, number = await session.ask(_SEGMENTS)
    for _ in range(min(number, _MOST_SEGMENTS)):
        if here > last:
            break
        began = clock()
        await session.ask(_NEXT_SEGMENT)
        await _rest(clock() - began, sleep)
        (here,) = await session.ask(_HERE)
    await session.do("CHECKPOINT")
    return bool(first >= start and here > last)


async def _rest(held_up: float, sleep: Sleep) -> None:
    await sleep(max(_SHORTEST_REST, _REST * held_up))
