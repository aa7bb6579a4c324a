"""Each thing that the service needs, tried once: what `visits-adapter doctor` prints."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import aiohttp

from adapter.clock import Clock, SystemClock, instant
from adapter.config import Settings
from adapter.store.engine import open_store
from adapter.store.errors import StoreFault, StoreUnavailable
from adapter.store.schema import SchemaState, schema_state
from adapter.store.unit_of_work import Store
from adapter.wiring.transports import address, make_prison_system
from nomis_client import AccessDenied, Call, NomisError, Silent
from notifier import NoAnswer, OurOutage, Permanent, Temporary
from notifier.channels.notify import NotifyChannel
from notifier.channels.smtp import SmtpChannel

_PATIENCE = 10.0
_SKEW = 2.0
"""Seconds by which two clocks may differ: a signed token is refused from 10."""
_TOO_OPEN = 0o027
"""A group may read (so secrets are mounted), nobody else may anything."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`says` is free of secrets and personal data; `to_do` is empty where all is well."""

    name: str
    ok: bool
    says: str
    to_do: str = ""


_Check = Callable[[Settings, Clock], Awaitable[list[Finding]]]


async def checkup(settings: Settings, clock: Clock | None = None) -> list[Finding]:
    """Try everything; whatever goes wrong becomes a finding, never an exception. `clock` is ours, that others go by."""
    at = clock or SystemClock()
    checks: list[tuple[str, _Check]] = [
        ("database", _database),
        ("prison system", _prison_system),
        ("mail server", _smtp),
        ("GOV.UK Notify", _notify),
        ("staff link keys", _link_keys),
    ]
    return [finding for name, check in checks for finding in await _tried(name, check, settings, at)]


async def _tried(name: str, check: _Check, settings: Settings, clock: Clock) -> list[Finding]:
    try:
        async with asyncio.timeout(2 * _PATIENCE):
            return await check(settings, clock)
    except TimeoutError:
        return [Finding(name, False, "no answer in time", "see whether something in between drops the packets")]
    except Exception as error:  # a doctor with a traceback heals nobody
        says = type(error).__name__
        return [Finding(name, False, says, "look at this part of the settings: visits-adapter check-config")]


async def _database(settings: Settings, clock: Clock) -> list[Finding]:
    store = open_store(settings.store, clock)
    kind = "PostgreSQL" if settings.store.on_postgresql else "SQLite"
    try:
        return [_schema(await schema_state(store), kind), await _clock_of(store, clock)]
    except (StoreUnavailable, StoreFault) as error:
        why = error.reason if isinstance(error, StoreUnavailable) else error.code
        to_do = "look at [store] url and its password; for PostgreSQL: is it running, and may we connect?"
        return [Finding("database", False, f"{kind}: {why}", to_do)]
    finally:
        await store.close()


def _schema(state: SchemaState, kind: str) -> Finding:
    match state:
        case SchemaState.CURRENT:
            return Finding("database", True, f"{kind} with this release's schema")
        case SchemaState.EMPTY:
            return Finding("database", True, f"{kind}, empty: the first start sets it up")
        case SchemaState.OLDER:
            return Finding("database", False, "an older schema", "take a backup, then: visits-adapter migrate")
        case SchemaState.NEWER:
            return Finding("database", False, "a newer schema", "run the release that made it, or a newer one")
        case _:
            return Finding("database", False, "holds tables of something else", "name an empty one in [store] url")


async def _clock_of(store: Store, clock: Clock) -> Finding:
    before = clock.now()
    async with store.read() as tx:
        theirs = instant(await tx.now_micros())
    after = clock.now()
    return _skew("clock of the database", theirs, before, after, 0.0)


async def _prison_system(settings: Settings, clock: Clock) -> list[Finding]:
    nomis = make_prison_system(settings.nomis, Silent(), clock)
    where = f"{settings.nomis.transport.upper()} at {urlsplit(address(settings.nomis)).netloc}"
    try:
        call = Call("", asyncio.get_running_loop().time() + settings.nomis.read_timeout, probe=True)
        version = await nomis.version(call)
    except AccessDenied as error:
        to_do = "look at [nomis.auth] (or [nomis.soap] username): is the credential right, and still valid?"
        found = Finding("prison system", False, f"{where}: {error.reason}", to_do)
    except NomisError as error:
        to_do = "look at [nomis] base_url or [nomis.soap] url, then ask whoever runs the prison system"
        found = Finding("prison system", False, f"{where}: {error.reason}", to_do)
    else:
        found = Finding("prison system", True, f"{where}, version {version.api_version}")
    finally:
        await nomis.close()
    return [found, await _clock_of_prison_system(address(settings.nomis), clock)]


async def _clock_of_prison_system(url: str, clock: Clock) -> Finding:
    """By the Date of any answer, whatever it says; its resolution is a second."""
    name = "clock of NOMIS"
    origin = "{0.scheme}://{0.netloc}/".format(urlsplit(url))
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_PATIENCE)) as session:
            before = clock.now()
            async with session.get(origin, allow_redirects=False) as reply:
                said = reply.headers.get("Date", "")
            after = clock.now()
        return _skew(name, parsedate_to_datetime(said), before, after, 1.0)
    except (aiohttp.ClientError, TimeoutError, OSError):
        return Finding(name, False, "could not be asked", "see above: the prison system has to answer first")
    except ValueError:
        return Finding(name, True, "not told: its answers carry no Date")


def _skew(name: str, theirs: datetime, before: datetime, after: datetime, resolution: float) -> Finding:
    ahead = (theirs - after).total_seconds()
    behind = (before - theirs).total_seconds() - resolution
    off = max(ahead, behind, 0.0)
    if off <= _SKEW:
        return Finding(name, True, "agrees with ours")
    which = "ahead of" if ahead > behind else "behind"
    return Finding(name, False, f"{off:.0f} s {which} ours", "set both machines' clocks by NTP")


async def _smtp(settings: Settings, _clock: Clock) -> list[Finding]:
    where = f"{settings.mail.smtp.host}:{settings.mail.smtp.port}"
    try:
        await SmtpChannel(settings.mail).check()
    except (Temporary, OurOutage) as error:
        to_do = "look at [mail.smtp]: address, starttls, ca_file, username and password"
        return [Finding("mail server", False, f"{where}: {error.reason}", to_do)]
    return [Finding("mail server", True, f"{where} would take our mail")]


async def _notify(settings: Settings, _clock: Clock) -> list[Finding]:
    if settings.mail.visitor_channel != "govuk_notify":
        return [Finding("GOV.UK Notify", True, "not used")]
    try:
        await NotifyChannel(settings.mail.govuk_notify).check()
    except (Temporary, OurOutage, NoAnswer, Permanent) as error:
        to_do = "look at [mail.govuk_notify] api_key_file and base_url"
        return [Finding("GOV.UK Notify", False, error.reason, to_do)]
    return [Finding("GOV.UK Notify", True, "takes our key")]


async def _link_keys(settings: Settings, _clock: Clock) -> list[Finding]:
    path, name = settings.staff.link_key_file, "staff link keys"
    if not path.exists():
        if settings.store.on_postgresql:
            return [Finding(name, False, "no file", "put the same [staff] link_key_file on every machine")]
        return [Finding(name, True, "no file yet: the first start makes it")]
    if path.stat().st_mode & _TOO_OPEN:
        return [Finding(name, False, "others may read the file", f"chmod 600 {path}")]
    if not any(line.strip() for line in path.read_text().splitlines()):
        return [Finding(name, False, "the file is empty", "remove it (SQLite), or put a key of 32 random bytes in")]
    return [Finding(name, True, "a file that only we may read")]
