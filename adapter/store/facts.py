"""What the database remembers about itself: which prison system its visits are in."""

from __future__ import annotations

import json
from contextlib import suppress
from secrets import token_hex

from sqlalchemy import bindparam, insert, select

from adapter.store.errors import Conflict, OtherPrisonSystem
from adapter.store.tables import service_facts
from adapter.store.unit_of_work import Store, Tx

_PRISON_SYSTEM = "prison_system"
_SELECT = select(service_facts.c.value).where(service_facts.c.name == bindparam("name"))
_INSERT = insert(service_facts)


async def remember_prison_system(tx: Tx, name: str, address: str) -> None:
    """Writes them down the first time; raises OtherPrisonSystem when they differ from what was written then.

    The caller commits. Raises Conflict where another process was first to write: then look again.
    """
    given = json.dumps({"name": name, "address": address})
    stored = (await tx.execute(_SELECT, {"name": _PRISON_SYSTEM})).scalar_one_or_none()
    if stored is None:
        await tx.execute(_INSERT, {"name": _PRISON_SYSTEM, "value": given})
    elif json.loads(stored) != json.loads(given):
        raise OtherPrisonSystem(_in_words(stored), _in_words(given))


async def belongs_to_prison_system(store: Store, name: str, address: str) -> None:
    """`remember_prison_system` in a transaction of its own, whoever else starts at the same moment."""
    try:
        await _remember(store, name, address)
    except Conflict:
        await _remember(store, name, address)


async def _remember(store: Store, name: str, address: str) -> None:
    async with store.write() as tx:
        await remember_prison_system(tx, name, address)
        await tx.commit()


def _in_words(stored: str) -> str:
    fact = json.loads(stored)
    return f"{fact['name']} at {fact['address']}"


async def secret(store: Store, name: str) -> bytes:
    """A key that all processes on this database share; drawn the first time that it is asked for."""
    async with store.read() as tx:
        stored = (await tx.execute(_SELECT, {"name": name})).scalar_one_or_none()
    if stored is None:
        with suppress(Conflict):
            async with store.write() as tx:
                await tx.execute(_INSERT, {"name": name, "value": token_hex(32)})
                await tx.commit()
        async with store.read() as tx:
            stored = (await tx.execute(_SELECT, {"name": name})).scalar_one()
    return bytes.fromhex(str(stored))
