"""`visits-adapter purge`: remove personal data that is past its time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli._config import config_option, read_settings
from adapter.cli._leftovers import tell_left

if TYPE_CHECKING:
    from adapter.booking.retention import Progress, Purged
    from adapter.config import Settings


@click.command("purge")
@click.option(
    "--hold-up",
    type=click.FloatRange(min=0.01),
    metavar="SECONDS",
    help="For how long requests may be held up at a time while tables are rewritten (PostgreSQL)."
    " [default: a quarter of their budget]",
)
@config_option
def command(hold_up: float | None, configs: tuple[Path, ...]) -> None:
    """Remove visits, feedback and everything about them, `[store] retention_days` after the visit.

    The worker does the same once a day. May run while the service takes requests; open requests and visits that lie
    ahead stay. The counts in the service's figures stay too. What was removed goes out of the database's files as well;
    where it can't, this says why.
    """
    from adapter.cli._run import run
    from adapter.log import setup

    settings = read_settings(configs)
    setup(settings.log)
    run(_purge(settings, hold_up))


async def _purge(settings: Settings, hold_up: float | None) -> None:
    from rich.console import Console
    from rich.progress import Progress as Bar

    from adapter.wiring.service import open_service

    console = Console(stderr=True)
    async with open_service(settings, sets_up=False) as service:
        with Bar(console=console, transient=True, disable=not console.is_terminal) as bar:
            purged = await service.keeper.purge(_shown(bar), hold_up)
    _tell(purged)


def _shown(bar: object) -> Progress:
    from rich.progress import Progress as Bar

    assert isinstance(bar, Bar)
    task = bar.add_task("Removing visits", total=None)
    return lambda done, known: bar.update(task, completed=done, total=known)


def _tell(purged: Purged) -> None:
    click.echo(f"Removed: {purged.visits} visits, {purged.feedback} pieces of feedback.")
    if purged.open_visits:
        click.echo(f"Kept though they are older, since they are open: {purged.open_visits}. Staff have to answer them.")
    tell_left(purged.left)
