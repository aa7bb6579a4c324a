"""What must hold between settings. Each check tells of its faults; `load` collects them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from pydantic import BaseModel

from adapter.config.complaint import KeyPath
from adapter.config.settings import Sections


class Fault(NamedTuple):
    """A setting, and what is wrong with it."""

    path: KeyPath
    message: str


class Check(NamedTuple):
    """`find` is asked only when all of `sections` are well-formed."""

    sections: frozenset[str]
    find: Callable[[Sections], Iterator[Fault]]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a listener on `host`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _times(settings: Sections) -> Iterator[Fault]:
    """A lease outlives the POST that it covers, and a doubt is settled twice over before staff hear of it."""
    nomis = settings.nomis
    least = nomis.book_timeout + 10
    if settings.store.lease < least:
        yield Fault(("store", "lease"), f"must be at least [nomis] book_timeout + 10 = {least:g} s")
    least = 2 * nomis.settle_after + nomis.book_timeout
    if settings.decision.in_doubt_handover_after < least:
        message = f"must be at least 2 · ([nomis] post_lifetime + read_lag) + book_timeout = {least:g} s"
        yield Fault(("decision", "in_doubt_handover_after"), message)


def _open_door(settings: Sections) -> Iterator[Fault]:
    api = settings.api
    if api.auth.mode == "none" and not is_loopback(api.host) and not api.allow_unauthenticated:
        message = (
            'is "none" and [api] host is not a loopback address: anyone who reaches it could book.'
            ' Choose "token" or "jwt", or say [api] allow_unauthenticated = true'
        )
        yield Fault(("api", "auth", "mode"), message)
    keys = urlsplit(api.auth.jwks_url)
    if keys.scheme == "http" and not is_loopback(keys.hostname or ""):
        yield Fault(("api", "auth", "jwks_url"), "must be https: whoever can change the keys on the way can log in")


def _printed_mail(settings: Sections) -> Iterator[Fault]:
    if settings.mail.visitor_channel == "console" and not is_loopback(settings.api.host):
        message = 'is "console", which prints personal data, and [api] host is not a loopback address'
        yield Fault(("mail", "visitor_channel"), message)


def _shared_keys(settings: Sections) -> Iterator[Fault]:
    """Machines that share a store must share the keys; each making its own would break the others' links."""
    path = settings.staff.link_key_file
    if settings.store.on_postgresql and not path.is_file():
        message = f"{path} does not exist; on PostgreSQL every machine needs the same keys, so it isn't made"
        yield Fault(("staff", "link_key_file"), message)


def _prison_system(settings: Sections) -> Iterator[Fault]:
    nomis = settings.nomis
    if nomis.transport == "rest" and not nomis.base_url:
        yield Fault(("nomis", "base_url"), 'is needed for transport = "rest"')
    if nomis.transport == "soap" and not nomis.soap.url:
        yield Fault(("nomis", "soap", "url"), 'is needed for transport = "soap"')
    auth = nomis.auth
    needed: dict[str, list[tuple[str, object]]] = {
        "none": [],
        "es256": [
            ("client_token_file", auth.client_token or auth.client_token_file),
            ("private_key_file", auth.private_key or auth.private_key_file),
        ],
        "oauth2": [
            ("auth_url", auth.auth_url),
            ("client_id", auth.client_id),
            ("client_secret_file", auth.client_secret or auth.client_secret_file),
        ],
    }
    for key, value in needed[auth.scheme]:
        if not value:
            yield Fault(("nomis", "auth", key), f'is needed for scheme = "{auth.scheme}"')


def _addresses(settings: Sections) -> Iterator[Fault]:
    """An address is absolute and of the web, where it is given at all."""
    given = {
        ("api", "public_url"): settings.api.public_url,
        ("api", "auth", "jwks_url"): settings.api.auth.jwks_url,
        ("staff", "public_url"): settings.staff.public_url,
        ("nomis", "base_url"): settings.nomis.base_url,
        ("nomis", "auth", "auth_url"): settings.nomis.auth.auth_url,
        ("nomis", "soap", "url"): settings.nomis.soap.url,
        ("mail", "govuk_notify", "base_url"): settings.mail.govuk_notify.base_url,
        ("tracing", "endpoint"): settings.tracing.endpoint,
    }
    for path, address in given.items():
        parts = urlsplit(address)
        if address and (parts.scheme not in ("http", "https") or not parts.hostname):
            yield Fault(path, "must be an address that begins with http:// or https://")
        if parts.password is not None:
            yield Fault(path, "must not hold a password: addresses are logged")


def _secret_files(settings: Sections) -> Iterator[Fault]:
    """A secret comes from one place, and a file that is named can be read."""
    for name in type(settings).model_fields:
        yield from _files_below(getattr(settings, name), (name,))


def _files_below(section: object, path: KeyPath) -> Iterator[Fault]:
    if not isinstance(section, BaseModel):
        return
    for key in type(section).model_fields:
        value = getattr(section, key)
        yield from _files_below(value, (*path, key))
        if not key.endswith("_file") or not isinstance(value, Path) or key == "link_key_file":
            continue
        if getattr(section, key.removesuffix("_file"), None) is not None:
            yield Fault((*path, key), f"and {key.removesuffix('_file')} are both set; give the secret once")
        if not os.access(value, os.R_OK) or not value.is_file():
            yield Fault((*path, key), f"{value} is not a file that can be read")


def _sections(*names: str) -> frozenset[str]:
    return frozenset(names)


CHECKS = (
    Check(_sections("store", "nomis", "decision"), _times),
    Check(_sections("api"), _open_door),
    Check(_sections("api", "mail"), _printed_mail),
    Check(_sections("store", "staff"), _shared_keys),
    Check(_sections("nomis"), _prison_system),
    Check(_sections(*Sections.model_fields), _addresses),
    Check(_sections(*Sections.model_fields), _secret_files),
)
