"""The staff pages' links, and the pages on their listener."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from aiohttp import web

from adapter.clock import Clock
from adapter.config import Settings
from adapter.staff.app import make_staff_pages, mount
from adapter.staff.keys import read_keys
from adapter.staff.links import StaffLinks
from adapter.staff.tokens import Signer

if TYPE_CHECKING:
    from adapter.wiring.service import Service  # which makes its links here


def make_links(settings: Settings, clock: Clock) -> StaffLinks:
    """Raises `BadLinkKeys` where the key file can't be used; one that is absent is made, but never on PostgreSQL."""
    staff = settings.staff
    keys = read_keys(staff.link_key_file, make=not settings.store.on_postgresql)
    host, port = settings.staff_listener
    public_url = staff.public_url.rstrip("/") or f"http://{f'[{host}]' if ':' in host else host}:{port}"
    return StaffLinks(Signer(keys, clock), public_url, timedelta(days=staff.link_days))


def shares_listener(settings: Settings) -> bool:
    """The API's listener serves the staff pages as well."""
    return settings.staff_listener == (settings.api.host, settings.api.port)


def mount_pages(service: Service, root: web.Application) -> None:
    """Put the staff pages under `/staff` of another face's application."""
    mount(
        root,
        service.staffing,
        service.links,
        observe=service.metrics.http_answered,
        trusted_proxies=tuple(service.settings.api.trusted_proxies),
    )


def make_pages(service: Service) -> web.Application:
    """The staff pages for a listener of their own."""
    return make_staff_pages(
        service.staffing,
        service.links,
        observe=service.metrics.http_answered,
        trusted_proxies=tuple(service.settings.api.trusted_proxies),
    )
