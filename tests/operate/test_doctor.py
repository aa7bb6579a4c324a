"""`doctor` with one part broken at a time: it names that part and no other, and says what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from adapter.clock import SystemClock
from adapter.config import load
from adapter.config.store import StoreSettings
from adapter.store.engine import open_store
from adapter.wiring.checkup import Finding, checkup
from tests.support.fixed_clock import FixedClock
from tests.support.notify_server import KEY, Notify, notify_server, notify_settings
from tests.support.raw_server import RawServer, raw_server, replies
from tests.support.site import ROOT
from tests.support.smtp_servers import ScriptedServer, scripted_server

PARTS = (
    "database",
    "clock of the database",
    "prison system",
    "clock of NOMIS",
    "mail server",
    "GOV.UK Notify",
    "staff link keys",
)


@dataclass
class Surroundings:
    """All that the service needs, in order until a test breaks one."""

    database: str
    keys: Path
    nomis: RawServer
    mail: ScriptedServer
    notify: Notify
    environ: dict[str, str] = field(default_factory=dict)
    ahead: timedelta = timedelta()
    nomis_ahead: timedelta = timedelta()
    nomis_status: int = 200

    async def findings(self) -> list[Finding]:
        now = datetime.now(UTC)
        version, date = {"api-version": "1", "package-version": "1"}, format_datetime(now + self.nomis_ahead)
        self.nomis.answers[:] = [replies(self.nomis_status, version, date=date)]
        notify = notify_settings(self.notify.port).govuk_notify
        environ = {
            "ADAPTER__STORE__URL": self.database,
            "ADAPTER__STAFF__LINK_KEY_FILE": str(self.keys),
            "ADAPTER__NOMIS__BASE_URL": f"{self.nomis.url}/nomisapi",
            "ADAPTER__MAIL__SMTP__PORT": str(self.mail.port),
            "ADAPTER__MAIL__SMTP__STARTTLS": "false",
            "ADAPTER__MAIL__VISITOR_CHANNEL": "govuk_notify",
            "ADAPTER__MAIL__GOVUK_NOTIFY__API_KEY": KEY,
            "ADAPTER__MAIL__GOVUK_NOTIFY__BASE_URL": f"http://127.0.0.1:{self.notify.port}",
        }
        for language in ("en", "cy"):
            for kind, number in getattr(notify.templates, language).model_dump().items():
                environ[f"ADAPTER__MAIL__GOVUK_NOTIFY__TEMPLATES__{language}__{kind}".upper()] = str(number)
        settings = load([ROOT / "config.toml"], {**environ, **self.environ})
        return await checkup(settings, FixedClock(now + self.ahead))

    async def change(self, statement: str) -> None:
        store = open_store(StoreSettings(url=self.database), SystemClock())
        async with store.write() as tx:
            await tx.execute(text(statement))
            await tx.commit()
        await store.close()


@pytest.fixture
async def around(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Surroundings]:
    keys = tmp_path / "link.keys"
    keys.write_text("k" * 64)
    keys.chmod(0o600)
    async with raw_server() as nomis, scripted_server() as mail, notify_server() as notify:
        yield Surroundings(sqlite_database, keys, nomis, mail, notify)


async def test_nothing_is_wrong(around: Surroundings) -> None:
    found = await around.findings()
    assert [item.name for item in found] == list(PARTS)
    assert [item for item in found if not item.ok or item.to_do] == []


def _broken(name: str, says: str, to_do: str) -> Callable[[Any], Any]:
    def mark(breaks: Callable[[Surroundings], Awaitable[None]]) -> Any:
        return pytest.param(name, says, to_do, breaks, id=breaks.__name__.strip("_"))

    return mark


@_broken("database", "an older schema", "visits-adapter migrate")
async def _older_schema(around: Surroundings) -> None:
    await around.change("UPDATE alembic_version SET version_num = '0001'")


@_broken("database", "a newer schema", "run the release that made it")
async def _newer_schema(around: Surroundings) -> None:
    await around.change("UPDATE alembic_version SET version_num = '9'")


@_broken("database", "tables of something else", "name an empty one")
async def _somebody_elses_tables(around: Surroundings) -> None:
    await around.change("DELETE FROM alembic_version")


@_broken("prison system", "http_503", "[nomis] base_url")
async def _prison_system_fails(around: Surroundings) -> None:
    around.nomis_status = 503


@_broken("prison system", "http_401", "[nomis.auth]")
async def _prison_system_denies_access(around: Surroundings) -> None:
    around.nomis_status = 401


@_broken("clock of NOMIS", "s ahead of ours", "NTP")
async def _prison_system_is_ahead(around: Surroundings) -> None:
    around.nomis_ahead = timedelta(minutes=5)


@_broken("clock of NOMIS", "s behind ours", "NTP")
async def _prison_system_is_behind(around: Surroundings) -> None:
    around.nomis_ahead = -timedelta(minutes=5)


@_broken("mail server", "", "[mail.smtp]")
async def _mail_server_is_not_ready(around: Surroundings) -> None:
    around.mail.script = {"connect": "421 not now"}


@_broken("mail server", "", "[mail.smtp]")
async def _mail_server_wants_no_login_of_ours(around: Surroundings) -> None:
    around.environ |= {"ADAPTER__MAIL__SMTP__USERNAME": "us", "ADAPTER__MAIL__SMTP__PASSWORD": "guess"}
    around.mail.script = {"AUTH": "535 no"}


@_broken("GOV.UK Notify", "403", "[mail.govuk_notify] api_key_file")
async def _notify_refuses_the_key(around: Surroundings) -> None:
    around.notify.templates = 403


@_broken("GOV.UK Notify", "", "[mail.govuk_notify] api_key_file and base_url")
async def _notify_is_away(around: Surroundings) -> None:
    around.environ["ADAPTER__MAIL__GOVUK_NOTIFY__BASE_URL"] = "http://127.0.0.1:9"


@_broken("staff link keys", "others may read", "chmod 600")
async def _others_may_read_the_keys(around: Surroundings) -> None:
    around.keys.chmod(0o644)


@_broken("staff link keys", "empty", "put a key")
async def _no_key_in_the_file(around: Surroundings) -> None:
    around.keys.write_text("\n")


@pytest.mark.parametrize(
    ("name", "says", "to_do", "breaks"),
    [
        _older_schema,
        _newer_schema,
        _somebody_elses_tables,
        _prison_system_fails,
        _prison_system_denies_access,
        _prison_system_is_ahead,
        _prison_system_is_behind,
        _mail_server_is_not_ready,
        _mail_server_wants_no_login_of_ours,
        _notify_refuses_the_key,
        _notify_is_away,
        _others_may_read_the_keys,
        _no_key_in_the_file,
    ],
)
async def test_what_is_broken_is_named_alone(
    around: Surroundings, name: str, says: str, to_do: str, breaks: Callable[[Surroundings], Awaitable[None]]
) -> None:
    await breaks(around)
    (wrong,) = [item for item in await around.findings() if not item.ok]
    assert wrong.name == name
    assert says in wrong.says
    assert to_do in wrong.to_do


async def test_a_database_that_is_away_says_nothing_about_its_clock(around: Surroundings, tmp_path: Path) -> None:
    around.database = f"postgresql+asyncpg://somebody@/visits?host={tmp_path}"
    (wrong,) = [item for item in await around.findings() if not item.ok]
    assert wrong.name == "database"
    assert "is it running" in wrong.to_do


async def test_our_own_clock_shows_against_everybody_elses(postgres_database: str, around: Surroundings) -> None:
    around.database, around.ahead = postgres_database, timedelta(minutes=3)
    wrong = [item for item in await around.findings() if not item.ok]
    assert [item.name for item in wrong] == ["clock of the database", "clock of NOMIS"]
    assert all("behind ours" in item.says and "NTP" in item.to_do for item in wrong)
