"""`visits-adapter subject`: write out, or remove, what is kept about one person."""

from __future__ import annotations

import json
from pathlib import Path

import click

from adapter.cli._config import config_option, read_settings
from adapter.cli._leftovers import tell_left
from adapter.config import Settings


@click.group("subject")
def command() -> None:
    """What is kept about the person whose email address requests were made with."""


@command.command("export")
@click.argument("email")
@config_option
def export(email: str, configs: tuple[Path, ...]) -> None:
    """Print everything that is kept, as JSON."""
    _run(configs, email, erased=False)


@command.command("erase")
@click.argument("email")
@config_option
def erase(email: str, configs: tuple[Path, ...]) -> None:
    """Withdraw open requests, then remove everything. Booked visits that lie ahead stay."""
    _run(configs, email, erased=True)


def _run(configs: tuple[Path, ...], email: str, *, erased: bool) -> None:
    from adapter.cli._run import run
    from adapter.log import setup

    settings = read_settings(configs)
    setup(settings.log)
    run(_erase(settings, email) if erased else _export(settings, email))


async def _export(settings: Settings, email: str) -> None:
    from adapter.booking import subject
    from adapter.wiring.service import open_service

    async with open_service(settings, sets_up=False) as service:
        found = await subject.export(service.desk, email)
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))


async def _erase(settings: Settings, email: str) -> None:
    from adapter.booking import subject
    from adapter.wiring.service import open_service

    async with open_service(settings, sets_up=False) as service:
        erased = await subject.erase(service.desk, email)
    click.echo(f"Removed: {erased.removed} visits, {erased.feedback} pieces of feedback.")
    if erased.ending:
        click.echo(f"Withdrawn, but not finished: {erased.ending}. Run this again once their messages have left.")
    if erased.ahead:
        click.echo(f"Booked and still to come: {erased.ahead}. Cancel them first, or run this again after the visit.")
    tell_left(erased.left)
