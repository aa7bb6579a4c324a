"""The database of a run, and each process's own way to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from tests.chaos.plan import Store
from tests.support.databases import PostgresDatabases, SqliteDatabases
from tests.support.proxy import Address, Proxy, proxy_running


@dataclass(frozen=True, slots=True)
class Site:
    """`proxies`: one for each process in front of PostgreSQL. `file`: SQLite's, which nothing stands in front of."""

    url: str
    proxies: Sequence[Proxy] = ()
    file: Path | None = None

    def way(self, number: int) -> Proxy | None:
        """How process `number` reaches the database."""
        return self.proxies[number] if self.proxies else None


@dataclass(frozen=True, slots=True)
class Databases:
    """Where fresh databases come from."""

    postgres: PostgresDatabases
    sqlite: SqliteDatabases

    @asynccontextmanager
    async def site(self, store: Store, folder: Path, processes: int) -> AsyncIterator[Site]:
        """A fresh database for so many processes."""
        if store == "sqlite":
            url = self.sqlite.fresh(folder)
            yield Site(url, file=Path(make_url(url).database or ""))
            return
        async with AsyncExitStack() as stack:
            address = Address(socket=self.postgres.server.socket)
            proxies = [await stack.enter_async_context(proxy_running(address)) for _ in range(processes)]
            yield Site(await self.postgres.fresh(), proxies)
